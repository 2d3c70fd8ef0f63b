import type { JourneyEvent } from '../contract/journey.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Flights } from '../lib/flight.ts'
import type { Answer } from './answer.ts'
import type { Carry } from './complete.ts'
import { follow } from './follow.ts'
import type { Respond } from './respond.ts'

/**
 * A miss as a flight: it runs once for all identical requests of the moment, is paid once by the one that came first, and
 * goes on as long as anybody follows it.
 */
export const createShare = <Request extends Asked, Event extends Content>(parts: {
  answer: Answer<Request, Event>
  respond: Respond<Request, Event>
  /** Calls that run now. */
  flights: Flights<JourneyEvent<Event>>
  clock: Clock
}): Carry<Request, Event> => {
  const { answer, respond, flights, clock } = parts
  return (trail, miss, signal) => {
    const flight = flights.join(miss.flightKey, (emit, left) => answer(trail, miss, emit, left))
    const events = flight.events(signal)
    return flight.role === 'leader' ? events : respond(trail, follow(events, trail, clock), signal)
  }
}
