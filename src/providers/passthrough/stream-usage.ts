import type { ReplyReader } from '../../contract/endpoints.ts'
import type { PassthroughRequest } from '../../contract/passthrough.ts'
import type { ProviderRow } from '../../contract/provider.ts'

/**
 * The payload of a chat's stream, asking for the usage that its caller did not ask for; null where it need or may not be
 * asked for. It is written in front of the caller's own bytes, which stay as they are.
 */
export const askForUsage = (
  { body, text }: PassthroughRequest,
  reader: ReplyReader | null,
  { wire }: ProviderRow,
): string | null => {
  const isUncounted = body?.['stream'] === true && !Object.hasOwn(body, 'stream_options')
  if (reader !== 'chat' || !isUncounted || !wire.usageInStreaming) return null
  return text.replace('{', '{"stream_options":{"include_usage":true},')
}

/** Ends of events: an empty line, whichever way lines end. */
const eventEnd = /\r?\n\r?\n/g

/** What is longer is no chunk with usage: it is passed on rather than searched for its end again and again. */
const longestEvent = 256 * 1024

/** Takes the chunk with the usage that only we asked for out of a stream. Everything else stays byte for byte. */
export const createUsageFilter = (): { pass(bytes: Uint8Array): Uint8Array; rest(): Uint8Array } => {
  // One character a byte, whatever the bytes mean.
  let pending = ''
  return {
    pass: (bytes) => {
      pending += Buffer.from(bytes).toString('latin1')
      let kept = ''
      let from = 0
      for (const { index, 0: end } of pending.matchAll(eventEnd)) {
        const event = pending.slice(from, index + end.length)
        if (!isUsageAlone(event)) kept += event
        from = index + end.length
      }
      pending = pending.slice(from)
      if (pending.length > longestEvent) {
        kept += pending
        pending = ''
      }
      return Buffer.from(kept, 'latin1')
    },
    rest: () => Buffer.from(isUsageAlone(pending) ? '' : pending, 'latin1'),
  }
}

/** OpenAI's chunk for usage has no choices; servers that put it on the last choice are left alone. */
const isUsageAlone = (event: string): boolean => /"choices": ?\[\]/.test(event) && /"usage": ?\{/.test(event)
