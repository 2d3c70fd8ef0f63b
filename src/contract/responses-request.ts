import { z } from 'zod'
import { checkJson, invalid, jsonObject, read, readFields, strictly, unread } from './border.ts'
import { efforts } from './chat.ts'
import type { ChatRequest, Tool, Warning } from './chat.ts'
import { GatewayError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { metadataMarks, userMark } from './marks.ts'
import { chatFields } from './openai-request.ts'
import { readInput } from './responses-items.ts'
import type { Origin, ReadInput } from './responses-items.ts'
import { readFlatChoice, readFlatTools, readTextFormat } from './responses-tools.ts'
import { readRouting, routingFields } from './routing-fields.ts'
import type { KnownNames } from './routing-fields.ts'

const stateless = 'The gateway keeps no responses: '
const shown = z.enum(['auto', 'concise', 'detailed']).optional()

/** The fields of OpenAI's request for a response, with OpenAI's bounds, and the gateway's own. */
const responsesBody = z.object({
  ...routingFields,
  input: unread,
  instructions: z.string().optional(),
  tools: unread,
  tool_choice: unread,
  parallel_tool_calls: z.boolean().optional(),
  // It bounds tools that run at a provider, of which there are none here.
  max_tool_calls: z.int().optional(),
  max_output_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  include: z
    .array(
      z.enum([
        'reasoning.encrypted_content',
        'message.output_text.logprobs',
        // Of items that only tools at a provider make, or that are the caller's own: there is nothing to include.
        'file_search_call.results',
        'web_search_call.results',
        'web_search_call.action.sources',
        'message.input_image.image_url',
        'computer_call_output.output.image_url',
        'code_interpreter_call.outputs',
      ]),
    )
    .optional(),
  text: unread,
  reasoning: z
    .object({
      effort: z.enum(efforts).optional().nullable(),
      summary: shown.nullable(),
      generate_summary: shown.nullable(),
      mode: z.string().nullish(),
      context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
    })
    .loose()
    .optional(),
  metadata: metadataMarks.optional(),
  user: userMark.optional(),
  safety_identifier: z.string().max(64).optional(),
  prompt_cache_key: z.string().optional(),
  stream: z.boolean().optional(),
  stream_options: z.object({ include_obfuscation: z.boolean().nullish() }).optional(),
  store: z.boolean().optional(),
  truncation: z.enum(['auto', 'disabled']).optional(),
  background: z.literal(false, 'must be false: the gateway answers while you wait; ask for a stream.').optional(),
  previous_response_id: z
    .never(`is not taken. ${stateless}send the whole conversation as "input", with the items of its replies.`)
    .optional(),
  conversation: z.never(`is not taken. ${stateless}send the whole conversation as "input".`).optional(),
  prompt: z.never('is not taken: it lies at OpenAI. Send its text as "instructions" and "input".').optional(),
  access_programs: unread,
  context_management: unread,
  image: unread,
})
type ResponsesBody = z.infer<typeof responsesBody>

const textFields = { format: unread, verbosity: z.enum(['low', 'medium', 'high']).optional() }
const textOptions = z.strictObject(textFields, { error: strictly(Object.keys(textFields)) })

/** Read here, and for an OpenAI-shaped provider to see all the same. */
const alsoUpstream: ReadonlySet<string> = new Set(['user', 'metadata', 'safety_identifier', 'prompt_cache_key'])

/** Fields of the chat wire: what they are called here. */
const wordsHere: Readonly<Record<string, string>> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  logprobs: 'top_logprobs',
  functions: 'tools',
  function_call: 'tool_choice',
}

/** What a response repeats of its request. */
export type ResponseEcho = Readonly<Record<string, Json>>

export interface ReadResponse {
  request: ChatRequest
  stream: boolean
  echo: ResponseEcho
  /** Where each message was said. */
  origins: readonly Origin[]
  /** What the gateway leaves out, whoever answers. */
  warnings: readonly Warning[]
}

/**
 * Reads the body of `POST /v1/responses` into the gateway's own words. Null means unset. What would need a memory of
 * former responses is refused; fields that the gateway does not know go to `extra` untouched.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const readResponsesBody = (body: unknown, known: KnownNames, cacheControl?: string): ReadResponse => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GatewayError('invalid_request', 'The body must be a JSON object with "model" and "input".')
  checkJson(body)
  const given = readFields(responsesBody, body, '')
  refuseChatFields(body)
  const { messages, origins, warnings } = readConversation(given)
  const { tools, warnings: aboutTools } = readFlatTools(given.tools, 'tools')
  const { offered, toolChoice } = readFlatChoice(given.tool_choice, 'tool_choice', tools)
  const text = readFields(textOptions, given.text ?? {}, 'text')
  const responseFormat = readTextFormat(text.format, 'text.format')
  const logprobs = given.include?.includes('message.output_text.logprobs') === true || (given.top_logprobs ?? 0) > 0

  const request: ChatRequest = {
    ...readRouting(given, known, cacheControl),
    messages,
    tools: offered,
    toolChoice,
    parallelToolCalls: tools.length > 0 ? given.parallel_tool_calls : undefined,
    responseFormat,
    maxOutputTokens: given.max_output_tokens,
    temperature: given.temperature,
    topP: given.top_p,
    logprobs: logprobs || undefined,
    topLogprobs: logprobs ? given.top_logprobs : undefined,
    reasoningEffort: given.reasoning?.effort ?? undefined,
    extra: readExtra(body, given, text.verbosity),
    tags: { user: given.user, metadata: given.metadata },
  }
  return {
    request,
    stream: given.stream ?? false,
    echo: echoOf(given, tools, { format: responseFormat ?? { type: 'text' }, verbosity: text.verbosity ?? 'medium' }),
    origins,
    warnings: [...warnings, ...aboutTools, ...warningsOf(given)],
  }
}

/** `instructions` are the system's first word. */
const readConversation = ({ input, instructions }: ResponsesBody): ReadInput => {
  const { messages, origins, warnings } = readInput(input, 'input')
  if (instructions !== undefined) {
    messages.unshift({ role: 'system', content: [{ type: 'text', text: instructions }] })
    origins.unshift({ at: 'instructions', parts: null })
  }
  if (messages.length === 0) throw invalid('input', 'holds nothing that was said.')
  return { messages, origins, warnings }
}

/** Unknown fields go on as they are; these would be taken for the gateway's own words. */
const refuseChatFields = (body: object): void => {
  for (const name of chatFields) {
    if (Object.hasOwn(responsesBody.shape, name) || !Object.hasOwn(body, name)) continue
    const here = wordsHere[name]
    throw invalid(
      name,
      here === undefined ? 'is of the chat wire, not of this one.' : `is called "${here}" on this wire.`,
    )
  }
}

const readExtra = (body: object, given: ResponsesBody, verbosity: string | undefined): JsonObject => {
  const extra: JsonObject = {}
  for (const [name, value] of Object.entries(read(jsonObject, body, '')))
    if (!Object.hasOwn(responsesBody.shape, name) || (alsoUpstream.has(name) && value !== null)) extra[name] = value
  const thinking = Object.entries(given.reasoning ?? {}).filter(([name, value]) => name !== 'effort' && value !== null)
  if (thinking.length > 0) extra.reasoning = read(jsonObject, Object.fromEntries(thinking), 'reasoning')
  if (verbosity !== undefined) extra.verbosity = verbosity
  const padded = given.stream_options?.include_obfuscation
  if (given.stream === true && typeof padded === 'boolean') extra.stream_options = { include_obfuscation: padded }
  return extra
}

const warningsOf = (given: ResponsesBody): Warning[] => {
  const drop = (param: string, message: string): Warning => ({ code: 'dropped_parameter', param, message })
  const warnings: Warning[] = []
  if (given.store === true) warnings.push(drop('store', 'The gateway keeps no responses: nothing is stored.'))
  if (given.truncation === 'auto')
    warnings.push(drop('truncation', 'The gateway does not shorten conversations: one that is too long is refused.'))
  for (const name of ['access_programs', 'context_management', 'image'] as const)
    if (given[name] !== undefined) warnings.push(drop(name, `The gateway does not pass on ${name}.`))
  return warnings
}

const echoOf = (given: ResponsesBody, tools: readonly Tool[], text: object): ResponseEcho => {
  const orNull = <T>(value: T | undefined): T | null => value ?? null
  const set = (name: 'user' | 'safety_identifier' | 'prompt_cache_key' | 'max_tool_calls') =>
    given[name] === undefined ? {} : { [name]: given[name] }
  return read(
    jsonObject,
    {
      instructions: orNull(given.instructions),
      max_output_tokens: orNull(given.max_output_tokens),
      metadata: given.metadata ?? {},
      parallel_tool_calls: given.parallel_tool_calls ?? true,
      previous_response_id: null,
      reasoning: given.reasoning ?? { effort: null, summary: null },
      store: false,
      temperature: orNull(given.temperature),
      text,
      tool_choice: given.tool_choice ?? 'auto',
      tools: tools.map(({ name, description, parameters, strict }) => ({
        type: 'function',
        name,
        description: orNull(description),
        parameters: orNull(parameters),
        strict: orNull(strict),
      })),
      top_logprobs: given.top_logprobs ?? 0,
      top_p: orNull(given.top_p),
      truncation: 'disabled',
      ...set('user'),
      ...set('safety_identifier'),
      ...set('prompt_cache_key'),
      ...set('max_tool_calls'),
    },
    '',
  )
}
