import type { CalibratedThreshold } from '../../src/cache/verify/thresholds.ts'
import { upperBound } from '../../src/lib/clopper-pearson.ts'
import type { Scored } from './judged.ts'

/** The false-hit rates that thresholds are looked for. */
export const rates: readonly number[] = [0.005, 0.01, 0.02, 0.05]

/** From the strictest down, the same for every calibration. */
export const grid: readonly number[] = Array.from({ length: 199 }, (_, at) => (995 - 5 * at) / 1_000)

/** Of a family whose labels are sometimes wrong, as many hits are asked for before its rate is believed. */
const fewestNoisyHits = 100

const confidence = 0.95

export interface Pools {
  /** Families whose labels are right: of them not the rate but its upper bound has to stay under the limit. */
  sound: readonly Scored[]
  /** Families with wrong labels, of which no bound could be shown: their rate, less what wrong labels explain, has to. */
  noisy: readonly Scored[]
  /** The share of pairs that are labelled wrong although they are the same. Fixed before any calibration. */
  labelNoise: number
}

/**
 * The lowest threshold that keeps a rate of wrong hits, learnt and then tested (Angelopoulos et al. 2021,
 * https://arxiv.org/abs/2110.01052): the grid is walked from the strictest down and the walk ends at the first threshold that fails,
 * so that no luck of a later one is taken for proof. It begins where so many are served that a bound could be shown at all, which
 * looks at scores and at no label.
 */
export const chooseThreshold = (pools: Pools, maxFalseHitRate: number): CalibratedThreshold => {
  const fewestHits = Math.ceil(Math.log(1 - confidence) / Math.log1p(-maxFalseHitRate))
  let chosen: CalibratedThreshold | null = null
  for (const threshold of grid) {
    const sound = count(pools.sound, threshold)
    if (sound.hits < fewestHits) continue
    const bound = upperBound(sound.falseHits, sound.hits, confidence)
    if (bound > maxFalseHitRate) break
    const noisy = pools.noisy.length > 0 ? rateOf(count(pools.noisy, threshold), pools.labelNoise) : null
    if (noisy && noisy.hits >= fewestNoisyHits && noisy.rate > maxFalseHitRate) continue
    chosen = { maxFalseHitRate, threshold, ...sound, upperBound: round(bound), noisy }
  }
  return chosen ?? { maxFalseHitRate, threshold: null, hits: 0, falseHits: 0, upperBound: 1, noisy: null }
}

const count = (pairs: readonly Scored[], threshold: number): { hits: number; falseHits: number } => {
  const served = pairs.filter(({ p }) => p >= threshold)
  return { hits: served.length, falseHits: served.filter(({ same }) => !same).length }
}

const rateOf = (counts: { hits: number; falseHits: number }, labelNoise: number) => {
  const raw = counts.hits === 0 ? 0 : counts.falseHits / counts.hits
  return { ...counts, rate: round(Math.max(0, (raw - labelNoise) / (1 - labelNoise))) }
}

const round = (value: number): number => Number(value.toFixed(5))
