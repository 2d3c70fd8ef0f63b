import type { JourneyEvent } from '../contract/journey.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Flights } from '../lib/flight.ts'
import type { Answer } from './answer.ts'
import type { Carry } from './complete.ts'
import { follow } from './follow.ts'
import { replay } from './replay.ts'
import type { Respond } from './respond.ts'
import type { TakeTurn } from './turn.ts'

/**
 * A miss as a flight: it runs once for all identical requests of the moment, is paid once by the one that came first, and
 * goes on as long as anybody follows it. Where another instance is at it, the flight is its answer.
 */
export const createShare = <Request extends Asked, Event extends Content>(parts: {
  answer: Answer<Request, Event>
  respond: Respond<Request, Event>
  takeTurn: TakeTurn<Request, Event>
  /** Calls that run now. */
  flights: Flights<JourneyEvent<Event>>
  clock: Clock
}): Carry<Request, Event> => {
  const { answer, respond, takeTurn, flights, clock } = parts

  const lead: Answer<Request, Event> = async (trail, miss, emit, left) => {
    const taken = await takeTurn(trail, miss, left)
    if (taken.state === 'answered') {
      for await (const event of respond(trail, replay({ ...taken, tier: 'shared' }, trail, clock), left)) emit(event)
      return true
    }
    let isKept = false
    try {
      isKept = await answer(trail, { ...miss, turn: taken.turn }, emit, left)
      return isKept
    } finally {
      await taken.turn.end(isKept)
    }
  }

  return (trail, miss, signal) => {
    const flight = flights.join(miss.flightKey, async (emit, left) => void (await lead(trail, miss, emit, left)))
    const events = flight.events(signal)
    return flight.role === 'leader' ? events : respond(trail, follow(events, trail, clock), signal)
  }
}
