import type { ErrorCode } from '../contract/errors.ts'

/** What one call says about the health of the deployment that it went to. */
export type Verdict =
  | 'success'
  | 'failure'
  /** The account behind the key is at fault: no call will succeed until its owner acts. */
  | 'account'
  /** Nothing: the caller left, or the provider asked for patience. */
  | 'neutral'

/** How a call ended, as far as a breaker cares. */
export interface CallOutcome {
  /** Null: answered in full. */
  errorCode: ErrorCode | null
  /** Until the first token, or until the end where none came. */
  firstTokenMs: number
}

const failures: ReadonlySet<ErrorCode> = new Set([
  'provider_unreachable',
  'provider_failed',
  'provider_overloaded',
  'provider_timeout',
  'provider_stalled',
  'provider_cut',
  'provider_bad_reply',
  'loop_detected',
  'internal',
])
const accountFaults: ReadonlySet<ErrorCode> = new Set(['provider_auth', 'provider_out_of_credit'])
/** A deployment that finds fault with a request is up and reading. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'provider_rejected',
  'provider_model_missing',
  'context_length_exceeded',
  'content_filtered',
])

/**
 * Judges one call. A break after the first token is a failure like any other; a first token later than `slowMs` is one
 * even if the answer came, or the caller gave up waiting for it.
 */
export const judge = ({ errorCode, firstTokenMs }: CallOutcome, slowMs: number): Verdict => {
  if (errorCode !== null && failures.has(errorCode)) return 'failure'
  if (errorCode !== null && accountFaults.has(errorCode)) return 'account'
  if (firstTokenMs > slowMs) return 'failure'
  if (errorCode === null || refusals.has(errorCode)) return 'success'
  return 'neutral'
}
