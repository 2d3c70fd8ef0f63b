import type { ChatRequest, Warning } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ModelCard } from '../../contract/model.ts'
import type { ProviderRow, UpstreamCall } from '../../contract/provider.ts'
import { markOpenRouter } from '../auto-marks.ts'
import { chooseEffort } from '../effort.ts'
import type { ChosenEffort } from '../effort.ts'
import { withoutForeignExtra } from '../foreign-extra.ts'
import { marks, openaiOnly } from '../openai-fields.ts'
import { warnAboutFailedResults } from '../failed-results.ts'
import { warnAboutPrefixMarks } from '../prefix-marks.ts'
import { chooseSampling, takesSampling } from '../sampling.ts'
import { tellSchema } from '../schema-in-words.ts'
import { compact, objectOf } from '../shape.ts'
import { readStreamOptions } from '../stream-options.ts'
import { createWarnings } from '../warn.ts'
import type { Warn } from '../warn.ts'
import { writeMessages } from './messages.ts'

/** The body of `POST /chat/completions`, and what of the request it leaves out. */
export const writeRequest = (asked: UpstreamCall): { body: JsonObject; warnings: Warning[] } => {
  const { warnings, warn } = createWarnings()
  const call = withoutForeignExtra(asked, asked.row.wire.openrouterExtras ? openrouterFields : noFields, warn)
  const { request, card, row, stream } = call
  const effort = chooseToolEffort(request, card, warn)
  const format = writeFormat(call, warn)
  const messages = format.told ? tellSchema(request.messages, format.told) : request.messages
  warnAboutPrefixMarks(request, row, warn)
  warnAboutFailedResults(messages, row.title, warn)

  const body = compact({
    ...writeExtra(request.extra, { card, row, effort }, warn),
    model: card.id,
    messages: writeMessages(messages, { card, row: row.wire }),
    ...writeTools(request, { card, row }, warn),
    response_format: format.field,
    [card.wire.maxTokensField]: request.maxOutputTokens,
    ...chooseSampling(request, (name) => takesSampling(card, effort) && takesField(row, name), card, warn),
    ...writeEffort(effort, request, row),
    ...writeLogprobs(request, { card, effort }, warn),
    ...writeSeed(request, row, warn),
    stop: request.stop,
    n: request.n === 1 ? undefined : request.n,
    stream,
    stream_options: writeStreamOptions(call, warn),
  })
  if (row.wire.openrouterExtras) markOpenRouter(body, call)
  return { body, warnings }
}

/** Fields that OpenRouter and Anthropic call by the same name. */
const openrouterFields: ReadonlySet<string> = new Set(['top_k'])
const noFields: ReadonlySet<string> = new Set()

const takesField = ({ wire }: ProviderRow, name: string): boolean =>
  wire.penalties !== false || !name.endsWith('_penalty')

/** Some models take tools on this wire only when they do not think: then that is what they are told. */
const chooseToolEffort = (request: ChatRequest, card: ModelCard, warn: Warn): ChosenEffort | null => {
  const asked = request.reasoningEffort
  if (card.wire.tools !== 'effort-none' || request.tools.length === 0) return chooseEffort(asked, card, warn)
  if (asked !== undefined && asked !== 'none')
    warn('changed_parameter', 'reasoning_effort', `${card.id} takes tools on this wire only with effort "none".`)
  return { level: 'none', word: card.wire.effortLevels.none ?? 'none' }
}

const writeEffort = (effort: ChosenEffort | null, request: ChatRequest, { wire }: ProviderRow): JsonObject => {
  if (!effort) return {}
  return wire.openrouterExtras
    ? { reasoning: { ...objectOf(request.extra.reasoning), effort: effort.word } }
    : { reasoning_effort: effort.word }
}

const writeTools = (
  request: ChatRequest,
  { card, row }: { card: ModelCard; row: ProviderRow },
  warn: Warn,
): Record<string, Json | undefined> => {
  const { tools, toolChoice, parallelToolCalls } = request
  if (tools.length === 0) return {}
  if (parallelToolCalls !== undefined && !card.wire.parallelToolCalls)
    warn('dropped_parameter', 'parallel_tool_calls', `${card.id} does not take parallel_tool_calls.`)
  return {
    tools: tools.map(({ name, description, parameters, strict, cacheControl }) =>
      compact({
        type: 'function',
        // Mistral and some local servers refuse a function that says nothing of its parameters.
        function: compact({ name, description, parameters: parameters ?? { type: 'object', properties: {} }, strict }),
        cache_control: row.wire.openrouterExtras ? cacheControl : undefined,
      }),
    ),
    tool_choice:
      typeof toolChoice === 'object' ? { type: 'function', function: { name: toolChoice.name } } : toolChoice,
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
  const { name, description, schema, strict } = format
  if (card.wire.jsonSchema && row.wire.jsonSchema)
    return { field: { type: 'json_schema', json_schema: compact({ name, description, schema, strict }) } }
  const message = `${card.id} takes no JSON schema: it was asked for JSON and told the schema in words.`
  warn('changed_parameter', 'response_format', message)
  return { field: { type: 'json_object' }, told: schema }
}

/** Reasoning models refuse log probabilities with the parameters of sampling. */
const writeLogprobs = (
  { logprobs, topLogprobs }: ChatRequest,
  { card, effort }: { card: ModelCard; effort: ChosenEffort | null },
  warn: Warn,
): Record<string, Json | undefined> => {
  if (takesSampling(card, effort)) return { logprobs, top_logprobs: topLogprobs }
  if (logprobs) warn('dropped_parameter', 'logprobs', `${card.id} does not give log probabilities.`)
  if (topLogprobs !== undefined)
    warn('dropped_parameter', 'top_logprobs', `${card.id} does not give log probabilities.`)
  return {}
}

const writeSeed = ({ seed }: ChatRequest, { wire, title }: ProviderRow, warn: Warn): JsonObject => {
  if (seed === undefined) return {}
  const { seedField = 'seed' } = wire
  if (seedField !== null) return { [seedField]: seed }
  warn('dropped_parameter', 'seed', `${title} does not take a seed.`)
  return {}
}

const writeStreamOptions = ({ request, row, stream }: UpstreamCall, warn: Warn): JsonObject | undefined => {
  const { padding, others } = readStreamOptions(request.extra, warn)
  const options = compact({
    ...others,
    ...(row.wire.openaiExtras ? padding : {}),
    include_usage: row.wire.usageInStreaming ? true : undefined,
  })
  return stream && Object.keys(options).length > 0 ? options : undefined
}

/** What the gateway does not know goes on as it came. */
const writeExtra = (
  extra: JsonObject,
  { card, row, effort }: { card: ModelCard; row: ProviderRow; effort: ChosenEffort | null },
  warn: Warn,
): JsonObject => {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(extra)) {
    if (name === 'stream_options' || (!row.wire.openaiExtras && marks.has(name))) continue
    if (!row.wire.openaiExtras && openaiOnly.has(name))
      warn('dropped_parameter', name, `${row.title} does not take ${name}.`)
    else if (name === 'reasoning' && !row.wire.openrouterExtras)
      warn('dropped_parameter', name, `${row.title} takes no wishes about reasoning but its effort on this wire.`)
    else if (name === 'logit_bias' && !takesSampling(card, effort))
      warn('dropped_parameter', name, `${card.id} does not take ${name}.`)
    else kept[name] = value
  }
  return kept
}
