import type { EmbedderFacts } from '../../contract/perception.ts'
import { objectionsTo } from '../guards/index.ts'
import { readQuestion } from '../reading/question.ts'
import type { Question } from '../reading/question.ts'
import { pairFeatures } from '../verify/features.ts'
import type { Rarity } from '../verify/rarity.ts'
import { probabilityOf, thresholdFor } from '../verify/thresholds.ts'
import type { Trees } from '../verify/trees.ts'
import type { CalibrationFile, VerifierForm } from '../verify/thresholds.ts'

/** One guard's reason against a pair. */
export interface Veto {
  guard: string
  reason: string
}

/** Decides whether the answer to one question is right for another. */
export interface Verifier {
  read(text: string): Question
  /** What speaks against the pair beyond doubt; empty where nothing does. */
  vetoes(stored: Question, asked: Question): readonly Veto[]
  /** A logit, by words and cosine alone. */
  scoreWords(stored: Question, asked: Question, cosine: number): number
  /** 0…1; `pairLogit` null where the model that reads both texts is away. */
  probability(wordsLogit: number, pairLogit: number | null): number
  /** The lowest probability that keeps wrong answers below a share of all given; null where none was found that does. */
  thresholdFor(form: VerifierForm, maxFalseHitRate: number): number | null
  /** Of everything that decides: another verifier makes other mistakes. */
  fingerprint: string
  /** Whether its thresholds were found with vectors of this embedder. */
  isCalibratedFor(embedder: EmbedderFacts): boolean
  /** Whether they were found with logits of this model, by its fingerprint; the trees' own hold with any. */
  isCalibratedForPairs(reader: string): boolean
}

interface VerifierParts {
  rarity: Rarity
  trees: Pick<Trees, 'score'>
  calibration: CalibrationFile
}

/** Guards, trees and thresholds as they were trained and calibrated. */
export const createVerifier = ({ rarity, trees, calibration }: VerifierParts): Verifier => ({
  read: readQuestion,
  vetoes: objectionsTo,
  scoreWords: (stored, asked, cosine) => trees.score(pairFeatures(stored, asked, cosine, rarity)),
  probability: (words, pair) => probabilityOf(calibration, { trees: words, pair }),
  thresholdFor: (form, maxFalseHitRate) => thresholdFor(calibration, form, maxFalseHitRate),
  fingerprint: [calibration.verifier.trees, calibration.verifier.pair, calibration.embedder.sha256].join(' '),
  isCalibratedFor: ({ name, form, files }) => {
    const { embedder } = calibration
    return name === embedder.name && form === embedder.form && files.some(({ sha256 }) => sha256 === embedder.sha256)
  },
  isCalibratedForPairs: (reader) => reader === calibration.verifier.pair,
})
