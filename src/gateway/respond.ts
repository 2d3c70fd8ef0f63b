import type { ErrorCode } from '../contract/errors.ts'
import type { GatewayEvent } from '../contract/journey.ts'
import type { Outcome, Receipt } from '../contract/receipt.ts'
import { asGatewayError } from './attempt.ts'
import { endOf, outcomeOf } from './end.ts'
import type { Record } from './record.ts'
import type { Trail } from './trail.ts'

/** Gives out an answer that this request did not pay for (a remembered one, or another's), and adds its own end. */
export type Respond = (
  trail: Trail,
  events: AsyncIterable<GatewayEvent>,
  signal: AbortSignal,
) => AsyncGenerator<GatewayEvent, void>

/** Free answers get a receipt too, whole or not, before their last byte. */
export const createRespond = (record: Record): Respond =>
  async function* respond(trail, events, signal) {
    let outcome: Outcome = 'client_aborted'
    let errorCode: ErrorCode | null = null
    let receipt: Receipt | null = null
    try {
      yield* events
      outcome = 'complete'
    } catch (thrown) {
      const error = asGatewayError(thrown, signal)
      outcome = outcomeOf(error, trail)
      errorCode = error.code
      throw error
    } finally {
      if (trail.served) receipt = await record(trail, { outcome, errorCode })
    }
    if (receipt) yield endOf(trail, receipt)
  }
