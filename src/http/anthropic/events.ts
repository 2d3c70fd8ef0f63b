import type { AnswerEvent } from '../../contract/chat.ts'
import type { Served } from '../../contract/journey.ts'
import { gatewayObject } from '../gateway-object.ts'
import type { End, Frames } from '../inbound.ts'
import { createBlockWriter, frame } from './blocks.ts'
import { messageHead } from './message.ts'
import { stopOf } from './stop.ts'
import { expectedUsage, usageOf } from './usage.ts'

/** Keeps the stream alive; clients pass over it. */
export const ping = frame('ping', {})

/**
 * Writes a journey's events as Anthropic's: `message_start`, the content blocks, `message_delta` with how it ended, what it
 * took and `gateway`, `message_stop`.
 */
export const createMessageEvents = (served: Served): Frames => {
  const blocks = createBlockWriter()
  let refusal: string | null = null
  return {
    open: () =>
      frame('message_start', {
        message: {
          ...messageHead(served),
          content: [],
          stop_reason: null,
          stop_sequence: null,
          stop_details: null,
          usage: expectedUsage(served.inputTokens ?? 0),
        },
      }),

    write(event: AnswerEvent): string {
      if (event.type === 'refusal') refusal = (refusal ?? '') + event.text
      return blocks.write(event)
    },

    end(end: End): string {
      const said = {
        delta: { ...stopOf(end.finishes[0], refusal), container: null },
        usage: usageOf(end.usage),
        gateway: gatewayObject({ served, ...end }),
      }
      return blocks.end() + frame('message_delta', said) + frame('message_stop', {})
    },
  }
}
