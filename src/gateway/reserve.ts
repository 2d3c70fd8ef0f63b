import type { ErrorCode } from '../contract/errors.ts'
import type { Asked } from '../contract/operation.ts'
import type { Candidate } from '../contract/plan.ts'
import type { CallVerdict } from '../limits/adaptive.ts'
import type { Claim, Limiter, Whose } from '../limits/limiter.ts'
import type { TokensOf } from './claimed-tokens.ts'
import type { Deployment } from './deployments.ts'
import type { Attempt, Trail } from './trail.ts'

/** What one try holds while it runs: a slot at its provider, its share of the limits, and the request as it may be sent. */
export interface Hold<Request> extends AsyncDisposable {
  request: Request
}

export type Reserve<Request extends Asked> = (
  options: { candidate: Candidate; deployment: Deployment; trail: Trail<Request>; wait: boolean },
  signal: AbortSignal,
) => Promise<Hold<Request>>

/**
 * The request as it may be sent to a candidate: what a limit on cost does not pay for is cut off or refused. Such a limit
 * is a promise over all tries together, so that what earlier tries used is taken off first.
 * @throws GatewayError limit_unsatisfiable
 */
export type Fit<Request extends Asked> = (candidate: Candidate, trail: Trail<Request>) => Request

interface ReserveOptions<Request extends Asked> {
  fit: Fit<Request>
  tokensOf: TokensOf<Request>
  take: Limiter['take']
  /** Counts what the tries so far have used. */
  settle: (trail: Trail<Request>) => void
}

/** What a provider says, in one way or another, that has too much to do. */
const overloads: ReadonlySet<ErrorCode> = new Set([
  'provider_rate_limited',
  'provider_overloaded',
  'provider_timeout',
  'provider_stalled',
])

const verdictOf = (attempt: Attempt | undefined): CallVerdict => {
  if (attempt?.outcome === 'answered') return 'answered'
  return attempt?.errorCode && overloads.has(attempt.errorCode) ? 'overloaded' : 'neither'
}

/**
 * Reserves what a try at one candidate may use at worst: a slot, then requests and tokens of its provider, its model and its
 * caller. At the end of the try what it really used takes the place of what was claimed.
 * @throws GatewayError limit_unsatisfiable, provider_busy, shared_limit_reached, rate_limited, over_token_limit; the signal's
 *   reason while waiting for a slot
 */
export const createReserve = <Request extends Asked>(options: ReserveOptions<Request>): Reserve<Request> => {
  const { fit, tokensOf, take, settle } = options

  return async ({ candidate, deployment, trail, wait }, signal) => {
    const request = fit(candidate, trail)
    await using held = new AsyncDisposableStack()
    const slot = held.use(await deployment.bulkhead.acquire({ wait, priority: trail.priority }, signal))
    const triesBefore = trail.attempts.length
    held.defer(() => slot.tell(verdictOf(trail.attempts.slice(triesBefore).at(-1))))

    const tokens = tokensOf(candidate, request)
    const release = async (claim: Claim): Promise<void> => {
      settle(trail)
      const tries = trail.attempts.slice(triesBefore)
      const used = tries.reduce((sum, { usage }) => sum + (usage ? usage.inputTokens + usage.outputTokens : 0), 0)
      await claim.settle({ requests: tries.length, tokens: used })
    }
    const claimFor = async (whose: Whose, requests: { requests?: 1 }): Promise<Claim> => {
      const claim = await take(whose, { ...requests, tokens })
      held.defer(() => release(claim))
      return claim
    }
    await claimFor({ kind: 'provider', id: deployment.row.id }, { requests: 1 })
    await claimFor({ kind: 'model', id: candidate.card.name }, { requests: 1 })
    // Of the caller's requests this one was counted when it was let in.
    const { states } = await claimFor({ kind: 'caller', ...trail.context.caller }, {})
    trail.limits = { ...trail.limits, ...states }

    const owned = held.move()
    return { request, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  }
}
