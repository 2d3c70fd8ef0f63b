import { z } from 'zod'
import { efforts } from '../contract/chat.ts'
import { anyJson, anyObject } from './read-body.ts'

/** The request bodies of OpenAI's Responses wire. Fields of the chat wire are refused at the top, as the vendor does. */

const inputText = z.looseObject({ type: z.literal('input_text'), text: z.string() })
const inputImage = z.looseObject({
  type: z.literal('input_image'),
  image_url: z.string().min(1),
  detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
})
const inputFile = z.looseObject({ type: z.literal('input_file') })
const inputPart = z.discriminatedUnion('type', [inputText, inputImage, inputFile])
export type InputPart = z.infer<typeof inputPart>

const outputPart = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('output_text'), text: z.string() }),
  z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
])

const inputContent = z.union([z.string(), z.array(inputPart).min(1)])
const messageType = z.literal('message').nullish()

/** Items that are no messages say their type; messages may leave it out. */
const item = z.union([
  z.discriminatedUnion('role', [
    z.looseObject({ type: messageType, role: z.enum(['system', 'developer', 'user']), content: inputContent }),
    z.looseObject({
      type: messageType,
      role: z.literal('assistant'),
      content: z.union([z.string(), z.array(outputPart).min(1)]),
    }),
  ]),
  z.discriminatedUnion('type', [
    z.looseObject({
      type: z.literal('reasoning'),
      summary: z.array(z.looseObject({ type: z.literal('summary_text'), text: z.string() })),
      encrypted_content: z.string().nullish(),
    }),
    z.looseObject({
      type: z.literal('function_call'),
      call_id: z.string().min(1).max(64),
      name: z.string().min(1),
      arguments: z.string(),
    }),
    z.looseObject({
      type: z.literal('function_call_output'),
      call_id: z.string().min(1).max(64),
      output: inputContent,
    }),
  ]),
])
export type InputItem = z.infer<typeof item>

const toolName = z.string().regex(/^[\w-]{1,64}$/)

const tool = z.looseObject({
  type: z.literal('function'),
  name: toolName,
  description: z.string().nullish(),
  parameters: anyObject.nullish(),
  strict: z.boolean().nullish(),
})

const format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    name: toolName,
    schema: anyObject,
    strict: z.boolean().nullish(),
  }),
])

/** At the top level null means unset, and is taken out before this schema reads. */
export const responsesBody = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item).min(1)]),
  instructions: z.string().optional(),
  tools: z.array(tool).optional(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.literal('function'), name: z.string() })])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  text: z.looseObject({ format: format.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).optional(),
  reasoning: z
    .looseObject({
      effort: z.enum(efforts).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
    })
    .optional(),
  include: z.array(z.string()).optional(),
  max_output_tokens: z.int().min(16).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  stream: z.boolean().optional(),
  store: z.boolean().optional(),
  // Taken and not looked at.
  metadata: anyJson.optional(),
  moderation: anyJson.optional(),
  prompt_cache_key: anyJson.optional(),
  prompt_cache_options: anyJson.optional(),
  prompt_cache_retention: anyJson.optional(),
  safety_identifier: anyJson.optional(),
  service_tier: anyJson.optional(),
  stream_options: anyJson.optional(),
  truncation: anyJson.optional(),
  user: anyJson.optional(),
})
export type ResponsesBody = z.infer<typeof responsesBody>
