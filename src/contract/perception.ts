/** The numbers that the embedding model's weights are kept in. Vectors of two forms are not compared. */
export const embedderForms = ['int8', 'fp32'] as const
export type EmbedderForm = (typeof embedderForms)[number]

/** What the embedder sees in a text. */
export interface Perceived {
  /** Of length 1: the product of two is their cosine. */
  vector: Float32Array
  /** Pieces of words that were read, without the marks at both ends. */
  tokens: number
  /** Those of them that the model has no word for. */
  unknown: number
  /** The text is longer than the model reads; its rest went unread. */
  truncated: boolean
}

/** A file of the model. */
export interface ModelFile {
  file: string
  bytes: number
  sha256: string
  /** Who gave it to set-up. */
  source: string
}

/** An embedder that has loaded. */
export interface EmbedderFacts {
  /** e.g. `all-MiniLM-L6-v2`. */
  name: string
  form: EmbedderForm
  /** The same wherever the same text gives the same vector; another one wherever that is in doubt. */
  fingerprint: string
  dimensions: number
  /** Longest text that is read whole, in pieces, with the marks at both ends. */
  maxPieces: number
  loadMs: number
  files: readonly ModelFile[]
}

/**
 * Why a text got no vector: there is no embedder (`no-embedder`), too many texts wait (`queue-full`), it took longer than
 * it was worth (`late`), or the worker ended over it (`lost`) or could not read it (`failed`).
 */
export type SkipReason = 'no-embedder' | 'queue-full' | 'late' | 'lost' | 'failed'

/**
 * The vector of a text, or why there is none. `withinMs` is how long it is worth waiting for.
 * @throws the reason of `signal`, as soon as that aborts
 */
export type Perceive = (text: string, withinMs: number, signal: AbortSignal) => Promise<PerceiveOutcome>

export type PerceiveOutcome =
  | ({ kind: 'perceived' } & Perceived)
  | {
      kind: 'skipped'
      reason: SkipReason
      /** For the operator, in words. */
      why: string
    }

/** How often what came of what was asked for, since the start: what was seen, looked for and compared, and why not. */
export type PerceptionTallies = Record<
  /** Texts that got their vector, and those whose vector was still known. */
  | 'perceived'
  | 'remembered'
  /** Searches among the questions of a partition. */
  | 'searched'
  /** Pairs of questions. */
  | 'scored'
  /** Questions that were added to the index. */
  | 'indexed'
  | SkipReason,
  number
>

/** What the index of questions holds. */
export interface IndexFacts {
  entries: number
  partitions: number
  /** Partitions of so many entries that they have a graph. */
  graphs: number
  /** Entries that are yet to be moved into a graph; they are found all the same. */
  untidy: number
  /** Vectors that could not be compared. */
  refused: number
  bytes: number
  /** Why there are no graphs; null where there are. */
  withoutGraphs: string | null
}

/** Of the model that reads two questions at once. */
export type PairFacts = { kind: 'ready'; fingerprint: string } | { kind: 'unavailable'; why: string }

export interface PerceptionFacts {
  /** Workers that ended by mistake. */
  ended: number
  /** Those of them that gave no answer any more. */
  stuck: number
  /** Null while no worker is ready. */
  index: IndexFacts | null
  /** Null before the first pair. */
  pairs: PairFacts | null
  tallies: PerceptionTallies
}

/** How the worker and its index are doing. */
export interface PerceptionStatus extends PerceptionFacts {
  near: NearIndexState
}

/** `idle`: there is no worker; `indexing`: it reads what the store holds; `following`: it has everything. */
export interface NearIndexState {
  phase: 'idle' | 'indexing' | 'following'
  /** Changes that the worker has not heard of. */
  waiting: number
}
