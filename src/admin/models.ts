import type { Lifecycle, ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { PriceBook } from '../contract/price.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { Clock } from '../contract/runtime.ts'
import { isRetired } from '../routing/lifecycle.ts'

/** What this room reads of a row that can be called: nothing secret. */
export type CallableRow = Pick<ProviderRow, 'id' | 'simulated'>

/** One model at one provider, with what callers ask about before they choose. */
export interface Deployment {
  card: ModelCard
  /** Nano-dollars a million tokens at the plain rate of this hour; null: price unknown. */
  inputNanoUsdPerMtok: NanoUsd | null
  outputNanoUsdPerMtok: NanoUsd | null
  /** The catalogue's word read against today: a deprecated model whose last day has come is retired. */
  lifecycle: Lifecycle
}

/** A name that can be sent as `model`, as both faces list it. */
export interface ListedModel {
  id: string
  /** Seconds since the epoch. Nobody publishes when a model was made, so it is when this gateway began to offer it. */
  createdS: number
  /** Provider that serves it; the first, where several do. */
  ownedBy: string
  /** Where it runs, cheapest first. Empty for `auto`. */
  deployments: readonly Deployment[]
}

export interface Models {
  /** What is callable now: `auto`, then every chat model once, by name. */
  models(): readonly ListedModel[]
  /** The model that a caller would reach by this name, id, alias or `provider:model`; null when there is none. */
  model(id: string): ListedModel | null
  /** Every model of every callable provider, retired ones included, by key. */
  deployments(): readonly Deployment[]
}

/** What can be called, as the catalogue, the callable rows, the price book and today's date say. */
export const createModels = (deps: {
  /** Models of every row, callable or not. */
  cards: () => readonly ModelCard[]
  rows: readonly CallableRow[]
  prices: PriceBook
  startedAtMs: number
  clock: Clock
}): Models => {
  const { cards, prices, startedAtMs, clock } = deps
  const callable = new Set(deps.rows.map(({ id }) => id))
  const createdS = Math.floor(startedAtMs / 1000)

  const describe = (card: ModelCard): Deployment => {
    const atMs = clock.now()
    // A thousand tokens: enough for a whole number of nano-dollars, too few to reach the tier of long inputs.
    const rate = (inputTokens: number, outputTokens: number): NanoUsd | null => {
      const price = prices.estimate({ provider: card.provider, model: card.id, atMs, inputTokens, outputTokens })
      return price === null ? null : price.costNanoUsd * 1000n
    }
    return {
      card,
      inputNanoUsdPerMtok: rate(1000, 0),
      outputNanoUsdPerMtok: rate(0, 1000),
      lifecycle: lifecycleAt(card, atMs),
    }
  }

  const deployments = (): Deployment[] =>
    cards()
      .filter(({ provider }) => callable.has(provider))
      .map(describe)
      .toSorted((a, b) => compareText(a.card.key, b.card.key))

  const models = (): ListedModel[] => {
    const byName = Map.groupBy(
      deployments().filter(({ card, lifecycle }) => card.kind === 'chat' && lifecycle.status !== 'retired'),
      ({ card }) => card.name,
    )
    const named = [...byName].map(([id, served]) => {
      const cheapestFirst = served.toSorted(comparePrice)
      return { id, createdS, ownedBy: cheapestFirst[0]?.card.provider ?? '', deployments: cheapestFirst }
    })
    return [
      { id: 'auto', createdS, ownedBy: 'gateway', deployments: [] },
      ...named.toSorted((a, b) => compareText(a.id, b.id)),
    ]
  }

  return {
    models,
    deployments,
    model: (id) => {
      const listed = models()
      return (
        listed.find((model) => model.id === id) ??
        listed.find(({ deployments: served }) => served.some(({ card }) => answersTo(card, id))) ??
        null
      )
    },
  }
}

/** Whether a caller may mean this card when he writes `name`; case does not matter, as for the router. */
const answersTo = (card: ModelCard, name: string): boolean => {
  const wanted = name.toLowerCase()
  const bare = wanted.startsWith(`${card.provider}:`) ? wanted.slice(card.provider.length + 1) : wanted
  return [card.id, card.name, ...card.aliases].some((known) => known.toLowerCase() === bare)
}

/** The catalogue's word read against today, by the router's own rule. */
const lifecycleAt = (card: ModelCard, atMs: number): Lifecycle => {
  const { lifecycle } = card
  if (lifecycle.status === 'active') return lifecycle
  const { shutdownOn, replacement } = lifecycle
  return shutdownOn !== null && isRetired(card, atMs)
    ? { status: 'retired', shutdownOn, replacement }
    : { status: 'deprecated', shutdownOn, replacement }
}

/** Cheapest by the sum of both rates; unknown prices last; then by key, so that the order never wavers. */
const comparePrice = (a: Deployment, b: Deployment): number => {
  const [left, right] = [sumOfRates(a), sumOfRates(b)]
  if (left !== null && right !== null && left !== right) return left < right ? -1 : 1
  if ((left === null) !== (right === null)) return left === null ? 1 : -1
  return compareText(a.card.key, b.card.key)
}

const sumOfRates = ({ inputNanoUsdPerMtok, outputNanoUsdPerMtok }: Deployment): NanoUsd | null =>
  inputNanoUsdPerMtok === null || outputNanoUsdPerMtok === null ? null : inputNanoUsdPerMtok + outputNanoUsdPerMtok

/** By code unit: the same on every machine, unlike `localeCompare`. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
