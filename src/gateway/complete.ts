import type { GatewayError } from '../contract/errors.ts'
import type { JourneyEvent, RequestContext } from '../contract/journey.ts'
import type { Asked, Content, Operation } from '../contract/operation.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Admit } from './admit.ts'
import { asGatewayError } from './attempt.ts'
import { startDeadline } from './deadline.ts'
import type { Miss, Recall } from './recall.ts'
import { replay } from './replay.ts'
import type { Respond } from './respond.ts'
import { openTrail } from './trail.ts'
import type { Trail } from './trail.ts'

/** The second half of a journey, for a request that memory could not answer. */
export type Carry<Request extends Asked, Event extends Content> = (
  trail: Trail<Request>,
  miss: Miss,
  signal: AbortSignal,
) => AsyncGenerator<JourneyEvent<Event>, void>

interface Steps<Request extends Asked, Event extends Content> {
  operation: Operation
  admit: Admit
  recall: Recall<Request, Event>
  carry: Carry<Request, Event>
  respond: Respond<Request, Event>
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
 * A hit is a remembered stream. A miss goes through the bracketed steps: once for all identical requests of the moment
 * (`share.ts`, `answer.ts`), or by itself and as fast as its caller reads (`pass.ts`).
 */
export const createComplete = <Request extends Asked, Event extends Content>(steps: Steps<Request, Event>) => {
  const { operation, admit, recall, carry, respond, refused, deadlineMs, clock } = steps
  return async function* complete(
    request: Request,
    context: RequestContext,
  ): AsyncGenerator<JourneyEvent<Event>, void> {
    const trail = openTrail({ operation, request, context, deadlineMs, clock })
    using deadline = startDeadline(trail, clock)
    try {
      await using _ticket = await admit(trail)
      const memory = await recall(trail, deadline.signal)
      if (memory.state === 'hit') {
        yield* respond(trail, replay(memory, trail, clock), deadline.signal)
        return
      }
      yield* carry(trail, memory, deadline.signal)
    } catch (thrown) {
      const error = asGatewayError(thrown, deadline.signal)
      const hasReceipt = trail.attempts.length > 0 || trail.served !== null
      if (!hasReceipt) refused(trail, error)
      throw error
    }
  }
}
