import { setTimeout as pause } from 'node:timers/promises'

/**
 * Full-jitter exponential backoff: a random wait between 0 and min(maxDelayMs, baseDelayMs × 2^attempt), so that callers
 * who failed together do not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 * `attempt` counts from 0; `random` gives a number in [0, 1).
 */
export const fullJitterMs = (options: {
  attempt: number
  baseDelayMs: number
  maxDelayMs: number
  random: () => number
}): number => options.random() * Math.min(options.maxDelayMs, options.baseDelayMs * 2 ** options.attempt)

/**
 * Waits with full jitter before the next attempt of something that goes on until it succeeds. Does not keep the process, and
 * resolves at once where `signal` aborts.
 */
export const backOff = (
  wait: { attempt: number; baseDelayMs: number; maxDelayMs: number },
  signal: AbortSignal,
): Promise<void> =>
  pause(fullJitterMs({ ...wait, random: Math.random }), undefined, { signal, ref: false }).catch(() => undefined)
