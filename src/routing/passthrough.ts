import { findEndpoints } from '../contract/endpoints.ts'
import type { Endpoint } from '../contract/endpoints.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { ModelCard } from '../contract/model.ts'
import { formatUsd } from '../contract/money.ts'
import type { PassthroughRequest } from '../contract/passthrough.ts'
import type { Candidate, Forecast, Lineup } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import { inputMargin } from './forecast.ts'
import { isRetired, lifecycleNote } from './lifecycle.ts'
import type { Names } from './names.ts'

export interface PassthroughRows {
  /** Every provider that can be called, in the order of the configuration, with its wire. */
  callable: () => readonly { provider: string; dialect: string }[]
  /** The wire of a provider, callable or not. */
  dialectOf: (provider: string) => string | undefined
  /** A card for what no file describes. */
  bareCard: (provider: string, id: string) => ModelCard
}

interface PassthroughRouteParts extends PassthroughRows {
  names: Names
  whyNotCallable: (card: ModelCard) => string | null
  prices: PriceBook
  countInput: (request: PassthroughRequest, card: ModelCard) => number
  clock: Clock
}

/**
 * Which row a native call goes to: the one that is named, or else the one that serves the model named in the payload, or
 * else the first whose wire has the endpoint. There is one candidate only: another provider has other words.
 * @throws GatewayError not_found, model_not_found, model_retired, provider_not_configured, no_provider, price_unknown,
 *   limit_unsatisfiable
 */
export const createPassthroughRoute = (parts: PassthroughRouteParts): ((request: PassthroughRequest) => Lineup) => {
  const { names, whyNotCallable, callable, dialectOf, bareCard, prices, countInput, clock } = parts

  const endpointAt = (provider: string, { method, endpoint }: PassthroughRequest): Endpoint | undefined =>
    findEndpoints(method, endpoint, dialectOf(provider) ?? '')[0]

  const chooseProvider = (request: PassthroughRequest): string => {
    const { model } = request
    if (model.provider !== undefined) return model.provider
    const serving = model.kind === 'named' ? (names.look(model)?.asked ?? []) : []
    const able = serving.filter(({ provider }) => endpointAt(provider, request))
    const chosen =
      able.find((card) => whyNotCallable(card) === null)?.provider ??
      able[0]?.provider ??
      callable().find(({ provider }) => endpointAt(provider, request))?.provider
    if (chosen !== undefined) return chosen
    throw new GatewayError('no_provider', `No provider that has the endpoint "${request.endpoint}" can be called.`, {
      param: 'provider',
    })
  }

  /** The row's card of the model, by the name that its own wire knows. */
  const cardAt = (provider: string, known: Endpoint, { model, endpoint }: PassthroughRequest): ModelCard => {
    if (known.model === 'none' || (known.model === 'any' && model.kind === 'auto')) return bareCard(provider, endpoint)
    if (model.kind === 'auto')
      throw new GatewayError(
        'invalid_request',
        '"model" is missing: a native endpoint takes a model by its own name.',
        {
          param: 'model',
        },
      )
    const found = names.look({ kind: 'named', model: model.model, provider })
    const card = found?.asked.find(({ id, aliases }) => id === model.model || aliases.includes(model.model))
    if (card) return card
    if (known.model === 'any') return bareCard(provider, model.model)
    throw new GatewayError(
      'model_not_found',
      `${provider} has no model that is called "${model.model.slice(0, 100)}" on its own wire.`,
      {
        param: 'model',
      },
    )
  }

  const foresee = (card: ModelCard, known: Endpoint, request: PassthroughRequest): Forecast => {
    const inputTokens = known.reader === null ? 0 : countInput(request, card)
    const maxOutputTokens = known.reader === 'embedding' || known.reader === null ? 0 : mostOutput(request, card)
    const at = { provider: card.provider, model: card.id, atMs: clock.now() }
    const worst = { ...at, inputTokens: Math.ceil(inputTokens * inputMargin), outputTokens: maxOutputTokens }
    return {
      inputTokens,
      outputTokens: maxOutputTokens,
      maxOutputTokens,
      estimatedCostNanoUsd:
        known.reader === null ? 0n : (prices.estimate({ ...at, inputTokens, outputTokens: 0 })?.costNanoUsd ?? null),
      worstCaseCostNanoUsd: known.reader === null ? 0n : (prices.worstCase(worst)?.costNanoUsd ?? null),
      firstTokenMs: 0,
      totalMs: 0,
    }
  }

  return (request) => {
    const provider = chooseProvider(request)
    const known = endpointAt(provider, request)
    if (!known)
      throw new GatewayError('not_found', `${provider} has no endpoint "${request.endpoint}" here.`, {
        param: 'endpoint',
      })
    const card = cardAt(provider, known, request)
    refuse(card, clock.now(), whyNotCallable)
    const forecast = foresee(card, known, request)
    refuseCost(card, forecast, request)
    const candidate: Candidate = { card, score: 1, factors: () => [], forecast }
    return { task: null, candidates: [candidate], refusals: [] }
  }
}

const refuse = (card: ModelCard, atMs: number, whyNotCallable: (card: ModelCard) => string | null): void => {
  const reason = whyNotCallable(card)
  if (reason !== null)
    throw new GatewayError('provider_not_configured', `${card.provider} cannot be called. ${reason}`, {
      param: 'provider',
    })
  if (isRetired(card, atMs))
    throw new GatewayError('model_retired', `${card.key} ${lifecycleNote(card, atMs)}.`, { param: 'model' })
}

const refuseCost = (
  card: ModelCard,
  { worstCaseCostNanoUsd: worst }: Forecast,
  { limits: { maxCostNanoUsd: limit } }: PassthroughRequest,
): void => {
  if (limit === undefined) return
  const param = 'max_cost_usd'
  if (worst === null)
    throw new GatewayError('price_unknown', `The price of ${card.key} is unknown, and a limit on cost needs one.`, {
      param,
    })
  if (worst > limit)
    throw new GatewayError('limit_unsatisfiable', `It may cost $${formatUsd(worst)}, more than $${formatUsd(limit)}.`, {
      param,
    })
}

/** The most that a payload lets its model write, by the words that the wires have for it. What bounds nothing counts as none. */
const mostOutput = ({ body }: PassthroughRequest, card: ModelCard): number => {
  const places = [body, body?.['generationConfig'], body?.['generation_config']]
  const numbers = (names: readonly string[]): number[] =>
    places.flatMap((place) => (isObject(place) ? names.map((name) => place[name]) : [])).filter(isNumber)
  const bounds = numbers(boundNames).map((bound) => (Number.isSafeInteger(bound) && bound > 0 ? bound : Infinity))
  // Of two bounds the provider reads the one that it knows.
  const each = Math.min(card.maxOutputTokens, bounds.length > 0 ? Math.max(...bounds) : Infinity)
  const answers = Math.max(1, ...numbers(['n', 'candidateCount', 'candidate_count']).map(Math.ceil))
  return Math.min(each * answers, Number.MAX_SAFE_INTEGER)
}

const boundNames = ['max_completion_tokens', 'max_tokens', 'max_output_tokens', 'maxOutputTokens']

const isNumber = (value: Json | undefined): value is number => typeof value === 'number'

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
