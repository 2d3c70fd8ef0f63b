import { z } from 'zod'
import { checkJson, invalid, jsonObject, read, readFields, unread } from './border.ts'
import type { ChatRequest } from './chat.ts'
import { GatewayError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { userMark } from './marks.ts'
import { chatFields } from './openai-request.ts'
import { readRouting, routingFields } from './routing-fields.ts'
import type { KnownNames } from './routing-fields.ts'

const penalty = z.number().min(-2).max(2).optional()
const text = z.string().min(1)
const promptList = z.array(z.unknown(), 'must be a text.')

/** The fields of OpenAI's old request for a completion that can be honoured by a model that chats, and the gateway's own. */
const completionsBody = z.object({
  ...routingFields,
  prompt: unread,
  suffix: z.never('is not taken: models that chat do not fill in between two texts. Say it in "prompt".').optional(),
  best_of: z.int().min(0).optional(),
  echo: z.boolean().optional(),
  logprobs: z.int().min(0).max(20).optional(),
  max_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  n: z.int().min(1).max(128).optional(),
  stop: z.union([text, z.array(text).max(16)], 'must be a string, or an array of at most 16 strings.').optional(),
  seed: z.int().optional(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  stream: z.boolean().optional(),
  stream_options: z
    .object({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .optional(),
  user: userMark.optional(),
})

export interface ReadCompletion {
  request: ChatRequest
  stream: boolean
  includeUsage: boolean
  /** What each answer begins with: the prompt, where `echo` asks for it. */
  echoed: string
}

/**
 * Reads the body of `POST /v1/completions`: the prompt is what the user says. Null means unset; `max_tokens` unset is the
 * model's own limit, not 16.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const readCompletionsBody = (body: unknown, known: KnownNames, cacheControl?: string): ReadCompletion => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GatewayError('invalid_request', 'The body must be a JSON object with "model" and "prompt".')
  checkJson(body)
  const given = readFields(completionsBody, body, '')
  for (const name of chatFields)
    if (!Object.hasOwn(completionsBody.shape, name) && name !== 'metadata' && Object.hasOwn(body, name))
      throw invalid(name, 'is of the chat wire, not of this one: POST /v1/chat/completions takes it.')
  const { n = 1, best_of: bestOf = n, echo = false, logprobs } = given
  if (bestOf > n)
    throw invalid('best_of', 'must not be more than "n": the gateway gives out every answer that is paid.')
  if (echo && logprobs !== undefined)
    throw invalid('echo', 'cannot go with "logprobs": nobody gives those of the prompt.')
  const prompt = readPrompt(given.prompt, 'prompt')
  const stream = given.stream ?? false

  const request: ChatRequest = {
    ...readRouting(given, known, cacheControl),
    messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
    tools: [],
    maxOutputTokens: given.max_tokens,
    temperature: given.temperature,
    topP: given.top_p,
    stop: typeof given.stop === 'string' ? [given.stop] : given.stop,
    n: given.n,
    seed: given.seed,
    presencePenalty: given.presence_penalty,
    frequencyPenalty: given.frequency_penalty,
    logprobs: logprobs === undefined ? undefined : true,
    topLogprobs: logprobs,
    extra: readExtra(body, stream, given.stream_options?.include_obfuscation),
    tags: { user: given.user },
  }
  const includeUsage = stream && given.stream_options?.include_usage === true
  return { request, stream, includeUsage, echoed: echo ? prompt : '' }
}

/** One text, or a list of one: several prompts would be several requests, and tokens are of one model's tokenizer. */
const readPrompt = (value: unknown, param: string): string => {
  if (value === undefined || value === null) throw invalid(param, 'is missing: send a text.')
  if (typeof value === 'string') return value
  const prompts = read(promptList, value, param)
  const [only] = prompts
  if (typeof only === 'number' || Array.isArray(only)) throw invalid(param, 'must be a text, not tokens.')
  if (prompts.length !== 1) throw invalid(param, 'must be one text: send a request for each.')
  return read(z.string(), only, `${param}[0]`)
}

/** What goes upstream unread: `logit_bias` among it. */
const readExtra = (body: object, stream: boolean, padded: boolean | null | undefined): JsonObject => {
  const extra: JsonObject = {}
  for (const [name, value] of Object.entries(read(jsonObject, body, '')))
    if (!Object.hasOwn(completionsBody.shape, name) || (name === 'user' && value !== null)) extra[name] = value
  if (stream && typeof padded === 'boolean') extra.stream_options = { include_obfuscation: padded }
  return extra
}
