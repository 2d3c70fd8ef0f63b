import { z } from 'zod'
import { readTurns } from './anthropic-messages.ts'
import { readTextBlocks } from './anthropic-parts.ts'
import type { Note } from './anthropic-parts.ts'
import { readToolFields } from './anthropic-tools.ts'
import { checkJson, invalid, json, jsonObject, read, readFields, unread } from './border.ts'
import { cacheTags } from './cache-order.ts'
import type { ChatRequest, Effort, Message, ResponseFormat, Warning } from './chat.ts'
import { GatewayError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { metadataMarks, modelName, userMark } from './marks.ts'
import { readCacheChoice, readModelChoice, readRequirements } from './routing-fields.ts'
import type { KnownNames } from './routing-fields.ts'

/** The fields of Anthropic's request that the gateway reads, with Anthropic's bounds, and the gateway's own. */
const messagesBody = z.object({
  model: modelName,
  messages: unread,
  system: unread,
  tools: unread,
  tool_choice: unread,
  max_tokens: z.int().min(1).optional(),
  stop_sequences: z.array(z.string().min(1)).max(100).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  thinking: unread,
  output_config: unread,
  metadata: unread,
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  cache_control: jsonObject.optional(),
  inference_geo: z.string().max(64).optional(),
  stream: z.boolean().optional(),
  requirements: unread,
  provider: z.string().optional(),
  fallbacks: z.array(modelName).max(16).optional(),
  use_cache: z.boolean().optional(),
  cache_ttl: z.number().min(0).optional(),
  cache_tags: cacheTags,
})
type MessagesBody = z.infer<typeof messagesBody>

const thinkingField = z
  .object({ type: z.enum(['enabled', 'adaptive', 'disabled', 'between_tools']), budget_tokens: unread })
  .catchall(json)
const budget = z.object({ budget_tokens: z.int().min(1024) })
const outputConfig = z
  .object({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(), format: unread })
  .catchall(json)
const outputFormat = z.object({
  type: z.literal('json_schema', 'must be "json_schema": there is no other form.'),
  schema: jsonObject,
})
const metadataField = z.object({ user_id: userMark.optional() }).catchall(json)

/** What Anthropic runs or keeps for an account. The gateway's account is not the caller's. */
const refused: Readonly<Record<string, string>> = {
  container: "keeps files at the gateway's account: leave it out.",
  mcp_servers: 'asks Anthropic to call servers: connect your client to them, and send their tools in "tools".',
}

/** What only Anthropic's own beta headers switch on (`anthropic-beta` is not passed on), costs otherwise or names an account. */
const leftOut: ReadonlySet<string> = new Set([
  'betas',
  'context_management',
  'diagnostics',
  'speed',
  'user_profile_id',
  'workspace_id',
])

/** Read here, and told to Anthropic in the caller's own words. */
const alsoUpstream: ReadonlySet<string> = new Set(['top_k', 'service_tier', 'cache_control', 'inference_geo'])

interface ReadMessages {
  request: ChatRequest
  stream: boolean
  /** What the reading itself left out, in the caller's words. */
  warnings: Warning[]
  /** The caller's word for how much to think. */
  effortField: string
}

/**
 * Reads the body of `POST /v1/messages`, or of `count_tokens`, into the gateway's own words. Null means unset. Fields that
 * the gateway does not know go to `extra`, for Anthropic alone; `metadata` marks the bill.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const readMessagesBody = (body: unknown, known: KnownNames, cacheControl?: string): ReadMessages => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GatewayError('invalid_request', 'The body must be a JSON object with "model" and "messages".')
  checkJson(body)
  const given = readFields(messagesBody, body, '')
  const warnings: Warning[] = []
  const note: Note = (param, message) => void warnings.push({ code: 'dropped_parameter', param, message })

  const { requirements, limits } = readRequirements(given.requirements, 'requirements', known)
  const thinking = readThinking(given.thinking)
  const output = readOutputConfig(given.output_config)
  const extra = { ...readExtra(body, note), ...(thinking && { thinking }), ...output.extra }
  const request: ChatRequest = {
    model: readModelChoice(given.model, given.provider, known),
    messages: readConversation(given, note),
    ...readToolFields({ tools: given.tools, tool_choice: given.tool_choice }, note),
    responseFormat: output.format,
    maxOutputTokens: given.max_tokens,
    temperature: given.temperature,
    topP: given.top_p,
    stop: given.stop_sequences,
    reasoningEffort: output.effort,
    extra,
    // An effort is everybody's, but with Anthropic it does not switch thinking on.
    ...((Object.keys(extra).length > 0 || output.effort !== undefined) && { extraIn: 'anthropic' }),
    requirements,
    limits,
    fallbacks: (given.fallbacks ?? []).map((name, index) =>
      readModelChoice(name, undefined, known, `fallbacks[${index}]`),
    ),
    cache: readCacheChoice({
      useCache: given.use_cache,
      cacheTtl: given.cache_ttl,
      cacheTags: given.cache_tags,
      cacheControl,
    }),
    tags: readTags(given.metadata),
  }
  const effortField = output.effort === undefined ? 'thinking' : 'output_config.effort'
  return { request, stream: given.stream ?? false, warnings, effortField }
}

const readConversation = (given: MessagesBody, note: Note): Message[] => {
  const system = given.system === undefined ? [] : readTextBlocks(given.system, 'system', note)
  const turns = readTurns(given.messages, 'messages', note)
  return system.length > 0 ? [{ role: 'system', content: system }, ...turns] : turns
}

const readThinking = (value: unknown): JsonObject | undefined => {
  if (value === undefined) return undefined
  const { type } = readFields(thinkingField, value, 'thinking')
  if (type === 'enabled') read(budget, value, 'thinking')
  return read(jsonObject, value, 'thinking')
}

/** The effort and the form of the answer are everybody's; what else stands beside them is Anthropic's. */
const readOutputConfig = (
  value: unknown,
): { effort?: Effort | undefined; format?: ResponseFormat | undefined; extra: JsonObject } => {
  const { effort, format, ...rest } = readFields(outputConfig, value ?? {}, 'output_config')
  return {
    effort,
    format: format === undefined ? undefined : readFormat(format),
    extra: Object.keys(rest).length > 0 ? { output_config: rest } : {},
  }
}

/** Other wires want a name for a schema, which this one does not have. */
const readFormat = (value: unknown): ResponseFormat => {
  const { type, schema } = readFields(outputFormat, value, 'output_config.format')
  return { type, name: 'answer', schema }
}

/** Who asks; what else is in `metadata` marks the receipt and goes nowhere. */
const readTags = (value: unknown): ChatRequest['tags'] => {
  const { user_id: user, ...rest } = readFields(metadataField, value ?? {}, 'metadata')
  return Object.keys(rest).length > 0 ? { user, metadata: read(metadataMarks, rest, 'metadata') } : { user }
}

const readExtra = (body: object, note: Note): JsonObject => {
  const extra: JsonObject = {}
  for (const [name, value] of Object.entries(read(jsonObject, body, ''))) {
    if (value === null || (Object.hasOwn(messagesBody.shape, name) && !alsoUpstream.has(name))) continue
    const whyNot = Object.hasOwn(refused, name) ? refused[name] : undefined
    if (whyNot !== undefined) throw invalid(name, whyNot)
    if (leftOut.has(name) && value !== 'standard') note(name, `The gateway does not carry "${name}".`)
    else if (!leftOut.has(name)) extra[name] = value
  }
  return extra
}
