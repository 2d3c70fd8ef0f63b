import type { AnswerEvent, Warning } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ProviderRow, UpstreamEvent } from '../../contract/provider.ts'
import { finishReasonOf } from '../finish.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'
import { createBlocks } from './blocks.ts'
import { mergeUsage, readUsage } from './usage.ts'

interface AnswerOptions {
  row: ProviderRow
  warnings: readonly Warning[]
  /** The tool whose arguments are the answer's text. */
  answerTool: string | null
  refuse: (error: Json) => GatewayError
}

interface AnswerReader {
  /** One event of a stream. @throws GatewayError the error that the event reports */
  event(event: JsonObject): UpstreamEvent[]
  /** A message in one piece. @throws GatewayError provider_bad_reply, or the error that it reports */
  message(message: JsonObject): UpstreamEvent[]
  /** @throws GatewayError provider_cut: no reason to stop was ever given */
  end(): UpstreamEvent[]
}

/** An answer of Anthropic's wire. A message in one piece is read as the events that would have brought it. */
export const createAnswer = ({ row, warnings, answerTool, refuse }: AnswerOptions): AnswerReader => {
  const blocks = createBlocks(answerTool)
  let isIdentified = false
  let hasEnded = false
  let native: string | null = null
  let stopSequence: string | undefined
  let usage: JsonObject = {}
  let responseId: string | null = null

  const identify = (message: JsonObject | null): UpstreamEvent[] => {
    if (isIdentified) return []
    isIdentified = true
    responseId = textOf(message?.id) || null
    return [
      { type: 'identity', model: textOf(message?.model) || null, responseId },
      ...warnings.map((warning) => ({ type: 'warning' as const, warning })),
    ]
  }

  const start = (message: JsonObject | null): UpstreamEvent[] => {
    usage = mergeUsage(usage, objectOf(message?.usage) ?? {})
    const counted = readUsage(usage)
    return [...identify(message), ...(counted ? [{ type: 'partial-usage' as const, usage: counted }] : [])]
  }

  /** Mid-way Anthropic may hand the request to another model, whose price then holds. */
  const readFallback = (block: JsonObject | null): UpstreamEvent[] => {
    const model = block?.type === 'fallback' ? textOf(objectOf(block.to)?.model) : ''
    return model === '' ? [] : [{ type: 'identity', model, responseId }]
  }

  const stop = (delta: JsonObject | null, counted: JsonObject | null): AnswerEvent[] => {
    usage = mergeUsage(usage, counted ?? {})
    native = textOf(delta?.stop_reason) || native
    stopSequence = textOf(delta?.stop_sequence) || stopSequence
    hasEnded ||= native !== null
    const explanation = textOf(objectOf(delta?.stop_details)?.explanation)
    return explanation === '' ? [] : [{ type: 'refusal', choice: 0, text: explanation }]
  }

  return {
    event(event) {
      if (event.error !== undefined && event.error !== null) throw refuse(event)
      const index = countOf(event.index) ?? 0
      switch (event.type) {
        case 'message_start':
          return start(objectOf(event.message))
        case 'content_block_start': {
          const block = objectOf(event.content_block)
          return [...identify(null), ...readFallback(block), ...(block ? blocks.open(index, block) : [])]
        }
        case 'content_block_delta': {
          // Another type cannot count as absent here: a part of the answer would be missing, and nobody told.
          const delta = objectOf(event.delta)
          if (!delta || (delta.type === 'text_delta' && typeof delta.text !== 'string'))
            throw badReply(row, 'with a piece that is not of its wire')
          return [...identify(null), ...blocks.grow(index, delta)]
        }
        case 'content_block_stop':
          return blocks.close(index)
        case 'message_delta':
          return stop(objectOf(event.delta), objectOf(event.usage))
        default:
          return []
      }
    },
    message(message) {
      if (message.type === 'error' || (message.error !== undefined && message.error !== null)) throw refuse(message)
      if (!Array.isArray(message.content)) throw badReply(row, 'without a message in it')
      const said = listOf(message.content).flatMap((value, index) => {
        const block = objectOf(value)
        return block ? [...blocks.open(index, block), ...blocks.close(index)] : []
      })
      const events = [...start(message), ...said, ...stop(message, null)]
      hasEnded = true
      return events
    },
    end() {
      if (!hasEnded) throw cut(row)
      const owed = blocks.end()
      const reason = finishReasonOf(native, blocks.toolCount > 0)
      const counted = readUsage(usage)
      return [
        ...identify(null),
        ...owed,
        { type: 'finish', choice: 0, reason, native, ...(stopSequence === undefined ? {} : { stopSequence }) },
        ...(counted ? [{ type: 'usage' as const, usage: counted }] : []),
      ]
    },
  }
}

const badReply = (row: ProviderRow, fault: string): GatewayError =>
  new GatewayError('provider_bad_reply', `${row.title} answered ${fault}.`, { provider: row.id })

const cut = (row: ProviderRow): GatewayError =>
  new GatewayError('provider_cut', `${row.title} ended its answer without finishing it.`, { provider: row.id })
