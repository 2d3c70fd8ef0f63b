import { createParser } from 'eventsource-parser'

/** One event of a stream. `event` is the name where it has one; `cut`: the stream ended within it. */
export interface ServerSentEvent {
  event: string | undefined
  data: string
  cut: boolean
}

/**
 * Server-sent events from bytes, as many at once as a read brought: an asynchronous step for each would cost more than
 * reading it. Text split anywhere, CRLF, comments and `data:` without a space are as the specification has them. An
 * event that the end of the stream leaves open is given too, marked `cut`: some servers send no blank line after their
 * last one.
 */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent[], void> {
  const reader = createEventReader()
  for await (const chunk of bytes) {
    const events = reader.feed(chunk)
    if (events.length > 0) yield events
  }
  const rest = reader.end()
  if (rest.length > 0) yield rest
}

/** The same for who is given the bytes: what each piece completes, and what the end leaves. */
export const createEventReader = (): { feed(chunk: Uint8Array): ServerSentEvent[]; end(): ServerSentEvent[] } => {
  const decoder = new TextDecoder()
  let cut = false
  let ready: ServerSentEvent[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => {
      // `data:` with nothing behind it keeps a connection awake, as comments do.
      if (data.trim() !== '') ready.push({ event, data, cut })
    },
  })

  const take = (): ServerSentEvent[] => {
    const taken = ready
    ready = []
    return taken
  }
  return {
    feed: (chunk) => {
      parser.feed(decoder.decode(chunk, { stream: true }))
      return ready.length > 0 ? take() : none
    },
    end: () => {
      cut = true
      parser.feed(`${decoder.decode()}\n\n`)
      return take()
    },
  }
}

const none: ServerSentEvent[] = []
