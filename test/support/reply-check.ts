import { z } from 'zod'
import { tasks } from '../../src/contract/plan.ts'
import { cacheStates } from '../../src/contract/receipt.ts'
import { createAnthropicJudge } from './anthropic-replies.ts'
import {
  validateChatReply,
  validateChunk,
  validateCompletion,
  validateEmbeddings,
  validateError,
  validateModel,
  validateModelList,
  validateResponse,
  validateResponseEvent,
} from './openai-schema.ts'

/** What one response of a gateway was, as far as it was written. */
export interface Reply {
  method: string
  /** Without the query. */
  path: string
  status: number
  contentType: string
  body: string
}

const usd = z.string().regex(/^\d+\.\d{9}$/, 'is no decimal with nine places')
const ms = z.number().min(0)

/** `gateway` in an answer, as docs/http-api.md tells it: every field, and no other. */
const answerExtension = z.strictObject({
  request_id: z.string().min(1),
  provider: z.string().min(1),
  model: z.string().min(1),
  task: z.enum(tasks).nullable(),
  cache: z.enum(cacheStates),
  cache_reason: z.string().nullable(),
  cached: z
    .strictObject({
      entry_id: z.string().regex(/^ent_/),
      age_ms: ms,
      p: z.number().min(0).max(1).nullable(),
      similarity: z.number().nullable(),
      saved_ms: ms.nullable(),
    })
    .nullable(),
  cost_usd: usd.nullable(),
  cost_nano_usd: z.string().regex(/^\d+$/).nullable(),
  saved_usd: usd,
  simulated: z.boolean(),
  estimated: z.boolean(),
  repairs: z.int().min(0),
  warnings: z.array(z.strictObject({ code: z.string(), param: z.string().min(1), message: z.string().min(1) })),
  timings: z.strictObject({
    first_token_ms: ms.nullable(),
    admit_ms: ms,
    recall_ms: ms,
    route_ms: ms,
    total_ms: ms,
  }),
})
const errorExtension = z.strictObject({
  request_id: z.string().min(1),
  advice: z.string().min(1),
  retryable: z.boolean(),
  refusals: z.array(z.strictObject({ model: z.string(), reason: z.string(), code: z.string() })).optional(),
  refusals_total: z.int().optional(),
  limits: z
    .partialRecord(
      z.enum(['requests', 'tokens']),
      z.strictObject({ limit: z.int(), remaining: z.int().min(0), reset_s: z.number() }),
    )
    .optional(),
  structured_output: z
    .strictObject({
      text: z.string(),
      errors: z.array(z.strictObject({ path: z.string(), message: z.string().min(1) })),
      repairs: z.int().min(0),
    })
    .optional(),
})
const modelExtension = z.strictObject({
  providers: z.array(z.string()).min(1),
  context_tokens: z.int().min(1),
  max_output_tokens: z.int().min(1),
  tools: z.boolean(),
  json_schema: z.boolean(),
  vision: z.boolean(),
  reasoning: z.boolean(),
  input_usd_per_mtok: usd.nullable(),
  output_usd_per_mtok: usd.nullable(),
})

const faultsOfAnthropic = createAnthropicJudge({ answer: answerExtension, error: errorExtension })

const answered = z.looseObject({ gateway: answerExtension })
const mayAnswer = z.looseObject({ gateway: answerExtension.optional() })
const refused = z.strictObject({ error: z.looseObject({ gateway: errorExtension }) })
const offered = z.looseObject({ gateway: modelExtension.optional() })

/**
 * What is wrong with a reply, by OpenAI's description and the gateway's own extension of it: `path what`, empty when
 * nothing is. MCP's replies and the pages for load balancers are not OpenAI's; their errors are, but for `/ready`,
 * whose 503 is an answer.
 */
export const faultsOf = (reply: Reply): readonly string[] => {
  const { method, path, status, body } = reply
  if (path === '/mcp' || (path === '/ready' && status === 503)) return []
  if (body === '') return method === 'HEAD' || status === 204 ? [] : ['/ is empty']
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return faultsOfAnthropic(reply)
  // A provider's own refusal is passed on in its own words; ours is known by its mark.
  if (path.startsWith('/v1/passthrough/') && !body.includes('"gateway":{"request_id"')) return []
  if (status >= 400) return inJson(body, faultsOfError)
  if (path === '/v1/models') return inJson(body, faultsOfModelList)
  if (path.startsWith('/v1/models/')) return inJson(body, faultsOfModel)
  const isStream = reply.contentType.startsWith('text/event-stream')
  switch (path) {
    case '/v1/chat/completions':
      return isStream ? faultsOfStream(body, faultsOfChunk) : inJson(body, faultsOfChat)
    case '/v1/completions':
      return isStream ? faultsOfStream(body, faultsOfTextChunk) : inJson(body, faultsOfText)
    case '/v1/embeddings':
      return inJson(body, faultsOfEmbeddings)
    case '/v1/responses':
      return isStream ? faultsOfResponseStream(body) : inJson(body, faultsOfResponse)
    default:
      return []
  }
}

const faultsOfChat = (value: unknown) => [...validateChatReply(value), ...extensionFaults(answered, value)]
const faultsOfChunk = (value: unknown) => [...validateChunk(value), ...extensionFaults(mayAnswer, value)]
/** Base64 is a caller's wish that OpenAI grants and does not describe: such a vector is looked at as the numbers it is. */
const faultsOfEmbeddings = (value: unknown) => [
  ...validateEmbeddings(withNumbers(value)),
  ...extensionFaults(answered, value),
]
const encoded = z.looseObject({ data: z.array(z.looseObject({ embedding: z.base64() })) })
const withNumbers = (value: unknown): unknown => {
  const { data: list } = encoded.safeParse(value)
  return list ? { ...list, data: list.data.map((item) => ({ ...item, embedding: [0] })) } : value
}
const faultsOfResponse = (value: unknown) => [...validateResponse(value), ...extensionFaults(answered, value)]
const faultsOfText = (value: unknown) => [...validateCompletion(value), ...extensionFaults(answered, value)]
/** OpenAI describes no chunk of a text completion: it is one whose choices may still be without a reason to end. */
const faultsOfTextChunk = (value: unknown) => {
  const { data } = textChunk.safeParse(value)
  const ended = data?.choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? 'stop' }))
  const { usage, ...chunk } = data ?? {}
  const whole = { ...chunk, choices: ended, ...(usage ? { usage } : {}) }
  return [...validateCompletion(data ? whole : value), ...extensionFaults(mayAnswer, value)]
}
const textChunk = z.looseObject({
  choices: z.array(z.looseObject({ finish_reason: z.string().nullable() })),
  usage: z.unknown().optional(),
})
const faultsOfError = (value: unknown) => [...validateError(value), ...extensionFaults(refused, value)]
const faultsOfModel = (value: unknown) => [...validateModel(value), ...extensionFaults(offered, value)]
const faultsOfModelList = (value: unknown) => [
  ...validateModelList(value),
  ...extensionFaults(z.looseObject({ data: z.array(offered) }), value),
]

/** A stream that was cut ends within an event, which nobody can read: that rest is not looked at. */
const faultsOfStream = (body: string, faultsOfPiece: (value: unknown) => readonly string[]): string[] => {
  const events = eventsOf(body)
  const faults = events.flatMap((event, position) => {
    // Not by lines: JSON leaves U+2028 as it is, which regular expressions take for the end of one.
    if (!event.startsWith('data: ')) return [`event ${position}: / is no "data: …"`]
    const data = event.slice('data: '.length)
    if (data === '[DONE]') return position === events.length - 1 ? [] : [`event ${position}: / goes on after [DONE]`]
    const check = data.startsWith('{"error"') ? faultsOfError : faultsOfPiece
    return inJson(data, check).map((fault) => `event ${position}: ${fault}`)
  })
  const extended = events.filter((event) => event.includes('"gateway":{"request_id"')).length
  if (events.at(-1) === 'data: [DONE]' && extended !== 1) faults.push(`/ has "gateway" ${extended} times, not once`)
  return faults
}

const eventsOf = (body: string): string[] =>
  body
    .split('\n\n')
    .slice(0, -1)
    .filter((event) => !event.startsWith(':'))

const numbered = z.looseObject({ type: z.string(), sequence_number: z.int() })
const lastEvents: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** Each event bears its own type as its name and the next number, and the one that ends a whole answer bears `gateway`. */
const faultsOfResponseStream = (body: string): string[] =>
  eventsOf(body).flatMap((event, position, events) => {
    const [, name, data = ''] = /^event: (\S+)\ndata: (.*)$/s.exec(event) ?? []
    const check = (value: unknown): string[] => {
      const { type, sequence_number: number } = numbered.safeParse(value).data ?? {}
      const faults = [...validateResponseEvent(value)]
      if (type !== name) faults.push(`/type is not its name: ${String(name)}`)
      if (number !== position) faults.push(`/sequence_number is ${String(number)}`)
      if (type === 'error') faults.push(...extensionFaults(raised, value))
      if (type === 'response.completed' || type === 'response.incomplete')
        faults.push(...extensionFaults(z.looseObject({ response: answered }), value))
      if (type !== undefined && lastEvents.has(type) && position < events.length - 1) faults.push('/ is not the last')
      return faults
    }
    return inJson(data, check).map((fault) => `event ${position}: ${fault}`)
  })
const raised = z.looseObject({ error: z.looseObject({ gateway: errorExtension }) })

const inJson = (text: string, check: (value: unknown) => readonly string[]): readonly string[] => {
  try {
    const value: unknown = JSON.parse(text)
    return check(value)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return ['/ is no JSON']
    throw thrown
  }
}

const extensionFaults = (schema: z.ZodType, value: unknown): string[] =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `/${path.map(String).join('/')} ${message}`)
