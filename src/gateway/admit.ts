import type { RequestContext } from '../contract/journey.ts'
import { rankOf } from '../contract/priority.ts'
import type { Priority } from '../contract/priority.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { Shed } from '../limits/shed.ts'
import type { Trail } from './trail.ts'

/** Leave to go on. What it holds of the caller's limits is given back when the request reached neither provider nor cache. */
export type Ticket = AsyncDisposable

export type Admit = (trail: Trail) => Promise<Ticket>

interface AdmitOptions {
  take: Limiter['take']
  /** What callers have at most and unless they say less. */
  priorities: ReadonlyMap<string, Priority>
  shed: Shed
  /** Throws where what is spent could not be written down. */
  assertWritable: () => void
  clock: Clock
}

/**
 * Lets a request in, or refuses it. Tokens are only looked at: what memory answers takes none.
 * @throws GatewayError gateway_overloaded, ledger_unavailable, rate_limited, with how long to wait
 */
export const createAdmit =
  ({ take, priorities, shed, assertWritable, clock }: AdmitOptions): Admit =>
  async (trail) => {
    trail.priority = priorityOf(trail.context, priorities)
    shed(trail.priority)
    assertWritable()
    const claim = await take({ kind: 'caller', ...trail.context.caller }, { requests: 1, tokens: 0 })
    trail.limits = claim.states
    trail.admittedAtMs = clock.now()
    return {
      [Symbol.asyncDispose]: async () => {
        const wasServed = trail.attempts.length > 0 || trail.served !== null
        if (!wasServed) await claim.settle({})
      },
    }
  }

const priorityOf = ({ caller, priority }: RequestContext, own: AdmitOptions['priorities']): Priority => {
  const most = own.get(caller.id)
  if (most === undefined) return priority ?? 'normal'
  return priority !== undefined && rankOf(priority) < rankOf(most) ? priority : most
}
