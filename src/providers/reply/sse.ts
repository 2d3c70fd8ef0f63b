import { createParser } from 'eventsource-parser'
import type { EventSourceMessage } from 'eventsource-parser'

/** One event of a stream. `event` is the name where it has one; `cut`: the stream ended within it. */
export interface ServerSentEvent {
  event: string | undefined
  data: string
  cut: boolean
}

/**
 * Server-sent events from bytes: text split anywhere, CRLF, comments and `data:` without a space as the specification
 * has them. An event that the end of the stream leaves open is given too, marked `cut`: some servers send no blank
 * line after their last one.
 */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  const decoder = new TextDecoder()
  const ready: EventSourceMessage[] = []
  const parser = createParser({
    onEvent: (event) => {
      // `data:` with nothing behind it keeps a connection awake, as comments do.
      if (event.data.trim() !== '') ready.push(event)
    },
  })

  for await (const chunk of bytes) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    for (const { event, data } of ready.splice(0)) yield { event, data, cut: false }
  }
  parser.feed(`${decoder.decode()}\n\n`)
  for (const { event, data } of ready) yield { event, data, cut: true }
}
