import type { AnswerEvent } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { Served } from '../../contract/journey.ts'
import { gatewayObject } from '../gateway-object.ts'
import type { End, Frames } from '../inbound.ts'
import { reasoningDetail } from './reasoning.ts'
import { completionId } from './reply.ts'
import { usageOf } from './usage.ts'

/** One server-sent event. */
export const frame = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`

/** What ends a stream that is whole. */
export const doneFrame = 'data: [DONE]\n\n'

/**
 * Writes a journey's events as OpenAI's `chat.completion.chunk` frames, all with one id, time and model.
 * The chunks that finish a choice wait for `end`, when the ledger has the answer; the last of them carries `gateway`.
 */
export const createChunks = (
  served: Served,
  { createdS, includeUsage }: { createdS: number; includeUsage: boolean },
): Frames => {
  const head = {
    id: completionId(served.requestId),
    object: 'chat.completion.chunk',
    created: createdS,
    model: served.model,
  }
  /** With `include_usage` every chunk has the field, null until the last. */
  const tail = includeUsage ? { usage: null } : {}
  const opened = new Set<number>()
  const thoughts = new Map<string, string>()

  const chunk = (
    choice: number,
    delta: object,
    { logprobs = null, finish_reason = null }: { logprobs?: JsonObject | null; finish_reason?: string | null } = {},
  ) => ({
    ...head,
    choices: [{ index: choice, delta, logprobs, finish_reason }],
    ...tail,
  })

  const open = (choice: number): string => {
    if (opened.has(choice)) return ''
    opened.add(choice)
    return frame(chunk(choice, { role: 'assistant', content: '' }))
  }

  const deltaOf = (event: Exclude<AnswerEvent, { type: 'logprobs' }>): object => {
    switch (event.type) {
      case 'text':
        return { content: event.text }
      case 'refusal':
        return { refusal: event.text }
      case 'reasoning': {
        const block = `${event.choice}.${event.block}`
        thoughts.set(block, (thoughts.get(block) ?? '') + event.text)
        return { reasoning_content: event.text }
      }
      // A signature holds for its whole text, so a client that keeps this one item can send the block back.
      case 'reasoning-signature': {
        const text = thoughts.get(`${event.choice}.${event.block}`) ?? ''
        return { reasoning_details: [reasoningDetail({ kind: 'text', text, signature: event.signature }, event.block)] }
      }
      case 'reasoning-redacted':
        return { reasoning_details: [reasoningDetail({ kind: 'redacted', data: event.data }, event.block)] }
      case 'tool-call': {
        const { index, id, name, extra } = event
        return { tool_calls: [{ ...extra, index, id, type: 'function', function: { name, arguments: '' } }] }
      }
      case 'tool-arguments':
        return { tool_calls: [{ index: event.index, function: { arguments: event.text } }] }
    }
  }

  return {
    /** The first chunk: it says who speaks. */
    open: (): string => open(0),

    write(event: AnswerEvent): string {
      const said =
        event.type === 'logprobs'
          ? chunk(event.choice, {}, { logprobs: { content: event.content, refusal: event.refusal ?? null } })
          : chunk(event.choice, deltaOf(event))
      return open(event.choice) + frame(said)
    },

    end(end: End): string {
      const gateway = gatewayObject({ served, ...end })
      const last = end.finishes.length - 1
      const finishes = end.finishes.map(({ choice, reason }, position) => {
        const finish = chunk(choice, {}, { finish_reason: reason })
        return open(choice) + frame(position === last ? { ...finish, gateway } : finish)
      })
      const usage = includeUsage ? frame({ ...head, choices: [], usage: usageOf(end.usage) }) : ''
      return finishes.join('') + usage + doneFrame
    },
  }
}
