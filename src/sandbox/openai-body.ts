import { z } from 'zod'
import { efforts } from '../contract/chat.ts'
import { anyJson, anyObject } from './read-body.ts'

/** The request bodies of OpenAI's chat wire, as far as the sandbox looks at them; unknown fields are let through. */

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })
const imagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high']).nullish() }),
})
const nativePart = z.looseObject({ type: z.enum(['input_audio', 'file']) })
const textContent = z.union([z.string(), z.array(textPart).min(1)])
const name = z.string().nullish()

const toolCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
})

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: textContent, name }),
  z.looseObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.union([textPart, imagePart, nativePart])).min(1)]),
    name,
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: textContent.nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).min(1).nullish(),
    reasoning_content: z.string().nullish(),
    name,
  }),
  z.looseObject({ role: z.literal('tool'), content: textContent, tool_call_id: z.string() }),
])
export type OpenaiMessage = z.infer<typeof message>

const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().regex(/^[\w-]{1,64}$/),
    description: z.string().nullish(),
    parameters: anyObject.nullish(),
    strict: z.boolean().nullish(),
  }),
})

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().regex(/^[\w-]{1,64}$/),
      schema: anyObject.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
])

/** At the top level null means unset, and is taken out before this schema reads. */
export const openaiBody = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z.array(tool).min(1).optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
    ])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: responseFormat.optional(),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  stop: z.union([z.string(), z.array(z.string()).min(1).max(4)]).optional(),
  n: z.int().min(1).max(128).optional(),
  seed: z.int().optional(),
  reasoning_effort: z.enum(efforts).optional(),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).optional(),
  metadata: z.record(z.string(), anyJson).optional(),
})
export type OpenaiBody = z.infer<typeof openaiBody>
