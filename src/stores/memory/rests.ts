import type { Clock } from '../../contract/runtime.ts'
import type { Rests } from '../../contract/store.ts'

/** Keys above which those that are over are looked for. */
const manyKeys = 1_000

/** Rests of this instance alone. */
export const createRests = (clock: Clock): Rests => {
  const moments = new Map<string, number>()

  return {
    rest: (key, untilMs) => {
      if (moments.size >= manyKeys)
        for (const [other, overMs] of moments) if (overMs <= clock.now()) moments.delete(other)
      moments.set(key, Math.max(untilMs, moments.get(key) ?? 0))
    },
    untilMs: (key) => moments.get(key) ?? 0,
  }
}
