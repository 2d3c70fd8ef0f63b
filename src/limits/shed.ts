import { GatewayError } from '../contract/errors.ts'
import type { Priority } from '../contract/priority.ts'

/** @throws GatewayError gateway_overloaded where a request of this priority is not let in now */
export type Shed = (priority: Priority) => void

/** Each priority goes on up to so many times the lag that is allowed. */
const patience: Readonly<Record<Priority, number>> = { batch: 1, normal: 2, interactive: 4 }

/** When it is worth to ask again: the lag is measured twice in it. */
const retryAfterMs = 1_000

/**
 * Turns new requests away while the event loop is late, those of the lowest priority first: who runs already would else
 * wait for all of them. Nothing has to be lifted: without them the loop is in time again.
 * @param maxLagMs 0: nobody is turned away
 */
export const createShed =
  (options: { lagMs: () => number; maxLagMs: number; shed: (priority: Priority) => void }): Shed =>
  (priority) => {
    const { maxLagMs } = options
    if (maxLagMs === 0 || options.lagMs() <= maxLagMs * patience[priority]) return
    options.shed(priority)
    throw new GatewayError(
      'gateway_overloaded',
      `The gateway has more to do than it can; requests of priority "${priority}" have to wait.`,
      { retryAfterMs },
    )
  }
