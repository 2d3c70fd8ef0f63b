import type { ErrorCode } from '../contract/errors.ts'
import type { JourneyEvent } from '../contract/journey.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Outcome, Receipt } from '../contract/receipt.ts'
import { asGatewayError } from './attempt.ts'
import { endOf, outcomeOf } from './end.ts'
import type { Record } from './record.ts'
import type { Trail } from './trail.ts'

/** Gives out an answer that this request did not pay for (a remembered one, or another's), and adds its own end. */
export type Respond<Request extends Asked, Event extends Content> = (
  trail: Trail<Request>,
  events: AsyncIterable<JourneyEvent<Event>>,
  signal: AbortSignal,
) => AsyncGenerator<JourneyEvent<Event>, void>

/** Free answers get a receipt too, whole or not, before their last byte. */
export const createRespond = <Request extends Asked, Event extends Content>(
  record: Record<Request>,
): Respond<Request, Event> =>
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
