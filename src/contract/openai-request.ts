import { z } from 'zod'
import { checkJson, invalid, jsonObject, read, readFields, unread } from './border.ts'
import { efforts } from './chat.ts'
import type { ChatRequest } from './chat.ts'
import { GatewayError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { metadataMarks, userMark } from './marks.ts'
import { readMessages } from './openai-messages.ts'
import { readFunctionCall, readFunctions, readResponseFormat, readToolChoice, readTools } from './openai-tools.ts'
import { readRouting, routingFields } from './routing-fields.ts'
import type { KnownNames } from './routing-fields.ts'

const text = z.string().min(1)
const tokens = z.int().min(1).optional()
const penalty = z.number().min(-2).max(2).optional()
const effort = z.enum(efforts).optional()
const switchable = z.boolean().nullish()

/** The fields of OpenAI's chat request that the gateway reads, with OpenAI's bounds, and the gateway's own. */
const chatBody = z.object({
  ...routingFields,
  messages: unread,
  tools: unread,
  tool_choice: unread,
  functions: unread,
  function_call: unread,
  parallel_tool_calls: z.boolean().optional(),
  response_format: unread,
  max_tokens: tokens,
  max_completion_tokens: tokens,
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  // Four is OpenAI's bound; other providers take more.
  stop: z.union([text, z.array(text).max(16)], 'must be a string, or an array of at most 16 strings.').optional(),
  n: z.int().min(1).max(128).optional(),
  seed: z.int().optional(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  reasoning_effort: effort,
  reasoning: unread,
  stream: z.boolean().optional(),
  stream_options: z.object({ include_usage: switchable, include_obfuscation: switchable }).optional(),
  modalities: z.array(z.literal('text', 'must be "text": the gateway answers in text only.')).optional(),
  user: userMark.optional(),
  metadata: metadataMarks.optional(),
})
type ChatBody = z.infer<typeof chatBody>

/** The fields of a chat request that are read: another wire may not take them for fields that it does not know. */
export const chatFields: readonly string[] = Object.keys(chatBody.shape)

const reasoningOptions = z.object({ effort }).loose()

/** Fields that are read here and that an OpenAI-shaped provider should see all the same. */
const alsoUpstream: ReadonlySet<string> = new Set(['user', 'metadata'])

interface ReadBody {
  request: ChatRequest
  stream: boolean
  includeUsage: boolean
  /** Where a field has two names and the caller used the other one: the gateway's word for it, and the caller's. */
  spelling: ReadonlyMap<string, string>
}

/**
 * Reads the body of `POST /v1/chat/completions` into the gateway's own words. Null means unset. Fields that the gateway
 * does not know go to `extra` untouched, fields of its own never do; `user` and `metadata` mark the bill and go upstream
 * as well.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const readChatBody = (body: unknown, known: KnownNames, cacheControl?: string): ReadBody => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GatewayError('invalid_request', 'The body must be a JSON object with "model" and "messages".')
  checkJson(body)
  const given = readFields(chatBody, body, '')
  const messages = readMessages(given.messages, 'messages')
  const stream = given.stream ?? false

  const request: ChatRequest = {
    ...readRouting(given, known, cacheControl),
    messages,
    ...readToolFields(given),
    responseFormat: readResponseFormat(given.response_format, 'response_format'),
    maxOutputTokens: readMaxTokens(given),
    temperature: given.temperature,
    topP: given.top_p,
    stop: typeof given.stop === 'string' ? [given.stop] : given.stop,
    n: given.n,
    seed: given.seed,
    presencePenalty: given.presence_penalty,
    frequencyPenalty: given.frequency_penalty,
    logprobs: given.logprobs,
    topLogprobs: given.top_logprobs,
    reasoningEffort: readEffort(given),
    extra: readExtra(body, stream),
    tags: { user: given.user, metadata: given.metadata },
  }
  const includeUsage = stream && given.stream_options?.include_usage === true
  return { request, stream, includeUsage, spelling: spellingOf(given) }
}

const spellingOf = (given: ChatBody): ReadonlyMap<string, string> => {
  const spelling = new Map<string, string>()
  const { functions, function_call: call, max_completion_tokens: maxTokens } = given
  if (Array.isArray(functions) && functions.length > 0) spelling.set('tools', 'functions')
  if (call !== undefined && call !== null && given.tool_choice === undefined)
    spelling.set('tool_choice', 'function_call')
  if (maxTokens !== undefined) spelling.set('max_tokens', 'max_completion_tokens')
  if (given.reasoning !== undefined && given.reasoning_effort === undefined)
    spelling.set('reasoning_effort', 'reasoning.effort')
  return spelling
}

const readToolFields = (given: ChatBody): Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'> => {
  const legacy = readFunctions(given.functions, 'functions')
  const modern = readTools(given.tools, 'tools')
  if (legacy.length > 0 && modern.length > 0)
    throw invalid('functions', 'is the old form of "tools": send only "tools".')
  const tools = [...modern, ...legacy]
  return {
    tools,
    toolChoice:
      readToolChoice(given.tool_choice, 'tool_choice', tools) ??
      readFunctionCall(given.function_call, 'function_call', tools),
    parallelToolCalls: tools.length > 0 ? given.parallel_tool_calls : undefined,
  }
}

const readMaxTokens = ({ max_tokens: old, max_completion_tokens: current }: ChatBody): number | undefined => {
  if (old !== undefined && current !== undefined && old !== current)
    throw invalid('max_tokens', 'differs from "max_completion_tokens": send one of them.')
  return current ?? old
}

const readEffort = (given: ChatBody): ChatRequest['reasoningEffort'] => {
  const nested = readFields(reasoningOptions, given.reasoning ?? {}, 'reasoning').effort
  if (nested !== undefined && given.reasoning_effort !== undefined && nested !== given.reasoning_effort)
    throw invalid('reasoning_effort', 'differs from "reasoning.effort": send one of them.')
  return given.reasoning_effort ?? nested
}

/** Objects of which one field is read here, and the others are for the provider (`reasoning` is OpenRouter's). */
const readInPart: ReadonlyMap<string, string> = new Map([
  ['reasoning', 'effort'],
  ['stream_options', 'include_usage'],
])

/** What goes upstream unread. Without a stream there is nothing for its options to change. */
const readExtra = (body: object, stream: boolean): JsonObject => {
  const extra: JsonObject = {}
  for (const [name, value] of Object.entries(read(jsonObject, body, ''))) {
    const part = readInPart.get(name)
    if (part !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const rest = Object.entries(value).filter(([field, said]) => field !== part && said !== null)
      if (rest.length > 0 && (stream || name !== 'stream_options')) extra[name] = Object.fromEntries(rest)
    } else if (!Object.hasOwn(chatBody.shape, name) || alsoUpstream.has(name)) extra[name] = value
  }
  return extra
}
