import type { CalibratedThreshold } from '../../src/cache/verify/thresholds.ts'
import { lowerBound, upperBound } from '../../src/lib/clopper-pearson.ts'
import type { Scored } from './judged.ts'

/** The false-hit rates that thresholds are looked for. */
export const rates: readonly number[] = [0.005, 0.01, 0.02, 0.05]

/** From the strictest down, the same for every calibration. */
const grid: readonly number[] = Array.from({ length: 250 }, (_, at) => (998 - 2 * at) / 1_000)

const confidence = 0.95

export interface Pools {
  /** Families whose labels are right: of them not the rate but its upper bound has to stay under the limit. */
  sound: readonly Scored[]
  /** Families with wrong labels, of which no such bound can be shown: it must not be shown that they break the limit. */
  noisy: readonly Scored[]
  /** The share of pairs that are labelled wrong although they are the same. Fixed before any calibration. */
  labelNoise: number
}

/**
 * The lowest threshold that keeps a rate of wrong hits, learnt and then tested (Angelopoulos et al. 2021,
 * https://arxiv.org/abs/2110.01052): the grid is walked from the strictest down and the walk ends at the first threshold that fails,
 * so that no luck of a later one is taken for proof. It begins where so many are served that a bound could be shown at all, which
 * looks at scores and at no label. Where labels are noisy, their lower bound must not lie above what the limit and wrong labels together
 * explain.
 */
export const chooseThreshold = (pools: Pools, maxFalseHitRate: number): CalibratedThreshold => {
  const fewestHits = Math.ceil(Math.log(1 - confidence) / Math.log1p(-maxFalseHitRate))
  let chosen: CalibratedThreshold | null = null
  for (const threshold of grid) {
    const sound = count(pools.sound, threshold)
    if (sound.hits < fewestHits) continue
    const bound = upperBound(sound.falseHits, sound.hits, confidence)
    if (bound > maxFalseHitRate) break
    const noisy = pools.noisy.length > 0 ? count(pools.noisy, threshold) : null
    const explained = pools.labelNoise + (1 - pools.labelNoise) * maxFalseHitRate
    if (noisy && lowerBound(noisy.falseHits, noisy.hits, confidence) > explained) break
    chosen = {
      maxFalseHitRate,
      threshold,
      ...sound,
      upperBound: round(bound),
      noisy: noisy && { ...noisy, rate: rateOf(noisy, pools.labelNoise) },
    }
  }
  return chosen ?? { maxFalseHitRate, threshold: null, hits: 0, falseHits: 0, upperBound: 1, noisy: null }
}

const count = (pairs: readonly Scored[], threshold: number): { hits: number; falseHits: number } => {
  const served = pairs.filter(({ p }) => p >= threshold)
  return { hits: served.length, falseHits: served.filter(({ same }) => !same).length }
}

/** Without what wrong labels explain. */
const rateOf = ({ hits, falseHits }: { hits: number; falseHits: number }, labelNoise: number): number =>
  hits === 0 ? 0 : round(Math.max(0, (falseHits / hits - labelNoise) / (1 - labelNoise)))

const round = (value: number): number => Number(value.toFixed(5))
