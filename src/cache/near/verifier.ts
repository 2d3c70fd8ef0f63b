/** How sure the verifier is, and by which of its forms: with the model that reads both texts, or without it. */
export type VerifierForm = 'joint' | 'trees'

/** One guard's reason against a pair. */
export interface Veto {
  guard: string
  reason: string
}

/** Decides whether the answer to one question is right for another. `Read`: what is read of a text once. */
export interface Verifier<Read> {
  read(text: string): Read
  /** What speaks against the pair beyond doubt; empty where nothing does. */
  vetoes(stored: Read, asked: Read): readonly Veto[]
  /** A logit, by words and cosine alone. */
  scoreWords(stored: Read, asked: Read, cosine: number): number
  /** 0…1; `pairLogit` null where the model that reads both texts is away. */
  probability(wordsLogit: number, pairLogit: number | null): number
  /** The lowest probability that keeps wrong answers below a share of all given; null where none was found that does. */
  thresholdFor(form: VerifierForm, maxFalseHitRate: number): number | null
  /** Whether its thresholds were found with vectors of this embedder. */
  isCalibratedFor(embedder: string): boolean
}
