import type { Usage } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Asked } from '../contract/operation.ts'
import type { Price, PriceBook } from '../contract/price.ts'
import type { Attempt, Trail } from './trail.ts'

interface SettleOptions<Request extends Asked> {
  prices: PriceBook
  /** Our own count of a request's input, in this model's tokens. */
  countInput: (request: Request, card: ModelCard) => number
  /** Our own count of written text, in this model's tokens. */
  countOutput: (text: string, card: ModelCard) => number
  /** Told what a provider counted, so that later estimates are closer. */
  learnInput: (request: Request, card: ModelCard, inputTokens: number) => void
  /** Told how fast a streamed answer came. */
  learnSpeed: (modelKey: string, measured: { firstTokenMs: number; outputTokens: number; durationMs: number }) => void
}

export interface Settle<Request extends Asked> {
  /** Prices every try of the request and writes it on the trail. Idempotent. */
  settle(trail: Trail<Request>): void
  /** What the tries so far have cost, for limits that hold over all of them. */
  spentNanoUsd(trail: Trail<Request>): NanoUsd
}

/**
 * Prices what was really used, by the model that answered. The ladder: the provider's own usage; where that never came
 * whole, what it had counted with our own count of what was written, or our own count of both, marked `estimated`;
 * nothing for a provider that refused before it began.
 */
export const createSettle = <Request extends Asked>({
  prices,
  countInput,
  countOutput,
  learnInput,
  learnSpeed,
}: SettleOptions<Request>): Settle<Request> => {
  const usageOf = (attempt: Attempt, request: Request): Usage | null => {
    const { card, reportedUsage, usageSoFar } = attempt
    if (reportedUsage) return reportedUsage
    if (!attempt.begun && attempt.outcome !== 'aborted') return null
    const outputTokens = countOutput(attempt.written.join(''), card)
    if (usageSoFar)
      return { ...usageSoFar, outputTokens: Math.max(usageSoFar.outputTokens, outputTokens), source: 'estimated' }
    return {
      inputTokens: countInput(request, card),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens,
      reasoningTokens: 0,
      source: 'estimated',
    }
  }

  const priceOf = ({ card, answeredModel, startedAtMs }: Attempt, usage: Usage, trail: Trail): Price | null => {
    const query = { provider: card.provider, usage, atMs: startedAtMs }
    const asked = prices.price({ ...query, model: card.id })
    if (answeredModel === null || answeredModel === card.id) return asked
    const answered = prices.price({ ...query, model: answeredModel })
    const isOther = answered ? answered.priceId !== asked?.priceId : !answeredModel.includes(card.id)
    if (isOther && !card.uncharted)
      trail.warnings.push({
        code: 'model_substituted',
        param: 'model',
        message: `${card.provider} answered ${card.id} with ${answeredModel}${answered ? ', whose price applies' : ''}.`,
      })
    return answered ?? asked
  }

  const settleAttempt = (attempt: Attempt, trail: Trail<Request>): void => {
    if (attempt.usage) return
    attempt.usage = usageOf(attempt, trail.request)
    if (!attempt.usage) return
    const price = priceOf(attempt, attempt.usage, trail)
    attempt.priceId = price?.priceId ?? null
    // Nothing costs nothing, whatever its price.
    const isNothing = attempt.usage.inputTokens + attempt.usage.outputTokens === 0
    attempt.costNanoUsd = price?.costNanoUsd ?? (isNothing ? 0n : null)
    if (attempt.outcome !== 'answered' || !attempt.reportedUsage) return
    const { card, firstTokenMs, durationMs, reportedUsage } = attempt
    learnInput(trail.request, card, reportedUsage.inputTokens)
    if (trail.context.incremental && firstTokenMs !== null)
      learnSpeed(card.key, { firstTokenMs, durationMs, outputTokens: reportedUsage.outputTokens })
  }

  const settle = (trail: Trail<Request>): void => {
    for (const attempt of trail.attempts) settleAttempt(attempt, trail)
  }

  return {
    settle,
    spentNanoUsd: (trail) => {
      settle(trail)
      return trail.attempts.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0n), 0n)
    },
  }
}
