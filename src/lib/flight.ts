/**
 * Single-flight for streams. The first to join a key starts the work (the lead); whoever joins while it runs shares it,
 * reading the whole stream from its start, live, each at its own pace. The work belongs to its readers together: it goes
 * on as long as one of them reads, whoever started it, and is aborted when the last one leaves.
 */
export interface Flights<Event, Key extends string = string> {
  /**
   * Takes a seat on the key's flight, starting one where none runs; `null` never shares. A seat keeps the lead running until
   * its reader ends, so `events` must be called.
   * @param lead emits the stream and resolves at its end; a rejection is thrown to every reader after the events so far.
   *   Its signal aborts once every reader has left, with the last leaver's reason.
   */
  join(key: Key | null, lead: Lead<Event>): Seat<Event>
  /** Resolves when no lead runs. */
  drain(): Promise<void>
}

export type Lead<Event> = (emit: (event: Event) => void, signal: AbortSignal) => Promise<void>

interface Seat<Event> {
  role: 'leader' | 'follower'
  /**
   * The stream from its first event. Once per seat. Aborting `signal` gives up the seat at once, even while nobody pulls,
   * and the next pull throws the signal's reason.
   */
  events(signal: AbortSignal): AsyncGenerator<Event, void>
}

/** What one seat and its flight know of each other. */
interface Reader {
  /** Tells a waiting reader to look again. */
  wake(): void
}

interface Flight<Event> {
  /** Everything emitted so far. */
  buffer: Event[]
  readers: Set<Reader>
  end: null | { failed: false } | { failed: true; error: unknown }
  abort(reason: unknown): void
}

export const createFlights = <Event, Key extends string = string>(): Flights<Event, Key> => {
  const flights = new Map<Key, Flight<Event>>()
  const running = new Set<Promise<void>>()

  const release = (key: Key | null, flight: Flight<Event>): void => {
    if (key !== null && flights.get(key) === flight) flights.delete(key)
  }

  const start = (key: Key | null, lead: Lead<Event>): Flight<Event> => {
    const controller = new AbortController()
    const flight: Flight<Event> = {
      buffer: [],
      readers: new Set(),
      end: null,
      abort: (reason) => {
        // Nobody may board a flight that is being called off.
        release(key, flight)
        controller.abort(reason)
      },
    }
    const emit = (event: Event): void => {
      if (flight.end || controller.signal.aborted) return
      flight.buffer.push(event)
      for (const reader of flight.readers) reader.wake()
    }
    const fly = async (): Promise<void> => {
      try {
        await lead(emit, controller.signal)
        flight.end = { failed: false }
      } catch (error) {
        flight.end = { failed: true, error }
      }
      release(key, flight)
      for (const reader of flight.readers) reader.wake()
    }
    if (key !== null) flights.set(key, flight)
    const flown = fly().finally(() => running.delete(flown))
    running.add(flown)
    return flight
  }

  return {
    join: (key, lead) => {
      const shared = key === null ? undefined : flights.get(key)
      return { role: shared ? 'follower' : 'leader', events: takeSeat(shared ?? start(key, lead)) }
    },
    drain: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

const takeSeat = <Event>(flight: Flight<Event>): Seat<Event>['events'] => {
  const reader: Reader = { wake: () => {} }
  let taken = false
  flight.readers.add(reader)

  return (signal) => {
    if (taken) throw new Error('A seat reads its stream once')
    taken = true

    const leave = (why: () => unknown): void => {
      signal.removeEventListener('abort', onAbort)
      if (!flight.readers.delete(reader)) return
      if (flight.readers.size === 0 && !flight.end) flight.abort(why())
      reader.wake()
    }
    const onAbort = (): void => leave(() => signal.reason)

    const read = async function* (): AsyncGenerator<Event, void> {
      try {
        for (let next = 0; ;) {
          const unread = flight.buffer.slice(next)
          for (const event of unread) {
            signal.throwIfAborted()
            yield event
          }
          next += unread.length
          if (next < flight.buffer.length) continue
          if (flight.end?.failed) throw flight.end.error
          if (flight.end) return
          signal.throwIfAborted()
          if (!flight.readers.has(reader)) return
          await new Promise<void>((resolve) => (reader.wake = resolve))
        }
      } finally {
        leave(departed)
      }
    }

    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    return leavingAtOnce(read(), leave)
  }
}

/**
 * A generator alone would keep its seat in two cases: returned before its first pull, its body and so its `finally` never
 * runs; returned during a pull, it waits for that pull. Both give up the seat here first.
 */
const leavingAtOnce = <Event>(
  stream: AsyncGenerator<Event, void>,
  leave: (why: () => unknown) => void,
): AsyncGenerator<Event, void> => ({
  next: () => stream.next(),
  return: (value) => {
    leave(departed)
    return stream.return(value)
  },
  throw: (error) => {
    leave(() => error)
    return stream.throw(error)
  },
  [Symbol.asyncIterator]() {
    return this
  },
  async [Symbol.asyncDispose]() {
    await this.return()
  },
})

const departed = (): DOMException => new DOMException('Every reader has left the stream', 'AbortError')
