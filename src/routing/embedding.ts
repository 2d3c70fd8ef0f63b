import { countInputs } from '../contract/embedding.ts'
import type { EmbeddingRequest } from '../contract/embedding.ts'
import type { HealthView } from '../contract/health.ts'
import type { ModelCard } from '../contract/model.ts'
import { formatUsd } from '../contract/money.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate, Forecast, Lineup } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import { allowedGates } from './allowed-gates.ts'
import type { GateRefusal } from './eligible.ts'
import { inputMargin } from './forecast.ts'
import { isRetired, lifecycleNote } from './lifecycle.ts'
import type { Names } from './names.ts'
import { byChoice } from './order.ts'
import { refusalError } from './refuse.ts'
import { readAllowed } from './turns.ts'

/** How a provider's wire does embeddings; null where it does not. */
export type EmbeddingWire = (provider: string) => { openaiShaped: boolean } | null

interface EmbeddingRouteParts {
  names: Names
  whyNotCallable: (card: ModelCard) => string | null
  wireOf: EmbeddingWire
  prices: PriceBook
  health: HealthView
  countInput: (request: EmbeddingRequest, card: ModelCard) => number
  clock: Clock
}

/**
 * Which deployments to try for vectors: those of one model only, because the vectors of two models cannot be compared. So
 * `auto` is the cheapest model by the price list, an OpenAI-shaped one if there is any, and neither a circuit nor the
 * length of the input moves it to another.
 * @throws GatewayError model_not_found, model_retired, provider_not_configured, no_provider, no_eligible_model,
 *   context_length_exceeded, price_unknown, limit_unsatisfiable
 */
export const createEmbeddingRoute = (parts: EmbeddingRouteParts): ((request: EmbeddingRequest) => Lineup) => {
  const { names, whyNotCallable, wireOf, prices, health, countInput, clock } = parts

  const judge = (card: ModelCard, ask: Ask): string | null => {
    for (const [passed, gate] of gates.entries()) {
      const reason = gate.refuse(card, ask)
      if (reason === null) continue
      ask.refused.push({ refusal: { model: card.key, code: gate.code, reason }, param: gate.param, passed })
      return reason
    }
    return null
  }

  const foresee = (request: EmbeddingRequest, card: ModelCard, atMs: number): Forecast => {
    const inputTokens = countInput(request, card)
    const at = { provider: card.provider, model: card.id, atMs, outputTokens: 0 }
    return {
      inputTokens,
      outputTokens: 0,
      maxOutputTokens: 0,
      estimatedCostNanoUsd: prices.estimate({ ...at, inputTokens })?.costNanoUsd ?? null,
      worstCaseCostNanoUsd:
        prices.worstCase({ ...at, inputTokens: Math.ceil(inputTokens * inputMargin) })?.costNanoUsd ?? null,
      firstTokenMs: 0,
      totalMs: 0,
    }
  }

  /** By the price of a million tokens, so that the choice is the same for every request. */
  const cheapest = (cards: readonly ModelCard[], atMs: number): ModelCard | undefined => {
    const rate = ({ provider, id }: ModelCard): NanoUsd | null =>
      prices.estimate({ provider, model: id, atMs, inputTokens: 1_000_000, outputTokens: 0 })?.costNanoUsd ?? null
    const isOther = ({ provider }: ModelCard): number => Number(wireOf(provider)?.openaiShaped !== true)
    return cards.toSorted(
      (one, other) => isOther(one) - isOther(other) || compareRates(rate(one), rate(other)) || compareKeys(one, other),
    )[0]
  }

  return (request) => {
    const atMs = clock.now()
    const { asked, others } = names.find(request.model)
    const ask: Ask = {
      request,
      atMs,
      whyNotCallable,
      wireOf,
      foresee: (card) => foresee(request, card, atMs),
      allowedKeys: readAllowed(request, names),
      refused: [],
    }
    const isOut = request.model.provider !== undefined && asked.every((card) => whyNotCallable(card) !== null)
    const known = (isOut ? asked : [...asked, ...others]).filter(
      ({ kind, uncharted }) => request.model.kind === 'named' || kind === 'embedding' || uncharted,
    )
    const eligible = known.filter((card) => judge(card, ask) === null)
    const chosen = request.model.kind === 'auto' ? cheapest(eligible, atMs) : eligible[0]
    if (!chosen) throw refusalError(request.model, ask.refused)

    const askedKeys = new Set(asked.map(({ key }) => key))
    const candidates = eligible
      .filter(({ name }) => name === chosen.name)
      .map((card): Candidate => ({
        card,
        score: 1,
        factors: () => [],
        forecast: foresee(request, card, atMs),
        ...notes(card, atMs),
      }))
      .toSorted(byChoice(health.provider, request.model.kind === 'auto' ? new Set([chosen.key]) : askedKeys))
    return { task: null, candidates, refusals: ask.refused.map(({ refusal }) => refusal) }
  }
}

interface Ask extends Pick<EmbeddingRouteParts, 'whyNotCallable' | 'wireOf'> {
  request: EmbeddingRequest
  atMs: number
  foresee: (card: ModelCard) => Forecast
  allowedKeys: ReadonlySet<string> | null
  refused: GateRefusal[]
}

interface Gate extends Pick<GateRefusal, 'param'> {
  code: GateRefusal['refusal']['code']
  refuse: (card: ModelCard, ask: Ask) => string | null
}

/** Hard requirements in the order in which they are asked: null lets the card pass. */
const gates: readonly Gate[] = [
  {
    code: 'lifecycle',
    param: 'model',
    refuse: (card, { atMs }) => (isRetired(card, atMs) ? `It ${lifecycleNote(card, atMs)}.` : null),
  },
  { code: 'not_configured', param: 'model', refuse: (card, { whyNotCallable }) => whyNotCallable(card) },
  {
    code: 'capability',
    param: 'model',
    refuse: ({ kind, uncharted }) =>
      kind === 'embedding' || uncharted ? null : `It is a ${kind} model and makes no vectors.`,
  },
  {
    code: 'wire',
    param: 'model',
    refuse: ({ provider }, { wireOf }) => (wireOf(provider) ? null : `${provider} has no embeddings.`),
  },
  {
    code: 'wire',
    param: 'input',
    refuse: ({ provider }, { request, wireOf }) =>
      request.input.kind === 'tokens' && wireOf(provider)?.openaiShaped !== true
        ? `${provider} takes texts only, no tokens.`
        : null,
  },
  {
    code: 'capability',
    param: 'dimensions',
    refuse: ({ embedding }, { request: { dimensions } }) => {
      if (!embedding || dimensions === undefined || dimensions === embedding.dimensions) return null
      if (!embedding.adjustable) return `Its vectors have ${embedding.dimensions} dimensions and no fewer.`
      return dimensions > embedding.dimensions ? `Its vectors have at most ${embedding.dimensions} dimensions.` : null
    },
  },
  ...allowedGates,
  {
    code: 'context_window',
    param: 'input',
    refuse: (card, { request, foresee }) => {
      const { maxInputTokens, uncharted } = card
      // Of many inputs each has the whole window to itself: the provider says if one is too long.
      if (uncharted || countInputs(request.input) > 1) return null
      const { inputTokens } = foresee(card)
      return inputTokens > maxInputTokens
        ? `The input is about ${inputTokens} tokens; it takes at most ${maxInputTokens}.`
        : null
    },
  },
  {
    code: 'price_unknown',
    param: 'requirements.max_cost_usd',
    refuse: (card, { request, foresee }) =>
      request.limits.maxCostNanoUsd !== undefined && foresee(card).worstCaseCostNanoUsd === null
        ? 'Its price is unknown, and a limit on cost needs one.'
        : null,
  },
  {
    code: 'cost_limit',
    param: 'requirements.max_cost_usd',
    refuse: (card, { request, foresee }) => {
      const limit = request.limits.maxCostNanoUsd
      const worst = foresee(card).worstCaseCostNanoUsd
      return limit !== undefined && worst !== null && worst > limit
        ? `It may cost $${formatUsd(worst)}, more than $${formatUsd(limit)}.`
        : null
    },
  },
]

const notes = (card: ModelCard, atMs: number): Pick<Candidate, 'warnings'> => {
  const note = lifecycleNote(card, atMs)
  return note === null
    ? {}
    : { warnings: [{ code: 'model_deprecated', param: 'model', message: `${card.key} ${note}.` }] }
}

/** Unknown prices come last. */
const compareRates = (one: NanoUsd | null, other: NanoUsd | null): number => {
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  return one < other ? -1 : Number(one > other)
}

const compareKeys = (one: ModelCard, other: ModelCard): number =>
  one.key < other.key ? -1 : Number(one.key > other.key)
