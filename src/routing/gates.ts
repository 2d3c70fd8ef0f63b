import type { ChatRequest } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import { formatUsd } from '../contract/money.ts'
import type { Forecast, Refusal, Task } from '../contract/plan.ts'
import type { RowFlags } from '../contract/provider.ts'
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
  rowFlags: (provider: string) => Pick<RowFlags, 'multipleChoices' | 'nativeParts'>
  defaultQuality: number
  expectedOutputTokens: Readonly<Record<Task, number>>
}

/** One hard requirement: null lets the card pass, words refuse it. */
interface Gate<Rest extends unknown[]> {
  code: Refusal['code']
  refuse: (card: ModelCard, ask: Ask, grounds: Grounds, ...rest: Rest) => string | null
}

/** What is known without counting, in the order in which it is asked. */
export const gatesBeforeForecast: readonly Gate<[]>[] = [
  { code: 'not_configured', refuse: (card, _ask, { whyNotCallable }) => whyNotCallable(card) },
  {
    code: 'capability',
    refuse: ({ kind }) => (kind === 'chat' ? null : `It is an ${kind} model and does not chat.`),
  },
  {
    code: 'lifecycle',
    refuse: (card, { atMs }) => (isRetired(card, atMs) ? `It ${lifecycleNote(card, atMs)}.` : null),
  },
  { code: 'not_allowed', refuse: (card, ask) => refuseDisallowed(card, ask) },
  { code: 'capability', refuse: (card, { request }) => refuseIncapable(card, request) },
  { code: 'wire', refuse: (card, { request }, grounds) => refuseByWire(card, request, grounds) },
]

/** What tokens, prices and speed decide. */
export const gatesAfterForecast: readonly Gate<[Forecast]>[] = [
  { code: 'context_window', refuse: (card, ask, grounds, forecast) => refuseTooLong(card, ask, grounds, forecast) },
  {
    code: 'quality_floor',
    refuse: (card, { task, qualityFloor }, { defaultQuality }) => {
      const quality = expectQuality(card, task, defaultQuality)
      if (qualityFloor === null || quality >= qualityFloor) return null
      return `Its quality for ${task} is ${quality.toFixed(2)}, below the floor of ${qualityFloor.toFixed(2)}.`
    },
  },
  { code: 'price_unknown', refuse: (_card, { request }, _grounds, forecast) => refuseUnpriced(request, forecast) },
  { code: 'cost_limit', refuse: (card, ask, grounds, forecast) => refuseTooDear(card, ask, grounds, forecast) },
  { code: 'latency_limit', refuse: (_card, { request }, _grounds, forecast) => refuseTooSlow(request, forecast) },
]

const refuseDisallowed = (card: ModelCard, { request, allowedKeys }: Ask): string | null => {
  const { providers, excludeProviders } = request.requirements
  if (providers !== undefined && !providers.includes(card.provider))
    return `requirements.providers allows only ${providers.join(', ')}.`
  if (excludeProviders?.includes(card.provider) === true)
    return `requirements.exclude_providers names ${card.provider}.`
  if (allowedKeys !== null && !allowedKeys.has(card.key)) return 'requirements.models does not name it.'
  return null
}

const refuseIncapable = ({ capabilities }: ModelCard, request: ChatRequest): string | null => {
  if (request.tools.length > 0 && !capabilities.tools) return 'It cannot call tools.'
  if (showsImages(request) && !capabilities.vision) return 'It cannot see images.'
  if (request.responseFormat?.type === 'json_schema' && !capabilities.jsonSchema)
    return 'It cannot follow a JSON schema.'
  return null
}

const refuseByWire = ({ wire, provider }: ModelCard, request: ChatRequest, { rowFlags }: Grounds): string | null => {
  const flags = rowFlags(provider)
  if ((request.n ?? 1) > 1 && flags.multipleChoices === false) return `${provider} gives one answer a request, not n.`
  if (hasNativeParts(request) && flags.nativeParts === false)
    return `${provider} does not take the request's audio or file parts.`
  if (request.tools.length === 0 || wire.tools === 'always') return null
  if (wire.tools === 'never') return 'Its tools need the Responses API, which this gateway does not speak yet.'
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
  if (hasNativeParts(request))
    return 'Nobody can say what its audio or file parts will cost, so max_cost_usd cannot be kept.'
  return forecast.worstCaseCostNanoUsd === null ? 'Its price is unknown, so max_cost_usd cannot be kept.' : null
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
  if (maxOutputTokens < least)
    return maxOutputTokens === 0
      ? `max_cost_usd ${formatUsd(limit)} does not pay for its input.`
      : `max_cost_usd ${formatUsd(limit)} affords ${maxOutputTokens} tokens of output; the answer needs about ${least} at least.`
  if (worstCaseCostNanoUsd !== null && worstCaseCostNanoUsd > limit)
    return `It may cost $${formatUsd(worstCaseCostNanoUsd)}, more than max_cost_usd ${formatUsd(limit)}.`
  return null
}

const refuseTooSlow = ({ limits }: ChatRequest, { firstTokenMs, totalMs }: Forecast): string | null => {
  const { maxFirstTokenMs, maxLatencyMs } = limits
  if (maxFirstTokenMs !== undefined && firstTokenMs > maxFirstTokenMs)
    return `Its first token takes about ${firstTokenMs} ms, more than max_first_token_ms ${maxFirstTokenMs}.`
  if (maxLatencyMs !== undefined && totalMs > maxLatencyMs)
    return `Its answer takes about ${totalMs} ms, more than max_latency_ms ${maxLatencyMs}.`
  return null
}

const hasNativeParts = ({ messages }: ChatRequest): boolean =>
  messages.some(({ content }) => content.some(({ type }) => type === 'native'))
