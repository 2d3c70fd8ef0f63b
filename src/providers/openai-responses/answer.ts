import type { Usage, Warning } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ProviderRow, UpstreamEvent } from '../../contract/provider.ts'
import { finishReasonOf } from '../finish.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'
import { createItems } from './items.ts'
import { readUsage } from './usage.ts'

interface AnswerOptions {
  row: ProviderRow
  warnings: readonly Warning[]
  refuse: (error: Json) => GatewayError
}

interface AnswerReader {
  /** One event of a stream; kinds that are not known say nothing. @throws GatewayError the error that it reports */
  event(event: JsonObject): UpstreamEvent[]
  /** A response in one piece. @throws GatewayError provider_bad_reply, or the error that it reports */
  response(response: JsonObject): UpstreamEvent[]
  /** The last event of a stream was there. */
  readonly hasEnded: boolean
  /** @throws GatewayError the failure that ended the response; provider_cut: nothing ended it */
  end(): UpstreamEvent[]
}

/** Deltas that carry the answer. */
const answerDeltas: ReadonlySet<Json | undefined> = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.reasoning_summary_text.delta',
  'response.reasoning_text.delta',
  'response.function_call_arguments.delta',
])

/** An answer of the Responses wire. A response in one piece is read as the events that would have brought it. */
export const createAnswer = ({ row, warnings, refuse }: AnswerOptions): AnswerReader => {
  const items = createItems(row)
  let model: string | null = null
  let responseId: string | null = null
  let isIdentified = false
  let usage: Usage | null = null
  /** The provider's word for how it ended; null until it has. */
  let native: string | null = null
  let failure: GatewayError | null = null

  /** Whose answer it is; told again where the last event names another model than the first. */
  const identify = (response: JsonObject | null): UpstreamEvent[] => {
    const before = model
    note(response)
    if (isIdentified && model === before) return []
    const notes = isIdentified ? [] : warnings.map((warning) => ({ type: 'warning' as const, warning }))
    isIdentified = true
    return [{ type: 'identity', model, responseId }, ...notes]
  }

  const note = (response: JsonObject | null): void => {
    model = textOf(response?.model) || model
    responseId = textOf(response?.id) || responseId
  }

  const finish = (response: JsonObject | null): UpstreamEvent[] => {
    const status = textOf(response?.status) || 'completed'
    native = textOf(objectOf(response?.incomplete_details)?.reason) || status
    usage = readUsage(response?.usage)
    // Some servers tell what was put out only at the end.
    const output = items.count === 0 ? listOf(response?.output) : []
    const said = output.flatMap((value, index) => {
      const item = objectOf(value)
      return item ? items.close(index, item) : []
    })
    return [...identify(response), ...said]
  }

  /** What a failed response used was paid for: the count goes out before the error. */
  const fail = (response: JsonObject | null): UpstreamEvent[] => {
    failure = refuse({ error: response?.error ?? `It ended with "${textOf(response?.status) || 'failed'}".` })
    const counted = readUsage(response?.usage)
    return counted ? [...identify(response), { type: 'usage', usage: counted }] : []
  }

  return {
    event(event) {
      const type = textOf(event.type)
      if (type === 'error') throw refuse(isSaid(event.error) ? event : { error: event })
      if (isSaid(event.error)) throw refuse(event)
      // Another type cannot count as absent here: a part of the answer would be missing, and nobody told.
      if (answerDeltas.has(type) && typeof event.delta !== 'string')
        throw badReply(row, 'with a piece that is not of its wire')
      const index = countOf(event.output_index) ?? 0
      const item = objectOf(event.item)
      const response = objectOf(event.response)
      switch (type) {
        case 'response.created':
          // Nothing is said yet, and nothing to be paid where nothing follows.
          note(response)
          return []
        case 'response.output_item.added':
          return item ? [...identify(null), ...items.open(index, item)] : []
        case 'response.output_item.done':
          return item ? [...identify(null), ...items.close(index, item)] : []
        case 'response.completed':
        case 'response.incomplete':
          return finish(response)
        case 'response.failed':
        case 'response.cancelled':
          return fail(response)
        default: {
          const said = items.grow(index, event)
          return said.length > 0 ? [...identify(null), ...said] : said
        }
      }
    },
    response(response) {
      const status = textOf(response.status)
      if (status === 'failed' || status === 'cancelled') return fail(response)
      if (isSaid(response.error)) throw refuse(response)
      if (!Array.isArray(response.output)) throw badReply(row, 'without a response in it')
      if (status === 'queued' || status === 'in_progress')
        throw badReply(row, `with a response that is not finished: it is "${status}"`)
      return finish(response)
    },
    get hasEnded() {
      return native !== null || failure !== null
    },
    end() {
      if (failure) throw failure
      if (native === null) throw cut(row)
      const owed = items.end()
      if (owed === null) throw badReply(row, 'with a tool call that has no name')
      const reason = finishReasonOf(native, items.callCount > 0)
      return [
        ...owed,
        { type: 'finish', choice: 0, reason, native },
        ...(usage ? [{ type: 'usage' as const, usage }] : []),
      ]
    },
  }
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null

const badReply = (row: ProviderRow, fault: string): GatewayError =>
  new GatewayError('provider_bad_reply', `${row.title} answered ${fault}.`, { provider: row.id })

const cut = (row: ProviderRow): GatewayError =>
  new GatewayError('provider_cut', `${row.title} ended its answer without finishing it.`, { provider: row.id })
