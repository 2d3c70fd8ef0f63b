import { limitUnits } from '../contract/limit.ts'
import type { LimitStates } from '../contract/limit.ts'

/** How a caller's limits stand, in the headers that OpenAI's clients read. */
export const limitHeaders = (states: LimitStates = {}): Record<string, string> =>
  Object.fromEntries(
    limitUnits.flatMap((unit) => {
      const state = states[unit]
      if (!state) return []
      return [
        [`x-ratelimit-limit-${unit}`, String(state.limit)],
        [`x-ratelimit-remaining-${unit}`, String(state.remaining)],
        [`x-ratelimit-reset-${unit}`, durationOf(state.resetMs)],
      ]
    }),
  )

/** As OpenAI writes times: `120ms`, `7.66s`, `6m0s`, `1h0m0s`. */
const durationOf = (ms: number): string => {
  const whole = Math.ceil(ms)
  if (whole < 1_000) return `${whole}ms`
  const hours = Math.floor(whole / 3_600_000)
  const minutes = Math.floor(whole / 60_000) % 60
  const seconds = `${(whole % 60_000) / 1_000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
