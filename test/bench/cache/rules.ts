import { probabilityOf, thresholdFor } from '../../../src/cache/verify/thresholds.ts'
import type { CalibrationFile, VerifierForm } from '../../../src/cache/verify/thresholds.ts'
import { maxPairPieces, maxPieces, minCosine } from './reading.ts'
import type { Reading } from './reading.ts'

/** Says of a pair whether the second question gets the first one's answer. */
export interface Rule {
  name: string
  serves(reading: Reading): boolean
}

interface Parts {
  guards: boolean
  eligibility: boolean
  form: VerifierForm
}

/** How likely the product holds it that one answer serves both, its guards and refusals applied; null where it compares nothing. */
export const likelihoodOf =
  (calibration: CalibrationFile) =>
  (reading: Reading): number | null => {
    if (isSameForm(reading)) return 1
    const { cosine, pieces, isKnown, guards, refusal, trees, pair } = reading
    if (cosine < minCosine || pieces > maxPairPieces || !isKnown || pair === null) return null
    return refusal === null && guards.length === 0 ? probabilityOf(calibration, { trees, pair }) : null
  }

/** The product's own decision, or with parts of it taken out; thresholds stay as they were calibrated. */
const near =
  (calibration: CalibrationFile, maxFalseHitRate: number, parts: Parts) =>
  (reading: Reading): boolean => {
    const { cosine, pieces, isKnown, guards, refusal, trees, pair } = reading
    if (cosine < minCosine || pieces > maxPieces || !isKnown) return false
    if (parts.eligibility && refusal !== null) return false
    if (parts.guards && guards.length > 0) return false
    // Longer questions are decided by words alone, by the threshold of that.
    const form = pieces > maxPairPieces || pair === null ? 'trees' : parts.form
    const threshold = thresholdFor(calibration, form, maxFalseHitRate)
    if (threshold === null) return false
    return probabilityOf(calibration, { trees, pair: form === 'joined' ? pair : null }) >= threshold
  }

const isSameForm = ({ isIdentical, isSameForm: same, formRefusal }: Reading): boolean =>
  isIdentical || (same && formRefusal === null)

const cosineRule = (threshold: number, whose: string): Rule => ({
  name: `cosine ≥ ${threshold.toFixed(2)} (${whose})`,
  serves: ({ cosine }) => cosine >= threshold,
})

/** Ours at each bound, ours without parts of it, and what others do. */
export const rulesOf = (calibration: CalibrationFile): readonly Rule[] => {
  const whole = { guards: true, eligibility: true, form: 'joined' } as const
  const ours = (name: string, maxFalseHitRate: number, parts: Parts): Rule => {
    const serves = near(calibration, maxFalseHitRate, parts)
    return { name, serves: (reading) => isSameForm(reading) || serves(reading) }
  }
  return [
    ours('ours, 0.5 %', 0.005, whole),
    ours('ours, 1 % (default)', 0.01, whole),
    ours('ours, 2 %', 0.02, whole),
    ours('ours, 5 %', 0.05, whole),
    ours('ours, 1 %, any subject', 0.01, { ...whole, eligibility: false }),
    ours('… without guards', 0.01, { ...whole, eligibility: false, guards: false }),
    ours('… without second stage', 0.01, { ...whole, eligibility: false, form: 'trees' }),
    { name: 'exact', serves: ({ isIdentical }) => isIdentical },
    { name: 'exact and canonical', serves: isSameForm },
    cosineRule(0.6, 'GPTCache'),
    cosineRule(0.8, 'Bifrost'),
    cosineRule(0.9, 'Redis'),
    cosineRule(0.95, 'a common default'),
    {
      name: 'cosine ≥ 0.90, same numbers',
      serves: ({ cosine, guards }) => cosine >= 0.9 && !guards.includes('numbers'),
    },
  ]
}
