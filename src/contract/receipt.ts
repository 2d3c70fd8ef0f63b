import type { Caller } from './caller.ts'
import type { Usage, Warning } from './chat.ts'
import type { ErrorCode } from './errors.ts'
import type { NanoUsd } from './money.ts'
import type { Operation } from './operation.ts'
import type { FactorScore, Refusal, TaskGuess } from './plan.ts'

/** Why an answer came from memory or not. */
export const cacheStates = ['miss', 'exact', 'canonical', 'near', 'shared', 'bypass'] as const
export type CacheState = (typeof cacheStates)[number]

/**
 * How alike the questions are of a remembered answer and of the request that it was given to: the very same request, the
 * same but for the form of its last text, or another text that a verifier takes for the same question.
 */
export type CacheTier = Extract<CacheState, 'exact' | 'canonical' | 'near'>

/** Where a remembered answer came from. */
export interface Recalled {
  /** `ent_…` */
  entryId: string
  ageMs: number
  /** How likely the verifier held the answer to be right, 0…1; null but for `near`. */
  p: number | null
  /** Cosine of both questions; null but for `near`, and for who neither owns the entry nor is an admin. */
  similarity: number | null
  /** How much longer the making had taken; null where nobody measured. */
  savedMs: number | null
  /** Names the question that was asked, for feedback about the pair; null where only the very same may serve. */
  question: string | null
}

/** One tier of memory that was asked. */
export interface TierLook {
  tier: CacheTier
  startedAtMs: number
  tookMs: number
  /** It had the answer that was given. */
  found: boolean
}

export type Outcome =
  /** Answered in full. */
  | 'complete'
  /** The caller left; what was used is paid. */
  | 'client_aborted'
  /** The answer broke after its first token. */
  | 'upstream_error'
  /** No provider answered, or none as it was asked to. */
  | 'failed'
  | 'deadline_exceeded'

/** One attempt at one provider. */
export interface Try {
  provider: string
  /** Card's key. */
  model: string
  /** Which of the row's keys, by position. */
  keyIndex: number
  startedAtMs: number
  durationMs: number
  firstTokenMs: number | null
  outcome: 'answered' | 'failed' | 'broken' | 'aborted'
  errorCode: ErrorCode | null
  upstreamStatus: number | null
  /** Why it failed, for the gateway's owner; null where it did not, or where the words may quote the request. */
  reason: string | null
  usage: Usage | null
  /** Null: nothing used, or price unknown. */
  costNanoUsd: NanoUsd | null
}

export interface ReceiptCandidate {
  model: string
  score: number
  factors: readonly FactorScore[]
}

/** One record a request: the source of headers, log line, ledger row and every report. */
export interface Receipt {
  /** The request id. */
  id: string
  receivedAtMs: number
  caller: Pick<Caller, 'id' | 'name'>
  face: Face
  operation: Operation
  /** The caller's own id for the request. */
  clientRequestId: string | null
  traceId: string | null
  /** The model as the caller wrote it. */
  requestedModel: string
  task: TaskGuess | null
  /** The best of them and those that were tried, the best first. */
  candidates: readonly ReceiptCandidate[]
  /** Without the models that the configuration alone keeps out. */
  refusals: readonly Refusal[]
  /** How many of either there were beside these; unset: none. `explain_route` tells of all. */
  leftOut?: { candidates: number; refusals: number } | undefined
  tries: readonly Try[]
  /** Turns among the tries in which a model was asked again because its JSON did not fit. */
  repairs: number
  /** Provider row, wire model and the model that the reply named; null when nobody served. */
  served: { provider: string; model: string; answeredModel: string } | null
  usage: Usage | null
  priceId: string | null
  /** Sum over the tries; null when something was used whose price is unknown. */
  costNanoUsd: NanoUsd | null
  /** What the answer would have cost, where memory or another's call spared it. */
  savedNanoUsd: NanoUsd
  cache: CacheState
  /**
   * Why the cache was not used, for `bypass`; for a `miss` why no near answer served, where one was looked for; for a hit
   * `curated` or `stale` where it is that.
   */
  cacheReason: string | null
  /** The tiers that were asked, in their order; unset where none was. */
  looks?: readonly TierLook[] | undefined
  /** Unset but for answers from memory. */
  recalled?: Recalled | undefined
  outcome: Outcome
  errorCode: ErrorCode | null
  timings: {
    /** To the first token given to the caller; null when none was. */
    firstTokenMs: number | null
    admitMs: number
    recallMs: number
    routeMs: number
    totalMs: number
  }
  tags: { user: string | null; metadata: Readonly<Record<string, string>> }
  warnings: readonly Warning[]
  simulated: boolean
}

export type Face = 'http' | 'mcp' | 'stdio'
