import { allowedGates } from './allowed-gates.ts'
import type { ChatRequest, ContentPart, NativePart } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import { formatUsd } from '../contract/money.ts'
import type { Forecast, Refusal, Task } from '../contract/plan.ts'
import type { NativeKind, ProviderRow, RowFlags } from '../contract/provider.ts'
import { wantsToolsDialect } from './dialect.ts'
import { expectQuality } from './factors/quality.ts'
import { wantedOutputTokens } from './forecast.ts'
import { isRetired, lifecycleNote } from './lifecycle.ts'
import { showsImages } from './question.ts'

/** A request as the gates see it. */
export interface Ask {
  request: ChatRequest
  task: Task
  atMs: number
  /** Lowest quality for the task that is taken; null: any. */
  qualityFloor: number | null
  /** Keys of the only cards that may serve; null: all. */
  allowedKeys: ReadonlySet<string> | null
}

/** What the gates know beside the card and the request. */
export interface Grounds {
  /** Null when the card can be called; else why not, and what to set. */
  whyNotCallable: (card: ModelCard) => string | null
  rowFlags: (provider: string) => Pick<RowFlags, 'multipleChoices' | 'nativeParts'> & Pick<ProviderRow, 'toolsDialect'>
  defaultQuality: number
  expectedOutputTokens: Readonly<Record<Task, number>>
}

/** One hard requirement: null lets the card pass, a sentence refuses it. */
export interface Gate<Known extends unknown[] = []> {
  code: Refusal['code']
  /** The request's field that would have to change. */
  param: string
  refuse: (card: ModelCard, ask: Ask, grounds: Grounds, ...known: Known) => string | null
}

/** What is known without counting, in the order in which it is asked. */
export const gatesBeforeForecast: readonly Gate[] = [
  {
    code: 'lifecycle',
    param: 'model',
    refuse: (card, { atMs }) => (isRetired(card, atMs) ? `It ${lifecycleNote(card, atMs)}.` : null),
  },
  {
    code: 'not_configured',
    param: 'model',
    refuse: (card, _ask, { whyNotCallable }) => whyNotCallable(card),
  },
  {
    code: 'capability',
    param: 'model',
    refuse: ({ kind }) => (kind === 'chat' ? null : `It is an ${kind} model and does not chat.`),
  },
  ...allowedGates,
  {
    code: 'capability',
    param: 'tools',
    refuse: ({ capabilities }, { request }) =>
      request.tools.length > 0 && !capabilities.tools ? 'It cannot call tools.' : null,
  },
  {
    code: 'capability',
    param: 'messages',
    refuse: ({ capabilities }, { request }) =>
      showsImages(request) && !capabilities.vision ? 'It cannot see images.' : null,
  },
  {
    code: 'capability',
    param: 'response_format',
    refuse: ({ capabilities }, { request }) =>
      request.responseFormat?.type === 'json_schema' && !capabilities.jsonSchema
        ? 'It cannot follow a JSON schema.'
        : null,
  },
  {
    code: 'wire',
    param: 'n',
    refuse: ({ provider }, { request }, { rowFlags }) =>
      (request.n ?? 1) > 1 && rowFlags(provider).multipleChoices === false
        ? `${provider} gives one answer a request; n is ${request.n}.`
        : null,
  },
  {
    code: 'wire',
    param: 'messages',
    refuse: ({ provider }, { request }, { rowFlags }) =>
      refuseNativeParts(provider, request, rowFlags(provider).nativeParts ?? true),
  },
  {
    code: 'wire',
    param: 'tools',
    refuse: (card, { request }, { rowFlags }) =>
      refuseTools(card, request, rowFlags(card.provider).toolsDialect !== undefined),
  },
]

/** What tokens, prices and speed decide. */
export const gatesAfterForecast: readonly Gate<[Forecast]>[] = [
  {
    code: 'context_window',
    param: 'messages',
    refuse: (card, ask, grounds, forecast) => refuseTooLong(card, ask, grounds, forecast),
  },
  {
    code: 'quality_floor',
    param: 'requirements.min_quality',
    refuse: (card, { task, qualityFloor }, { defaultQuality }) => {
      const quality = expectQuality(card, task, defaultQuality)
      if (qualityFloor === null || quality >= qualityFloor) return null
      return `Its quality for ${task} is ${quality.toFixed(2)}, below the floor of ${qualityFloor.toFixed(2)}.`
    },
  },
  {
    code: 'price_unknown',
    param: 'requirements.max_cost_usd',
    refuse: (_card, { request }, _grounds, forecast) => refuseUnpriced(request, forecast),
  },
  {
    code: 'cost_limit',
    param: 'requirements.max_cost_usd',
    refuse: (card, ask, grounds, forecast) => refuseTooDear(card, ask, grounds, forecast),
  },
  {
    code: 'capability',
    param: 'max_tokens',
    refuse: (_card, { request: { requirements, maxOutputTokens: asked } }, _grounds, { maxOutputTokens }) =>
      requirements.strict === true && asked !== undefined && maxOutputTokens < asked
        ? `It may write at most ${maxOutputTokens} tokens here, not ${asked}.`
        : null,
  },
  {
    code: 'latency_limit',
    param: 'requirements.max_first_token_ms',
    refuse: (_card, { request }, _grounds, { firstTokenMs }) => {
      const limitMs = request.limits.maxFirstTokenMs ?? Infinity
      return firstTokenMs > limitMs ? `Its first token takes about ${firstTokenMs} ms, more than ${limitMs}.` : null
    },
  },
  {
    code: 'latency_limit',
    param: 'requirements.max_latency_ms',
    refuse: (_card, { request }, _grounds, { totalMs }) => {
      const limitMs = request.limits.maxLatencyMs ?? Infinity
      return totalMs > limitMs ? `Its answer takes about ${totalMs} ms, more than ${limitMs}.` : null
    },
  },
]

const refuseTools = (card: ModelCard, request: ChatRequest, hasToolsDialect: boolean): string | null => {
  const { wire } = card
  const { tools, n = 1 } = request
  if (tools.length === 0 || wire.tools === 'always') return null
  if (hasToolsDialect && wantsToolsDialect(card, request)) return null
  if (wire.tools === 'never')
    return hasToolsDialect
      ? `Its tools need the Responses API, which gives one answer a request; n is ${n}.`
      : "Its tools need the Responses API: name it as tools_dialect in its provider's row."
  const effort = request.reasoningEffort ?? 'none'
  if (effort !== 'none')
    return `Its tools need the Responses API unless reasoning_effort is "none"; the request says "${effort}".`
  if (typeof wire.effortLevels.none !== 'string')
    return 'Its tools need the Responses API, and its reasoning cannot be switched off.'
  return null
}

const refuseTooLong = (card: ModelCard, ask: Ask, grounds: Grounds, { inputTokens }: Forecast): string | null => {
  if (card.uncharted) return null
  if (inputTokens > card.maxInputTokens)
    return `The input is about ${inputTokens} tokens; it takes at most ${card.maxInputTokens}.`
  const wanted = wantedOutputTokens(ask.request, card, grounds.expectedOutputTokens[ask.task])
  if (inputTokens + wanted <= card.contextTokens) return null
  return `About ${inputTokens} tokens of input and ${wanted} of output pass its window of ${card.contextTokens}.`
}

const refuseUnpriced = (request: ChatRequest, forecast: Forecast): string | null => {
  if (request.limits.maxCostNanoUsd === undefined) return null
  if (hasNativeParts(request)) return 'Nobody can say beforehand what audio or file parts cost.'
  return forecast.worstCaseCostNanoUsd === null ? 'Its price is unknown, and a limit on cost needs one.' : null
}

/** Shortest output that is worth buying, whatever the task. */
const leastOutputTokens = 16

const refuseTooDear = (card: ModelCard, ask: Ask, grounds: Grounds, forecast: Forecast): string | null => {
  const limit = ask.request.limits.maxCostNanoUsd
  if (limit === undefined) return null
  const expected = grounds.expectedOutputTokens[ask.task]
  // Half of what the task usually takes: a shorter answer would mostly be cut off, and paid for all the same.
  const least = Math.min(
    wantedOutputTokens(ask.request, card, expected),
    Math.max(leastOutputTokens, Math.ceil(expected / 2)),
  )
  const { maxOutputTokens, worstCaseCostNanoUsd } = forecast
  if (maxOutputTokens === 0) return `Its input alone costs more than $${formatUsd(limit)}.`
  if (maxOutputTokens < least)
    return `$${formatUsd(limit)} affords ${maxOutputTokens} tokens of output; an answer needs about ${least} at least.`
  if (worstCaseCostNanoUsd !== null && worstCaseCostNanoUsd > limit)
    return `It may cost $${formatUsd(worstCaseCostNanoUsd)}, more than $${formatUsd(limit)}.`
  return null
}

const refuseNativeParts = (
  provider: string,
  request: ChatRequest,
  taken: NonNullable<RowFlags['nativeParts']>,
): string | null => {
  if (taken === true || !hasNativeParts(request)) return null
  if (taken === false) return `${provider} takes no audio and no file parts.`
  const parts = request.messages.flatMap(({ content }): readonly ContentPart[] => content)
  const refused = parts.some((part) => part.type === 'native' && !taken.includes(kindOf(part.value)))
  return refused ? `${provider} takes no content parts that are native to OpenAI but ${taken.join(' and ')}.` : null
}

/** What is in a part: a type that nobody knows counts as a file. */
const kindOf = ({ type, file }: NativePart['value']): NativeKind => {
  if (type === 'input_audio') return 'audio'
  const { file_data: data, file_url: url } =
    typeof file === 'object' && file !== null && !Array.isArray(file) ? file : {}
  // An address is one of a PDF: no other kind of document comes by it.
  if (typeof url === 'string') return 'pdf'
  return typeof data === 'string' && data.startsWith('data:application/pdf;base64,') ? 'pdf' : 'file'
}

const hasNativeParts = ({ messages }: ChatRequest): boolean =>
  messages.some(({ content }) => content.some(({ type }) => type === 'native'))
