import { lowerBound, upperBound } from '../../../src/lib/clopper-pearson.ts'
import type { Reading } from './reading.ts'
import type { Rule } from './rules.ts'

/** What a rule did with some pairs. Shares are 0…1. */
export interface Figures {
  pairs: number
  hits: number
  falseHits: number
  /** False hits of all hits; null where there was none. */
  falseHitRate: number | null
  /** One-sided bounds of that rate, 95 % each (Clopper and Pearson). */
  lower: number
  upper: number
  /** Of the pairs that are the same, how many hit. */
  recall: number | null
  /** Of the pairs that are not, how many hit all the same. */
  served: number | null
  /** Hits of all pairs. */
  coverage: number
}

export const figuresOf = (readings: readonly Reading[], serves: Rule['serves']): Figures => {
  const hits = readings.filter(serves)
  const falseHits = hits.filter(({ same }) => !same).length
  const same = readings.filter((reading) => reading.same).length
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
  return {
    pairs: readings.length,
    hits: hits.length,
    falseHits,
    falseHitRate: share(falseHits, hits.length),
    lower: hits.length === 0 ? 0 : lowerBound(falseHits, hits.length),
    upper: hits.length === 0 ? 1 : upperBound(falseHits, hits.length),
    recall: share(hits.length - falseHits, same),
    served: share(falseHits, readings.length - same),
    coverage: share(hits.length, readings.length) ?? 0,
  }
}

/**
 * The most of some pairs that any one threshold could serve with no more than so many false hits of all its hits: what the verifier's
 * order is worth, whatever threshold was chosen. A threshold that is found so holds for these pairs only.
 */
export const reachOf = (
  readings: readonly Reading[],
  likelihood: (reading: Reading) => number | null,
  maxFalseHitRate: number,
): { coverage: number; falseHitRate: number } => {
  const ranked = readings
    .flatMap((reading) => {
      const p = likelihood(reading)
      return p === null ? [] : [{ p, same: reading.same }]
    })
    .toSorted((one, other) => other.p - one.p)
  let [falseHits, most] = [0, { coverage: 0, falseHitRate: 0 }]
  for (const [at, { p, same }] of ranked.entries()) {
    if (!same) falseHits += 1
    const rate = falseHits / (at + 1)
    // Equals are served together.
    if (rate <= maxFalseHitRate && ranked[at + 1]?.p !== p)
      most = { coverage: (at + 1) / readings.length, falseHitRate: rate }
  }
  return most
}

/** Families whose labels are noisy stand by themselves: no pool has them. */
const noisy = new Set(['qqp'])
/** Many pairs of few patterns: easy, so that a pool is shown without them too. */
const patterned = new Set(['checklist-templates'])

/** Each family, and the adversarial ones together, with and without the patterns. */
export const groupsOf = (readings: readonly Reading[]): ReadonlyMap<string, readonly Reading[]> => {
  const families = Map.groupBy(readings, ({ family }) => family)
  const sound = readings.filter(({ family }) => !noisy.has(family))
  return new Map([
    ...families,
    ['adversarial, pooled', sound],
    ['… without templates', sound.filter(({ family }) => !patterned.has(family))],
  ])
}

/** A rate of false hits less what wrong labels explain: `noise` of all identical pairs are labelled different. */
export const lessNoise = (rate: number, noise: number): number => Math.max(0, (rate - noise) / (1 - noise))
