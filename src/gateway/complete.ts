import type { GatewayError } from '../contract/errors.ts'
import type { JourneyEvent, RequestContext } from '../contract/journey.ts'
import type { Asked, Content, Operation } from '../contract/operation.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Flights } from '../lib/flight.ts'
import type { Admit } from './admit.ts'
import type { Answer } from './answer.ts'
import { asGatewayError } from './attempt.ts'
import { startDeadline } from './deadline.ts'
import { follow } from './follow.ts'
import type { Recall } from './recall.ts'
import { replay } from './replay.ts'
import type { Respond } from './respond.ts'
import { openTrail } from './trail.ts'
import type { Trail } from './trail.ts'

interface Steps<Request extends Asked, Event extends Content> {
  operation: Operation
  admit: Admit
  recall: Recall<Request, Event>
  answer: Answer<Request, Event>
  respond: Respond<Request, Event>
  /** Calls that run now. */
  flights: Flights<JourneyEvent<Event>>
  /** Told of every request that ended without a receipt. */
  refused: (trail: Trail<Request>, error: GatewayError) => void
  deadlineMs: number
  clock: Clock
}

/**
 * The journey of a request; the face has authenticated the caller at the door.
 *
 *   admit → recall → [ classify → route → reserve → call → settle → record → remember ] → respond
 *
 * A hit is a remembered stream. A miss is a flight: the bracketed steps (`answer.ts`) run once for all identical
 * requests of the moment, are paid once by the one that came first, and go on as long as anybody follows them.
 */
export const createComplete = <Request extends Asked, Event extends Content>(steps: Steps<Request, Event>) => {
  const { operation, admit, recall, answer, respond, flights, refused, deadlineMs, clock } = steps
  return async function* complete(
    request: Request,
    context: RequestContext,
  ): AsyncGenerator<JourneyEvent<Event>, void> {
    const trail = openTrail({ operation, request, context, deadlineMs, clock })
    using deadline = startDeadline(trail, clock)
    try {
      await using _ticket = await admit(trail)
      const memory = await recall(trail)
      if (memory.state === 'hit') {
        yield* respond(trail, replay(memory.answer, trail, clock), deadline.signal)
        return
      }
      const flight = flights.join(memory.flightKey, (emit, signal) => answer(trail, memory, emit, signal))
      const events = flight.events(deadline.signal)
      yield* flight.role === 'leader' ? events : respond(trail, follow(events, trail, clock), deadline.signal)
    } catch (thrown) {
      const error = asGatewayError(thrown, deadline.signal)
      const hasReceipt = trail.attempts.length > 0 || trail.served !== null
      if (!hasReceipt) refused(trail, error)
      throw error
    }
  }
}
