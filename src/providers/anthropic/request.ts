import type { ChatRequest, ContentPart, Warning } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { ModelCard } from '../../contract/model.ts'
import type { ProviderRow, UpstreamCall } from '../../contract/provider.ts'
import { limitMarks, markAnthropic } from '../auto-marks.ts'
import { chooseSampling, takesSampling } from '../sampling.ts'
import { compact, objectOf, textOf } from '../shape.ts'
import { warnAboutSpeakers } from '../speakers.ts'
import { readStreamOptions } from '../stream-options.ts'
import { createWarnings } from '../warn.ts'
import type { Warn } from '../warn.ts'
import { chooseThinking } from './thinking.ts'
import type { Thinking } from './thinking.ts'
import { planFormat, writeTools } from './tools.ts'
import { writeConversation } from './turns.ts'

/** The body of `POST /v1/messages`, what of the request it leaves out, and the tool whose arguments are the answer. */
export const writeRequest = (
  call: UpstreamCall,
): { body: JsonObject; warnings: Warning[]; answerTool: string | null } => {
  const { request, card, row, stream } = call
  const { warnings, warn } = createWarnings()
  const format = planFormat(call, warn)
  const tools = writeTools(call, format, warn)
  // The field is required; a small default would cut answers off without a word.
  const maxTokens = request.maxOutputTokens ?? card.maxOutputTokens
  const thinking = chooseThinking({ request, card, maxTokens, isForced: tools.isForced }, warn)
  const { system, messages } = writeConversation(request.messages, warn)
  if (format.by === 'words') system.push({ type: 'text', text: format.instruction })
  warnAboutMissing(request, row, warn)

  const body = compact({
    ...writeExtra(request, thinking, row, warn),
    model: card.id,
    max_tokens: maxTokens,
    system: system.length > 0 ? system : undefined,
    messages,
    ...tools.fields,
    thinking: thinking.field,
    output_config: writeOutputConfig(request, format.by === 'schema' ? format.schema : undefined, thinking),
    ...writeSampling(request, card, thinking, warn),
    stop_sequences: writeStops(request.stop, warn),
    metadata: writeMetadata(request),
    stream,
  })
  limitMarks(body, warn)
  markAnthropic(body, call)
  return { body, warnings, answerTool: format.by === 'tool' ? format.name : null }
}

const writeOutputConfig = (
  { extra }: ChatRequest,
  schema: JsonObject | undefined,
  { effort }: Thinking,
): JsonObject | undefined => {
  const config = compact({
    ...objectOf(extra.output_config),
    ...(effort ? { effort: effort.word } : {}),
    ...(schema ? { format: { type: 'json_schema', schema } } : {}),
  })
  return Object.keys(config).length > 0 ? config : undefined
}

/** Temperatures end at 1 here, and newer models refuse it together with `top_p`. */
const writeSampling = (request: ChatRequest, card: ModelCard, thinking: Thinking, warn: Warn): JsonObject => {
  const isTaken = !thinking.isOn && takesSampling(card, thinking.effort)
  const isOfAnthropic = (name: string) => name === 'temperature' || name === 'top_p'
  const { temperature, top_p: topP } = chooseSampling(request, (name) => isTaken && isOfAnthropic(name), card, warn)
  if (temperature === undefined) return compact({ top_p: topP })
  if (temperature > 1)
    warn('changed_parameter', 'temperature', `${card.id} takes temperatures up to 1; ${temperature} became 1.`)
  if (topP !== undefined && topP !== 1)
    warn('dropped_parameter', 'top_p', `${card.id} takes temperature or top_p, not both.`)
  return { temperature: Math.min(temperature, 1) }
}

const writeStops = (stop: readonly string[] | undefined, warn: Warn): string[] | undefined => {
  const written = stop?.filter((text) => text.trim() !== '')
  if (stop && written?.length !== stop.length)
    warn('dropped_parameter', 'stop', 'Anthropic does not take stop sequences of white space.')
  return written?.length ? written : undefined
}

const writeMetadata = ({ tags, extra }: ChatRequest): JsonObject | undefined => {
  const userId = tags.user ?? textOf(objectOf(extra.metadata)?.user_id)
  return userId ? { user_id: userId } : undefined
}

const warnAboutMissing = (request: ChatRequest, { title }: ProviderRow, warn: Warn): void => {
  if (request.n !== undefined && request.n > 1) warn('dropped_parameter', 'n', `${title} gives one answer at a time.`)
  if (request.seed !== undefined) warn('dropped_parameter', 'seed', `${title} does not take a seed.`)
  if (request.logprobs) warn('dropped_parameter', 'logprobs', `${title} does not give log probabilities.`)
  if (request.topLogprobs !== undefined)
    warn('dropped_parameter', 'top_logprobs', `${title} does not give log probabilities.`)
  warnAboutSpeakers(request.messages, title, warn)
  if (request.messages.some(({ content }) => content.some(isBreakpoint)))
    warn('dropped_parameter', 'prompt_cache_breakpoint', `${title} marks prefixes by "cache_control" instead.`)
  for (const name of Object.keys(readStreamOptions(request.extra, warn).others))
    warn('dropped_parameter', `stream_options.${name}`, `${title} does not take stream_options.${name}.`)
}

const isBreakpoint = (part: ContentPart): boolean =>
  (part.type === 'native' ? part.value.prompt_cache_breakpoint : part.promptCacheBreakpoint) !== undefined

/** Anthropic's own fields, which a caller may know. */
const native: ReadonlySet<string> = new Set([
  'cache_control',
  'container',
  'context_management',
  'inference_geo',
  'mcp_servers',
  'service_tier',
  'top_k',
])

/** Read elsewhere, or a mark on the caller's bill that nobody misses here. */
const readElsewhere: ReadonlySet<string> = new Set(['thinking', 'output_config', 'stream_options', 'user', 'metadata'])

/** A client of Anthropic's knows what it says: its fields go on as they came. */
const writeExtra = (
  { extra, extraIn }: ChatRequest,
  thinking: Thinking,
  { title }: ProviderRow,
  warn: Warn,
): JsonObject => {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(extra)) {
    if (readElsewhere.has(name)) continue
    // The name is OpenAI's too, with other values.
    const isForeign = name === 'service_tier' && value !== 'auto' && value !== 'standard_only'
    const isRefused = name === 'top_k' && thinking.isOn
    if ((native.has(name) || extraIn === 'anthropic') && !isForeign && !isRefused) kept[name] = value
    else warn('dropped_parameter', name, `${title} does not take ${name}${isRefused ? ' with thinking' : ''}.`)
  }
  return kept
}
