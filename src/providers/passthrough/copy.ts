import type { ReplyReader } from '../../contract/endpoints.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json } from '../../contract/json.ts'
import type { CopyFact, ProviderRow, UpstreamEvent } from '../../contract/provider.ts'
import { readChunk } from '../reply/chunk.ts'
import { createEventReader } from '../reply/sse.ts'
import type { ServerSentEvent } from '../reply/sse.ts'
import { objectOf, parseJson } from '../shape.ts'
import { readers } from './readers.ts'

/** What a copy of a reply says of it, piece by piece. */
export interface Copy {
  feed(bytes: Uint8Array): CopyFact[]
  end(): CopyFact[]
  /** A stream whose last event has not come: more follows. */
  readonly goesOn: boolean
}

/** A document that is longer is passed on and not read: its tokens are then our own count. */
const longestDocument = 32 * 1024 * 1024

/** Reads along without ever holding up what is passed on: a reply that cannot be understood is passed on all the same. */
export const createCopy = (options: {
  row: ProviderRow
  reader: ReplyReader
  isStream: boolean
  status: number
  refuse: (error: Json) => GatewayError
}): Copy => {
  const { row, isStream, status } = options
  const reader = readers[options.reader](options)
  let hasGivenUp = false
  let hasEnded = false

  const attend = (read: () => (UpstreamEvent | CopyFact)[]): CopyFact[] => {
    if (hasGivenUp) return []
    try {
      return read().flatMap(factOf)
    } catch (thrown) {
      hasGivenUp = true
      return [{ type: 'complaint', code: GatewayError.from(thrown).code, status }]
    }
  }

  return isStream ? streamCopy() : documentCopy()

  function streamCopy(): Copy {
    const events = createEventReader()
    const readAll = (found: readonly ServerSentEvent[]): CopyFact[] => {
      hasEnded ||= found.some(({ data }) => lastEvents.test(data))
      return found
        .filter(({ data }) => data.trim() !== '[DONE]')
        .flatMap((event) => attend(() => reader.event(readChunk(event, row))))
    }
    return {
      get goesOn() {
        return !hasEnded
      },
      feed: (bytes) => readAll(events.feed(bytes)),
      end: () => [...readAll(events.end()), ...attend(reader.end)],
    }
  }

  function documentCopy(): Copy {
    const pieces: Uint8Array[] = []
    let length = 0
    return {
      goesOn: false,
      feed: (bytes) => {
        length += bytes.length
        if (length <= longestDocument) pieces.push(bytes)
        return []
      },
      end: () => {
        if (length > longestDocument) return []
        const read = parseJson(Buffer.concat(pieces).toString())
        const values = (Array.isArray(read) ? read : [read]).map(objectOf).filter((value) => value !== null)
        return [
          ...(values.length === 0 ? [{ type: 'complaint' as const, code: 'provider_bad_reply' as const, status }] : []),
          ...values.flatMap((value) => attend(() => reader.document(value))),
          ...attend(reader.end).filter(({ type }) => type !== 'complaint'),
        ]
      },
    }
  }
}

/** How the wires end their streams: OpenAI's two, Anthropic's and Google's, and an error on any of them. */
const lastEvents =
  /^\s*\[DONE\]|"type": ?"(?:message_stop|response\.(?:completed|failed|incomplete)|error)"|"finishReason"|^\s*\{"error"/

const factOf = (event: UpstreamEvent | CopyFact): CopyFact[] => {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'tool-arguments':
      return [{ type: 'written', text: event.text }]
    case 'tool-call':
      return [{ type: 'written', text: event.name }]
    case 'reasoning-signature':
    case 'reasoning-redacted':
    case 'logprobs':
      return []
    default:
      return [event]
  }
}
