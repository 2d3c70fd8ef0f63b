import type { ChatRequest } from '../contract/chat.ts'
import type { EmbeddingRequest } from '../contract/embedding.ts'
import { GatewayError } from '../contract/errors.ts'
import { formatUsd } from '../contract/money.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Asked } from '../contract/operation.ts'
import type { PassthroughRequest } from '../contract/passthrough.ts'
import type { Candidate } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Fit } from './reserve.ts'
import type { Trail } from './trail.ts'

interface FitParts<Request extends Asked> {
  prices: Pick<PriceBook, 'affordableOutputTokens'>
  spentNanoUsd: (trail: Trail<Request>) => NanoUsd
  clock: Clock
}

/** A chat's output is capped to what the rest of its cost limit affords. */
export const createChatFit =
  ({ prices, spentNanoUsd, clock }: FitParts<ChatRequest>): Fit<ChatRequest> =>
  ({ card, forecast }, trail) => {
    const { request } = trail
    const limitNanoUsd = request.limits.maxCostNanoUsd
    if (limitNanoUsd === undefined)
      return request.maxOutputTokens === undefined ? request : { ...request, maxOutputTokens: forecast.maxOutputTokens }
    const budgetNanoUsd = limitNanoUsd - spentNanoUsd(trail)
    const affordable =
      budgetNanoUsd > 0n
        ? prices.affordableOutputTokens({
            provider: card.provider,
            model: card.id,
            atMs: clock.now(),
            inputTokens: forecast.inputTokens,
            budgetNanoUsd,
          })
        : 0
    // Answers to `n` > 1 choices share one budget.
    const perChoice = Math.floor((affordable ?? 0) / (request.n ?? 1))
    if (perChoice < 1) throw spentError(card.key, 'an answer', limitNanoUsd)
    return { ...request, maxOutputTokens: Math.min(forecast.maxOutputTokens, perChoice) }
  }

/** Vectors have no output to be capped: the rest of a cost limit pays for the whole input, or for none of it. */
export const createEmbeddingFit =
  ({ spentNanoUsd }: Pick<FitParts<EmbeddingRequest>, 'spentNanoUsd'>): Fit<EmbeddingRequest> =>
  (candidate, trail) => {
    checkBudget(candidate, trail, spentNanoUsd(trail), 'the vectors')
    return trail.request
  }

/** A native payload is nobody's to cap: the rest of a cost limit pays for its worst case, or for nothing. */
export const createPassthroughFit =
  ({ spentNanoUsd }: Pick<FitParts<PassthroughRequest>, 'spentNanoUsd'>): Fit<PassthroughRequest> =>
  (candidate, trail) => {
    checkBudget(candidate, trail, spentNanoUsd(trail), 'a call')
    return trail.request
  }

const checkBudget = ({ card, forecast }: Candidate, { request }: Trail, spentNanoUsd: NanoUsd, what: string): void => {
  const limitNanoUsd = request.limits.maxCostNanoUsd
  if (limitNanoUsd === undefined) return
  const worstNanoUsd = forecast.worstCaseCostNanoUsd
  if (worstNanoUsd === null || worstNanoUsd > limitNanoUsd - spentNanoUsd)
    throw spentError(card.key, what, limitNanoUsd)
}

const spentError = (model: string, what: string, limitNanoUsd: NanoUsd): GatewayError =>
  new GatewayError(
    'limit_unsatisfiable',
    `What earlier tries left of max_cost_usd ${formatUsd(limitNanoUsd)} does not pay for ${what} of ${model}.`,
    { param: 'requirements.max_cost_usd' },
  )
