import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Explanation } from './explain.ts'

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
  /** In the order asked for; without models, the ten likeliest to be chosen, by likelihood (request) or price (tokens). */
  rows: readonly EstimateRow[]
  /** Models asked for that cannot take the request, and why. */
  refused: readonly { model: string; error: GatewayError }[]
}

/** How many models are shown where none was named. */
const shown = 10

/** Prices a request before it is made: nothing is called or spent. */
export const createEstimate = (deps: {
  explain: (request: ChatRequest) => Promise<Explanation>
  prices: PriceBook
  clock: Clock
}) => {
  const { explain, prices, clock } = deps

  /** The router resolves names, so that aliases, retired models and misspelt ones are told as a call would tell them. */
  const candidatesFor = async (request: ChatRequest, choice: ModelChoice): Promise<readonly Candidate[]> => {
    const explanation = await explain({ ...request, model: choice, fallbacks: [] })
    if (explanation.kind === 'refused') throw explanation.error
    const { candidates } = explanation.plan
    if (choice.kind === 'auto') return candidates.slice(0, shown)
    // A plan may go on with other rows and with the fallbacks that the configuration gives; they were not asked about.
    return candidates.filter(
      ({ card }) =>
        card.name === candidates[0]?.card.name && (choice.provider === undefined || card.provider === choice.provider),
    )
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

  const rowsFor = async (question: EstimateQuestion, choice: ModelChoice): Promise<EstimateRow[]> => {
    if (question.kind === 'request') return (await candidatesFor(question.request, choice)).map(rowOf)
    const { inputTokens, outputTokens } = question
    const candidates = await candidatesFor(silence, choice)
    return candidates.map(({ card }) => priceTokens(card, inputTokens, outputTokens)).toSorted(byCost)
  }

  return async (question: EstimateQuestion): Promise<Estimate> => {
    if (question.models.length === 0) return { rows: await rowsFor(question, { kind: 'auto' }), refused: [] }

    // Two names may stand for one deployment: `gpt-6-luna` is all of them, `openai:gpt-6-luna` one.
    const rows = new Map<string, EstimateRow>()
    const refused: { model: string; error: GatewayError }[] = []
    for (const choice of question.models) {
      try {
        for (const row of await rowsFor(question, choice)) rows.set(row.card.key, row)
      } catch (thrown) {
        const error = GatewayError.from(thrown)
        if (error.code === 'internal') throw error
        refused.push({ model: nameOf(choice), error })
      }
    }
    return { rows: [...rows.values()], refused }
  }
}

/** The least that can be routed, where only numbers were given. */
const silence: ChatRequest = {
  model: { kind: 'auto' },
  messages: [{ role: 'user', content: [{ type: 'text', text: '.' }] }],
  tools: [],
  extra: {},
  requirements: {},
  limits: {},
  fallbacks: [],
  cache: { read: false, write: false, force: false },
  tags: {},
}

const rowOf = ({ card, forecast }: Candidate): EstimateRow => ({
  card,
  inputTokens: forecast.inputTokens,
  outputTokens: forecast.outputTokens,
  maxOutputTokens: forecast.maxOutputTokens,
  estimatedCostNanoUsd: forecast.estimatedCostNanoUsd,
  worstCaseCostNanoUsd: forecast.worstCaseCostNanoUsd,
})

/** Cheapest first, unknown prices last; equal ones keep the router's order. */
const byCost = (a: EstimateRow, b: EstimateRow): number => {
  const [left, right] = [a.estimatedCostNanoUsd, b.estimatedCostNanoUsd]
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  return left < right ? -1 : left > right ? 1 : 0
}

const nameOf = (choice: ModelChoice): string => {
  const model = choice.kind === 'auto' ? 'auto' : choice.model
  return choice.provider === undefined ? model : `${choice.provider}:${model}`
}
