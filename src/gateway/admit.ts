import type { Clock } from '../contract/runtime.ts'
import type { RateTicket } from '../limits/rate.ts'
import type { Trail } from './trail.ts'

/** Leave to go on. What it holds of the caller's rate is given back when the request reached neither provider nor cache. */
export type Ticket = AsyncDisposable

export type Admit = (trail: Trail) => Promise<Ticket>

interface AdmitOptions {
  take: (callerId: string) => Promise<RateTicket>
  /** Throws where what is spent could not be written down. */
  assertWritable: () => void
  clock: Clock
}

/**
 * Lets a request in, or refuses it.
 * @throws GatewayError rate_limited, ledger_unavailable, with how long to wait
 */
export const createAdmit =
  ({ take, assertWritable, clock }: AdmitOptions): Admit =>
  async (trail) => {
    assertWritable()
    const rate = await take(trail.context.caller.id)
    trail.admittedAtMs = clock.now()
    return {
      [Symbol.asyncDispose]: async () => {
        const wasServed = trail.attempts.length > 0 || trail.served !== null
        if (!wasServed) await rate.giveBack()
      },
    }
  }
