import { createHash } from 'node:crypto'
import { z } from 'zod'

/** What decides: the trees joined with the pair model, or the trees alone where that cannot answer. */
export const verifierForms = ['joined', 'trees'] as const
export type VerifierForm = (typeof verifierForms)[number]

const rate = z.number().min(0).max(1)

const row = z.strictObject({
  maxFalseHitRate: rate,
  /** The lowest probability that is served; null where the calibration pairs show none that keeps the rate. */
  threshold: rate.nullable(),
  /** Of the pairs that must not be confused: how many are served, how many of these wrongly, and the rate's 95 % upper bound. */
  hits: z.int().nonnegative(),
  falseHits: z.int().nonnegative(),
  upperBound: rate,
  /** The same of pairs whose labels are sometimes wrong, with the rate less what wrong labels explain. Null without such pairs. */
  noisy: z.strictObject({ hits: z.int().nonnegative(), falseHits: z.int().nonnegative(), rate }).nullable(),
})
export type CalibratedThreshold = z.infer<typeof row>

/** `models/near-verifier/thresholds.json`, which `npm run cache:calibrate` writes. */
export const thresholdsSchema = z.strictObject({
  /** Cosines of another embedder are other numbers: nothing here holds for them. */
  embedder: z.strictObject({ name: z.string(), form: z.string(), sha256: z.string() }),
  /** The fingerprints of the two readers: another reader has other thresholds. */
  verifier: z.strictObject({ trees: z.string(), pair: z.string() }),
  /** log-odds = trees · (the trees' log-odds) + pair · (the pair model's) + bias. */
  joinWeights: z.strictObject({ trees: z.number(), pair: z.number(), bias: z.number() }),
  forms: z.strictObject({ joined: z.array(row), trees: z.array(row) }),
  provenance: z.strictObject({
    /** Day, command and pairs of the calibration. */
    date: z.iso.date(),
    command: z.string(),
    pairs: z.record(z.string(), z.int().nonnegative()),
    /** The share of wrong labels among the noisy pairs, fixed before the run. */
    labelNoise: rate,
  }),
})
export type CalibrationFile = z.infer<typeof thresholdsSchema>

/** Of `trees.json` and of `rarity.bin`, which the trees' features are read with. */
export const treesFingerprint = (trees: string | Uint8Array, rarity: Uint8Array): string =>
  createHash('sha256').update(trees).update(rarity).digest('hex').slice(0, 16)

/** @throws ZodError where it is no file of thresholds */
export const parseThresholds = (json: unknown): CalibrationFile => thresholdsSchema.parse(json)

/**
 * The probability from which on a candidate is served, so that no more than `maxFalseHitRate` (a share: 0.01 is 1 %) of what is served
 * is wrong: of the calibrated rates the largest that is not above the one asked for. Null: nothing may be served.
 */
export const thresholdFor = (
  { forms }: Pick<CalibrationFile, 'forms'>,
  form: VerifierForm,
  maxFalseHitRate: number,
): number | null => {
  const kept = forms[form].filter((calibrated) => calibrated.maxFalseHitRate <= maxFalseHitRate)
  return kept.sort((one, other) => other.maxFalseHitRate - one.maxFalseHitRate)[0]?.threshold ?? null
}

/** The probability that the stored answer is right, from the log-odds of both readers; `pair` null: the trees decide alone. */
export const probabilityOf = (
  { joinWeights }: Pick<CalibrationFile, 'joinWeights'>,
  logOdds: { trees: number; pair: number | null },
): number =>
  sigmoid(
    logOdds.pair === null
      ? logOdds.trees
      : joinWeights.trees * logOdds.trees + joinWeights.pair * logOdds.pair + joinWeights.bias,
  )

const sigmoid = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds))
