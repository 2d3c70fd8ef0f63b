import type { Clock } from '../contract/runtime.ts'
import type { ConcurrencySettings } from '../contract/settings.ts'

/** What a call has shown of its provider: it had time for it, it has too much to do, or nothing. */
export type CallVerdict = 'answered' | 'overloaded' | 'neither'

export interface AdaptiveLimit {
  /** Calls that may run at a time now. */
  now(): number
  /** Told of the end of each call, and how many ran with it. */
  learn(verdict: CallVerdict, call: { startedAtMs: number; running: number }): void
}

/** Answers that it takes at most to try one more call at a time. */
const mostAnswersAStep = 20

/**
 * How many calls a provider bears at a time, found as TCP finds a network's capacity: additive increase, multiplicative
 * decrease, which share a bottleneck fairly and settle (D. Chiu and R. Jain, "Analysis of the increase and decrease
 * algorithms for congestion avoidance", 1989). As in RFC 5681 §3.1 the decrease is of what was really under way (equation
 * 4), not of a limit that nobody had reached, and comes once for all calls that began before it. A limit grows only while
 * it is used. Latency is no sign here: answers take as long as they are.
 *
 * What was learned ages, so that nobody has to lift a limit by hand: after each `recoverMs` without a complaint it doubles.
 */
export const createAdaptiveLimit = (options: {
  max: number
  settings: ConcurrencySettings
  clock: Clock
}): AdaptiveLimit => {
  const { max, settings, clock } = options
  const { backoff, recoverMs } = settings
  const min = Math.min(settings.min, max)
  let limit = max
  let loweredAtMs = -Infinity
  let agesAtMs = Infinity

  const age = (): void => {
    const nowMs = clock.now()
    for (; agesAtMs <= nowMs && limit < max; agesAtMs += recoverMs) limit = Math.min(max, limit * 2)
  }

  return {
    now: () => {
      age()
      return Math.floor(limit)
    },
    learn: (verdict, { startedAtMs, running }) => {
      age()
      if (verdict === 'answered' && running * 2 >= limit)
        limit = Math.min(max, limit + 1 / Math.min(limit, mostAnswersAStep))
      if (verdict !== 'overloaded' || backoff === 1) return
      const nowMs = clock.now()
      agesAtMs = nowMs + recoverMs
      if (startedAtMs <= loweredAtMs) return
      limit = Math.max(min, Math.floor(Math.min(limit, running) * backoff))
      loweredAtMs = nowMs
    },
  }
}
