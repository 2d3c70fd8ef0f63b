import { z } from 'zod'
import { anyJson, anyObject } from './read-body.ts'

/** The request bodies of Anthropic's messages wire. Unknown fields at the top are refused, as the vendor does. */

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish()

const textBlock = z.looseObject({ type: z.literal('text'), text: z.string().min(1), cache_control: cacheControl })
const imageBlock = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('url'), url: z.string().min(1) }),
    z.looseObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: z.string().min(1),
    }),
  ]),
  cache_control: cacheControl,
})
const documentBlock = z.looseObject({ type: z.literal('document'), source: anyObject, cache_control: cacheControl })
const toolId = z.string().regex(/^[a-zA-Z0-9_-]+$/)

const toolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: toolId,
  content: z.union([z.string(), z.array(z.union([textBlock, imageBlock, documentBlock]))]).optional(),
  is_error: z.boolean().optional(),
  cache_control: cacheControl,
})
const userBlock = z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, toolResultBlock])
export type UserBlock = z.infer<typeof userBlock>

const assistantBlock = z.discriminatedUnion('type', [
  textBlock,
  z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.looseObject({
    type: z.literal('tool_use'),
    id: toolId,
    name: z.string().min(1),
    input: anyObject,
    cache_control: cacheControl,
  }),
])
export type AssistantBlock = z.infer<typeof assistantBlock>

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.union([z.string().min(1), z.array(userBlock).min(1)]) }),
  z.strictObject({ role: z.literal('assistant'), content: z.union([z.string(), z.array(assistantBlock)]) }),
  z.strictObject({ role: z.literal('system'), content: z.union([z.string().min(1), z.array(textBlock).min(1)]) }),
])
export type AnthropicMessage = z.infer<typeof message>

const tool = z.looseObject({
  type: z.literal('custom').nullish(),
  name: z.string().regex(/^[\w-]{1,128}$/),
  description: z.string().optional(),
  input_schema: anyObject.refine((schema) => schema['type'] === 'object', 'its type must be "object"'),
  strict: z.boolean().optional(),
  cache_control: cacheControl,
})

const parallel = { disable_parallel_tool_use: z.boolean().optional() }
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...parallel }),
  z.strictObject({ type: z.literal('any'), ...parallel }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
  z.strictObject({ type: z.literal('none') }),
])

const display = z.enum(['summarized', 'omitted']).nullish()
const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024), display }),
  z.strictObject({ type: z.literal('adaptive'), display }),
  z.strictObject({ type: z.literal('disabled') }),
])

export const anthropicBody = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z.strictObject({ type: z.literal('json_schema'), schema: anyObject }).nullish(),
    })
    .optional(),
  stop_sequences: z.array(z.string()).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  stream: z.boolean().optional(),
  cache_control: cacheControl,
  // Taken and not looked at.
  metadata: anyJson.optional(),
  service_tier: anyJson.optional(),
  inference_geo: anyJson.optional(),
  speed: anyJson.optional(),
})
export type AnthropicBody = z.infer<typeof anthropicBody>
