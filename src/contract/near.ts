import type { SkipReason } from './perception.ts'

/** What somebody waited for, or why he goes on without it. */
export type Waited<Found> =
  | ({ kind: 'found' } & Found)
  | {
      kind: 'skipped'
      reason: SkipReason
      /** For the operator, in words. */
      why: string
    }

/** A question that lies near another. */
export interface Neighbour {
  /** Its entry's. */
  id: string
  cosine: number
}

export interface NeighbourQuery {
  partition: string
  /** Of length 1. */
  vector: Float32Array
  /** At most so many … */
  count: number
  /** … and none below. */
  minCosine: number
}

/** The nearest first. `withinMs`: how long it is worth waiting for. @throws the reason of `signal`, as soon as that aborts */
export type FindNeighbours = (
  query: NeighbourQuery,
  withinMs: number,
  signal: AbortSignal,
) => Promise<Waited<{ neighbours: readonly Neighbour[] }>>

/** A stored question and the one that is asked now. */
export interface QuestionPair {
  stored: string
  asked: string
}

/**
 * What the second stage says of each pair, in the same order: a logit, above 0 where the answer to the one is likely right
 * for the other. @throws the reason of `signal`, as soon as that aborts
 */
export type ScorePairs = (
  pairs: readonly QuestionPair[],
  withinMs: number,
  signal: AbortSignal,
) => Promise<Waited<PairScores>>

export interface PairScores {
  logits: readonly number[]
  /** The fingerprint of the model that read the pairs: what was calibrated with another does not hold for its logits. */
  reader: string
}
