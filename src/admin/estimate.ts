import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Explanation } from './explain.ts'
import { answersTo } from './models.ts'
import type { Models } from './models.ts'

/** What a request would cost: the request itself, or only how many tokens it has. */
export type EstimateQuestion =
  | { kind: 'request'; request: ChatRequest; models: readonly ModelChoice[] }
  | { kind: 'tokens'; inputTokens: number; outputTokens: number; models: readonly ModelChoice[] }

export interface EstimateRow {
  card: ModelCard
  inputTokens: number
  /** Expected output. */
  outputTokens: number
  /** Most output that would be paid for. */
  maxOutputTokens: number
  /** Null: price unknown. */
  estimatedCostNanoUsd: NanoUsd | null
  worstCaseCostNanoUsd: NanoUsd | null
}

export interface Estimate {
  /** In the order asked for; without models, the likeliest to be chosen (request) or the cheapest (tokens) first. */
  rows: readonly EstimateRow[]
  /** Models asked for that cannot take the request, and why. */
  refused: readonly { model: string; error: GatewayError }[]
}

/** How many models are shown when none was named. */
const shown = 10

/** Prices a request before it is made: nothing is called or spent. */
export const createEstimate = (deps: {
  explain: (request: ChatRequest) => Promise<Explanation>
  models: Models
  prices: PriceBook
  clock: Clock
}) => {
  const { explain, models, prices, clock } = deps

  const planned = async (request: ChatRequest): Promise<readonly Candidate[]> => {
    const explanation = await explain(request)
    if (explanation.kind === 'refused') throw explanation.error
    return explanation.plan.candidates
  }

  const priceTokens = (card: ModelCard, inputTokens: number, outputTokens: number): EstimateRow => {
    const query = { provider: card.provider, model: card.id, atMs: clock.now(), inputTokens, outputTokens }
    return {
      card,
      inputTokens,
      outputTokens,
      maxOutputTokens: outputTokens,
      estimatedCostNanoUsd: prices.estimate(query)?.costNanoUsd ?? null,
      worstCaseCostNanoUsd: prices.worstCase(query)?.costNanoUsd ?? null,
    }
  }

  /** @throws GatewayError model_not_found, model_retired */
  const cardsOf = (choice: ModelChoice): ModelCard[] => {
    const chat = models.deployments().filter(({ card }) => card.kind === 'chat')
    const wanted = chat.filter(
      ({ card }) =>
        (choice.kind === 'auto' || answersTo(card, choice.model)) &&
        (choice.provider === undefined || card.provider === choice.provider),
    )
    const callable = wanted.filter(({ lifecycle }) => lifecycle.status !== 'retired')
    if (callable.length > 0) return callable.map(({ card }) => card)
    const retired = wanted[0]?.lifecycle
    if (retired?.status !== 'retired')
      throw new GatewayError('model_not_found', `Model "${nameOf(choice)}" is not served by any configured provider.`)
    throw new GatewayError(
      'model_retired',
      `Model "${nameOf(choice)}" was shut down on ${retired.shutdownOn}${retired.replacement === null ? '' : `; its replacement is "${retired.replacement}"`}.`,
    )
  }

  const rowsFor = async (question: EstimateQuestion, choice: ModelChoice): Promise<EstimateRow[]> => {
    if (question.kind === 'request') {
      const candidates = await planned({ ...question.request, model: choice, fallbacks: [] })
      // A named model's plan may end in the fallbacks that the configuration gives it; they were not asked about.
      const asked = candidates.filter(({ card }) => choice.kind === 'auto' || card.name === candidates[0]?.card.name)
      return asked.map(rowOf)
    }
    const { inputTokens, outputTokens } = question
    return cardsOf(choice)
      .map((card) => priceTokens(card, inputTokens, outputTokens))
      .toSorted(byCost)
  }

  return async (question: EstimateQuestion): Promise<Estimate> => {
    if (question.models.length === 0)
      return { rows: (await rowsFor(question, { kind: 'auto' })).slice(0, shown), refused: [] }

    const rows: EstimateRow[] = []
    const refused: { model: string; error: GatewayError }[] = []
    for (const choice of question.models) {
      try {
        const found = await rowsFor(question, choice)
        rows.push(...(choice.kind === 'auto' ? found.slice(0, shown) : found))
      } catch (thrown) {
        const error = GatewayError.from(thrown)
        if (error.code === 'internal') throw error
        refused.push({ model: nameOf(choice), error })
      }
    }
    return { rows, refused }
  }
}

const rowOf = ({ card, forecast }: Candidate): EstimateRow => ({
  card,
  inputTokens: forecast.inputTokens,
  outputTokens: forecast.outputTokens,
  maxOutputTokens: forecast.maxOutputTokens,
  estimatedCostNanoUsd: forecast.estimatedCostNanoUsd,
  worstCaseCostNanoUsd: forecast.worstCaseCostNanoUsd,
})

/** Cheapest first, unknown prices last; equal ones keep the catalogue's order. */
const byCost = (a: EstimateRow, b: EstimateRow): number => {
  const [left, right] = [a.estimatedCostNanoUsd, b.estimatedCostNanoUsd]
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  return left < right ? -1 : left > right ? 1 : 0
}

const nameOf = (choice: ModelChoice): string => {
  const model = choice.kind === 'auto' ? 'auto' : choice.model
  return choice.provider === undefined ? model : `${choice.provider}:${model}`
}
