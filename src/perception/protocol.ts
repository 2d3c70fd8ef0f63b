import type { Neighbour, NeighbourQuery, PairScores, QuestionPair } from '../contract/near.ts'
import type {
  EmbedderFacts,
  EmbedderForm,
  IndexFacts,
  PairFacts,
  Perceived,
  SkipReason,
} from '../contract/perception.ts'

/** What the worker is started with. */
export interface PerceptionFiles {
  /** The embedding model's own folder, as set-up left it. */
  folder: string
  form: EmbedderForm
  /** The folder of the model that reads two questions at once. */
  pairFolder: string
}

/** Where the index's snapshot lies. */
export interface SnapshotPlace {
  folder: string
  /** 32 bytes: it is sealed under them. */
  key: Uint8Array
}

export type IndexChange =
  | { kind: 'add'; id: string; partition: string; vector: Float32Array }
  | { kind: 'remove'; id: string }

/** To the worker. Each order has one answer; only one of the first three is under way at a time. */
export type Order =
  | { kind: 'embed'; text: string }
  | { kind: 'search'; query: NeighbourQuery }
  | { kind: 'score'; pairs: readonly QuestionPair[] }
  /** Loads what reads pairs, before a pair comes. */
  | { kind: 'warm' }
  | { kind: 'change'; changes: readonly IndexChange[] }
  /** Reads a snapshot; everything in it is in doubt until it is confirmed. */
  | { kind: 'load'; place: SnapshotPlace }
  /** These are in the store: no doubt about them any more. Answered by those of them that the index lacks. */
  | { kind: 'confirm'; ids: readonly string[] }
  /** Ends the doubt: what was not confirmed is forgotten. */
  | { kind: 'sweep' }
  | { kind: 'save'; place: SnapshotPlace }

export type Answer =
  | { kind: 'perceived'; perceived: Perceived }
  | { kind: 'neighbours'; neighbours: readonly Neighbour[] }
  | ({ kind: 'logits' } & PairScores)
  | { kind: 'done' }
  /** Of a snapshot: how many entries it holds, and how many of them are yet to come into their graphs. */
  | { kind: 'snapshot'; entries: number; untidy: number }
  | { kind: 'lacking'; ids: readonly string[] }
  | { kind: 'swept'; entries: number }
  | { kind: 'skipped'; reason: SkipReason; why: string }

export interface OrderMessage {
  id: number
  order: Order
}

/** The worker is to end by itself: it may be in the middle of the addon's work, from where nobody can fetch it. */
export const goodbye = 'goodbye'

/** From the worker: first whether it can work at all, then an answer to each order, and what its index holds when that changes. */
export type Told =
  | { kind: 'ready'; facts: EmbedderFacts }
  | { kind: 'unavailable'; why: string }
  | { kind: 'answered'; id: number; answer: Answer }
  | { kind: 'index'; index: IndexFacts }
  | { kind: 'pairs'; pairs: PairFacts }
