import type { ChatRequest, Warning } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ModelCard } from '../../contract/model.ts'
import type { ProviderRow, UpstreamCall } from '../../contract/provider.ts'
import { chooseEffort } from '../effort.ts'
import type { ChosenEffort } from '../effort.ts'
import { warnAboutFailedResults } from '../failed-results.ts'
import { withoutForeignExtra } from '../foreign-extra.ts'
import { marks, openaiOnly } from '../openai-fields.ts'
import { warnAboutPrefixMarks } from '../prefix-marks.ts'
import { chooseSampling, takesSampling } from '../sampling.ts'
import { tellSchema } from '../schema-in-words.ts'
import { compact, listOf, objectOf } from '../shape.ts'
import { readStreamOptions } from '../stream-options.ts'
import { createWarnings } from '../warn.ts'
import type { Warn } from '../warn.ts'
import { writeInput } from './input.ts'

/** The body of `POST /responses`, and what of the request it leaves out. Nothing is left behind at the provider. */
export const writeRequest = (asked: UpstreamCall): { body: JsonObject; warnings: Warning[] } => {
  const { warnings, warn } = createWarnings()
  const call = withoutForeignExtra(asked, new Set(), warn)
  const { request, card, row, stream } = call
  const effort = chooseEffort(request.reasoningEffort, card, warn)
  const format = writeFormat(call, warn)
  const messages = format.told ? tellSchema(request.messages, format.told) : request.messages
  const showsLogprobs = chooseLogprobs(request, { card, effort }, warn)
  warnAboutPrefixMarks(request, row, warn)
  warnAboutFailedResults(messages, row.title, warn)
  warnAboutMissing(request, row, warn)

  const body = compact({
    ...writeExtra(request.extra, row, warn),
    model: card.id,
    input: writeInput(messages, { card, row }, warn),
    ...writeTools(request, card, warn),
    text: writeText(request.extra, format.field, row),
    reasoning: writeReasoning(request.extra, effort),
    include: writeInclude(request.extra, card, showsLogprobs),
    max_output_tokens: writeMaxTokens(request, card, warn),
    ...chooseSampling(request, (name) => isOfResponses(name) && takesSampling(card, effort), card, warn),
    top_logprobs: showsLogprobs ? request.topLogprobs : undefined,
    store: false,
    stream,
    stream_options: writeStreamOptions(call, warn),
  })
  return { body, warnings }
}

const isOfResponses = (name: string): boolean => name === 'temperature' || name === 'top_p'

const writeTools = (
  { tools, toolChoice, parallelToolCalls }: ChatRequest,
  card: ModelCard,
  warn: Warn,
): Record<string, Json | undefined> => {
  if (tools.length === 0) return {}
  if (parallelToolCalls !== undefined && !card.wire.parallelToolCalls)
    warn('dropped_parameter', 'parallel_tool_calls', `${card.id} does not take parallel_tool_calls.`)
  return {
    tools: tools.map(({ name, description, parameters = { type: 'object', properties: {} }, strict = false }) =>
      // Unsaid, this wire means strict where the chat wire does not.
      compact({ type: 'function', name, description, parameters, strict }),
    ),
    tool_choice: typeof toolChoice === 'object' ? { type: 'function', name: toolChoice.name } : toolChoice,
    parallel_tool_calls: card.wire.parallelToolCalls ? parallelToolCalls : undefined,
  }
}

/** Where a schema is not taken, JSON is asked for and the schema is told in words. */
const writeFormat = (
  { request: { responseFormat: format }, card, row }: UpstreamCall,
  warn: Warn,
): { field?: JsonObject; told?: JsonObject } => {
  if (format === undefined || format.type === 'text') return {}
  if (format.type === 'json_object') return { field: { type: 'json_object' } }
  const { type, name, description, schema, strict } = format
  if (card.wire.jsonSchema && row.wire.jsonSchema)
    return { field: compact({ type, name, description, schema, strict: strict ?? false }) }
  const message = `${card.id} takes no JSON schema: it was asked for JSON and told the schema in words.`
  warn('changed_parameter', 'response_format', message)
  return { field: { type: 'json_object' }, told: schema }
}

const writeText = (extra: JsonObject, format: JsonObject | undefined, { wire }: ProviderRow): JsonObject | undefined =>
  unlessEmpty({
    ...objectOf(extra.text),
    ...compact({ verbosity: wire.openaiExtras ? extra.verbosity : undefined, format }),
  })

/** The caller's own wishes about reasoning (`summary` makes thoughts visible), and the effort. */
const writeReasoning = (extra: JsonObject, effort: ChosenEffort | null): JsonObject | undefined =>
  unlessEmpty({ ...objectOf(extra.reasoning), ...(effort ? { effort: effort.word } : {}) })

const unlessEmpty = (fields: JsonObject): JsonObject | undefined =>
  Object.keys(fields).length > 0 ? fields : undefined

/** Nothing is stored: thoughts come encrypted, and go back so. Models that do not reason refuse to be asked for them. */
const writeInclude = ({ include }: JsonObject, card: ModelCard, showsLogprobs: boolean): Json[] | undefined => {
  const wanted = new Set(listOf(include))
  if (card.capabilities.reasoning) wanted.add('reasoning.encrypted_content')
  if (showsLogprobs) wanted.add('message.output_text.logprobs')
  return wanted.size > 0 ? [...wanted] : undefined
}

/** OpenAI's lower bound here ("Expected a value >= 16"), where the chat wire takes 1. */
const leastMaxTokens = 16

const writeMaxTokens = ({ maxOutputTokens }: ChatRequest, card: ModelCard, warn: Warn): number | undefined => {
  if (maxOutputTokens === undefined || maxOutputTokens >= leastMaxTokens) return maxOutputTokens
  const message = `${card.id} takes no bound below ${leastMaxTokens} on this wire; ${maxOutputTokens} became ${leastMaxTokens}.`
  warn('changed_parameter', 'max_tokens', message)
  return leastMaxTokens
}

/** Reasoning models refuse log probabilities with the parameters of sampling. */
const chooseLogprobs = (
  { logprobs = false, topLogprobs }: ChatRequest,
  { card, effort }: { card: ModelCard; effort: ChosenEffort | null },
  warn: Warn,
): boolean => {
  const isTaken = takesSampling(card, effort)
  if (logprobs && !isTaken) warn('dropped_parameter', 'logprobs', `${card.id} does not give log probabilities.`)
  if (topLogprobs !== undefined && !(logprobs && isTaken))
    warn('dropped_parameter', 'top_logprobs', `${card.id} does not give log probabilities here.`)
  return logprobs && isTaken
}

const warnAboutMissing = ({ n = 1, seed, stop }: ChatRequest, { title }: ProviderRow, warn: Warn): void => {
  const drop = (name: string): void => warn('dropped_parameter', name, `${title} does not take ${name} on this wire.`)
  if (n > 1) drop('n')
  if (seed !== undefined) drop('seed')
  if (stop !== undefined) drop('stop')
}

const writeStreamOptions = ({ request, row, stream }: UpstreamCall, warn: Warn): JsonObject | undefined => {
  const { padding, others } = readStreamOptions(request.extra, warn)
  const options = unlessEmpty({ ...others, ...(row.wire.openaiExtras ? padding : {}) })
  return stream ? options : undefined
}

/** Written from other fields of the request. */
const writtenElsewhere: ReadonlySet<string> = new Set(['include', 'reasoning', 'stream_options', 'text', 'verbosity'])

/** Of the chat wire alone. */
const chatOnly: ReadonlySet<string> = new Set(['audio', 'logit_bias', 'prediction', 'web_search_options'])

/** What lies at the provider belongs to the gateway's account, not to this caller; and the conversation is in `messages`. */
const stateful: ReadonlySet<string> = new Set([
  'background',
  'conversation',
  'input',
  'instructions',
  'max_output_tokens',
  'previous_response_id',
  'prompt',
])

/** What the gateway does not know goes on as it came. */
const writeExtra = (extra: JsonObject, { wire, title }: ProviderRow, warn: Warn): JsonObject => {
  const kept: JsonObject = {}
  const drop = (name: string, why: string): void => warn('dropped_parameter', name, `${title} ${why}.`)
  for (const [name, value] of Object.entries(extra)) {
    if (name === 'store') {
      if (value === true) drop(name, 'is asked to store nothing on this wire')
    } else if (!wire.openaiExtras && marks.has(name)) continue
    else if (!wire.openaiExtras && openaiOnly.has(name)) drop(name, `does not take ${name}`)
    else if (chatOnly.has(name)) drop(name, `does not take ${name} on this wire`)
    else if (stateful.has(name)) drop(name, `is not sent ${name}: say it in messages and the fields of a chat request`)
    else if (!writtenElsewhere.has(name)) kept[name] = value
  }
  return kept
}
