import type { ModelSpeed } from '../contract/health.ts'

/** Weight of the newest answer in the running averages. */
const newestWeight = 0.2

/** Shortest answer whose rate says something: below it the clock's grain dominates. */
const minTokensForRate = 20

/** Models remembered: names that callers make up must not fill the memory. */
const maxModels = 5_000

export interface SpeedBook {
  learn(modelKey: string, measured: { firstTokenMs: number; outputTokens: number; durationMs: number }): void
  speed(modelKey: string): ModelSpeed
}

/** Running (exponentially weighted) averages of how fast each model answers, from its own answers. */
export const createSpeedBook = (): SpeedBook => {
  const speeds = new Map<string, ModelSpeed>()
  const blend = (old: number | null, value: number): number =>
    old === null ? value : old + newestWeight * (value - old)

  return {
    learn: (modelKey, { firstTokenMs, outputTokens, durationMs }) => {
      const old = speeds.get(modelKey) ?? { firstTokenMs: null, outputTokensPerSecond: null, samples: 0 }
      const writingMs = durationMs - firstTokenMs
      const hasRate = outputTokens >= minTokensForRate && writingMs > 0
      // Set anew, so that the map's order is from the least to the most recently used.
      speeds.delete(modelKey)
      speeds.set(modelKey, {
        firstTokenMs: blend(old.firstTokenMs, firstTokenMs),
        outputTokensPerSecond: hasRate
          ? blend(old.outputTokensPerSecond, (outputTokens * 1000) / writingMs)
          : old.outputTokensPerSecond,
        samples: old.samples + 1,
      })
      const oldest = speeds.keys().next()
      if (speeds.size > maxModels && !oldest.done) speeds.delete(oldest.value)
    },
    speed: (modelKey) => speeds.get(modelKey) ?? { firstTokenMs: null, outputTokensPerSecond: null, samples: 0 },
  }
}
