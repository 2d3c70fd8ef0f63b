import type { GatewayError } from '../contract/errors.ts'
import type { Random } from '../contract/runtime.ts'
import type { ResilienceSettings } from '../contract/settings.ts'
import { fullJitterMs } from '../lib/backoff.ts'

/** What to do when a try failed before its first token. */
export type NextMove =
  | { move: 'retry'; delayMs: number }
  | { move: 'next_key' }
  | { move: 'next_candidate' }
  /** The request itself is at fault: no other deployment would take it. */
  | { move: 'give_up' }

interface Situation {
  error: GatewayError
  /** Tries at this deployment with this key so far, the failed one included. */
  tries: number
  hasOtherKey: boolean
  /** Another deployment waits for its turn. */
  hasOtherCandidate: boolean
  /** The key that was refused has been exchanged for another, which was not tried yet. */
  isNewKey?: boolean | undefined
  /** Until the whole request's deadline. */
  remainingMs: number
}

/**
 * Decides the next move. A key that is refused or limited hands over to the next key; a passing fault is retried with
 * full jitter, or as long as Retry-After says if that is short enough to wait for; a lasting one fails over. So does
 * silence, if there is somebody else: it has cost a whole timeout already, and a few of them cost the request's deadline.
 */
export const moveAfterFailure = (
  { error, tries, hasOtherKey, hasOtherCandidate, isNewKey = false, remainingMs }: Situation,
  settings: Omit<ResilienceSettings, 'breaker' | 'concurrency'>,
  random: Random,
): NextMove => {
  if (isNewKey) return { move: 'retry', delayMs: 0 }
  switch (error.code) {
    case 'provider_auth':
    case 'provider_out_of_credit':
    case 'secret_unavailable':
      return hasOtherKey ? { move: 'next_key' } : { move: 'next_candidate' }
    case 'provider_rate_limited':
      return hasOtherKey ? { move: 'next_key' } : retry()
    case 'provider_unreachable':
    case 'provider_failed':
    case 'provider_overloaded':
    case 'provider_cut':
    case 'provider_bad_reply':
      return retry()
    case 'provider_timeout':
    case 'provider_stalled':
      return hasOtherCandidate ? { move: 'next_candidate' } : retry()
    case 'provider_model_missing':
    case 'context_length_exceeded':
    case 'provider_circuit_open':
    case 'provider_busy':
    case 'limit_unsatisfiable':
    case 'shared_limit_reached':
    case 'parameter_unsupported':
    case 'loop_detected':
      return { move: 'next_candidate' }
    default:
      return { move: 'give_up' }
  }

  function retry(): NextMove {
    if (tries >= settings.maxTries) return { move: 'next_candidate' }
    const { retryAfterMs } = error.detail
    if (retryAfterMs !== undefined && retryAfterMs > settings.maxRetryAfterMs) return { move: 'next_candidate' }
    const delayMs = Math.max(retryAfterMs ?? 0, fullJitterMs({ attempt: tries - 1, ...settings, random }))
    return delayMs < remainingMs ? { move: 'retry', delayMs } : { move: 'next_candidate' }
  }
}
