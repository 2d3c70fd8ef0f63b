import type { Asked } from '../contract/operation.ts'
import type { Candidate } from '../contract/plan.ts'
import type { Slot } from '../limits/bulkhead.ts'
import type { Deployment } from './deployments.ts'
import type { Trail } from './trail.ts'

/** What one try holds while it runs: a slot at its provider, and the request as it may be sent. */
export interface Hold<Request> extends Disposable {
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

/**
 * Reserves what a try at one candidate may use at worst.
 * @throws GatewayError limit_unsatisfiable, provider_busy; the signal's reason while waiting for a slot
 */
export const createReserve =
  <Request extends Asked>(fit: Fit<Request>): Reserve<Request> =>
  async ({ candidate, deployment, trail, wait }, signal) => {
    const request = fit(candidate, trail)
    const slot: Slot = await deployment.bulkhead.acquire({ wait }, signal)
    return { request, [Symbol.dispose]: () => slot[Symbol.dispose]() }
  }
