import type { ChatRequest } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import { formatUsd } from '../contract/money.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Slot } from '../limits/bulkhead.ts'
import type { Deployment } from './deployments.ts'
import type { Trail } from './trail.ts'

/** What one try holds while it runs: a slot at its provider, and the request as it may be sent. */
export interface Hold extends Disposable {
  request: ChatRequest
}

export type Reserve = (
  options: { candidate: Candidate; deployment: Deployment; trail: Trail; wait: boolean },
  signal: AbortSignal,
) => Promise<Hold>

/**
 * Reserves what a try at one candidate may use at worst. A cost limit is a promise over all tries together, so what
 * earlier tries used is taken off before the output is capped to what the rest affords.
 * @throws GatewayError limit_unsatisfiable, provider_busy; the signal's reason while waiting for a slot
 */
export const createReserve =
  (options: { prices: PriceBook; spentNanoUsd: (trail: Trail) => NanoUsd; clock: Clock }): Reserve =>
  async ({ candidate, deployment, trail, wait }, signal) => {
    const request = capOutput(candidate, trail)
    const slot: Slot = await deployment.bulkhead.acquire({ wait }, signal)
    return { request, [Symbol.dispose]: () => slot[Symbol.dispose]() }

    function capOutput({ card, forecast }: Candidate, { request }: Trail): ChatRequest {
      const limitNanoUsd = request.limits.maxCostNanoUsd
      if (limitNanoUsd === undefined)
        return request.maxOutputTokens === undefined
          ? request
          : { ...request, maxOutputTokens: forecast.maxOutputTokens }
      const budgetNanoUsd = limitNanoUsd - options.spentNanoUsd(trail)
      const affordable =
        budgetNanoUsd > 0n
          ? options.prices.affordableOutputTokens({
              provider: card.provider,
              model: card.id,
              atMs: options.clock.now(),
              inputTokens: forecast.inputTokens,
              budgetNanoUsd,
            })
          : 0
      // Answers to `n` > 1 choices share one budget.
      const perChoice = Math.floor((affordable ?? 0) / (request.n ?? 1))
      if (perChoice < 1)
        throw new GatewayError(
          'limit_unsatisfiable',
          `What earlier tries left of max_cost_usd ${formatUsd(limitNanoUsd)} does not pay for an answer of ${card.key}.`,
          { param: 'requirements.max_cost_usd' },
        )
      return { ...request, maxOutputTokens: Math.min(forecast.maxOutputTokens, perChoice) }
    }
  }
