import { createVerifier } from '../../../src/cache/near/verifier.ts'
import type { Verifier } from '../../../src/cache/near/verifier.ts'

const row = (maxFalseHitRate: number, threshold: number | null) => ({
  maxFalseHitRate,
  threshold,
  hits: 1000,
  falseHits: 0,
  upperBound: 0.003,
  noisy: null,
})

/** The real guards and readings; trees that go by the cosine alone, believed from 0.75 on (p = 0.5), for any models. */
export const plainVerifier = (said: Partial<Verifier> = {}): Verifier => {
  const thresholds = [row(0.005, 0.9), row(0.01, 0.7), row(0.02, 0.6), row(0.05, 0.5)]
  const whole = createVerifier({
    rarity: { texts: 1000, of: () => 4 },
    trees: { score: ([cosine = 0]) => 20 * (cosine - 0.75) },
    calibration: {
      embedder: { name: 'any', form: 'any', sha256: 'any' },
      verifier: { trees: 'plain', pair: 'none' },
      joinWeights: { trees: 1, pair: 0, bias: 0 },
      forms: { joined: thresholds, trees: thresholds },
      provenance: { date: '2026-11-21', command: 'by hand', pairs: {}, labelNoise: 0 },
    },
  })
  return { ...whole, isCalibratedFor: () => true, isCalibratedForPairs: () => true, ...said }
}
