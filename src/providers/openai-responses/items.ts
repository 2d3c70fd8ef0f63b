import { randomUUID } from 'node:crypto'
import type { AnswerEvent } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'
import { sealReasoning, thoughtsOf } from './reasoning.ts'

type OpenItem = { /** What went out of each part so far. */ said: Map<string, string> } & (
  | { kind: 'message' }
  /** `block` is null until there is something to say. */
  | { kind: 'reasoning'; block: number | null }
  | { kind: 'call'; index: number; id: string; name: string; hasBegun: boolean; held: string; offered: string }
  /** What the provider does on its own side (searches, code), which has no word in the gateway. */
  | { kind: 'unread' }
)
type Kind = OpenItem['kind']
type Item<K extends Kind> = Extract<OpenItem, { kind: K }>

/** The output items of one response, opened, grown and closed as a stream does it. */
interface Items {
  open(index: number, item: JsonObject): AnswerEvent[]
  /** A delta, or the whole of a part that may have come in deltas before. */
  grow(index: number, event: JsonObject): AnswerEvent[]
  /** The whole item: gives whatever of it has not gone out yet. */
  close(index: number, item: JsonObject): AnswerEvent[]
  /** What is still owed at the end. Null where a call never got a name. */
  end(): AnswerEvent[] | null
  /** Items seen, of whatever kind. */
  readonly count: number
  readonly callCount: number
}

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['message', 'message'],
  ['reasoning', 'reasoning'],
  ['function_call', 'call'],
])

export const createItems = (row: ProviderRow): Items => {
  const opened = new Map<number, OpenItem>()
  const calls: Item<'call'>[] = []
  let count = 0
  let blockCount = 0

  const create = (kind: Kind): OpenItem => {
    const said = new Map<string, string>()
    switch (kind) {
      case 'message':
      case 'unread':
        return { kind, said }
      case 'reasoning':
        return { kind, said, block: null }
      case 'call': {
        const call = { kind, said, index: calls.length, id: '', name: '', hasBegun: false, held: '', offered: '' }
        calls.push(call)
        return call
      }
    }
  }

  const place = (index: number, kind: Kind): OpenItem => {
    const item = create(kind)
    count += 1
    opened.set(index, item)
    return item
  }

  /** The item at a place, made where it was never announced; null where another kind is there. */
  const itemAt = <K extends Kind>(index: number, kind: K): Item<K> | null => {
    const item = opened.get(index) ?? place(index, kind)
    return isOf(item, kind) ? item : null
  }

  const say = (item: Item<'message'> | null, part: string, text: string): AnswerEvent[] => {
    if (!item || text === '') return []
    note(item, part, text)
    return [{ type: part.startsWith('refusal') ? 'refusal' : 'text', choice: 0, text }]
  }

  const think = (item: Item<'reasoning'> | null, part: string, text: string): AnswerEvent[] => {
    if (!item || text === '') return []
    // Parts are paragraphs.
    const gap = item.said.size > 0 && !item.said.has(part) ? '\n\n' : ''
    note(item, part, text)
    item.block ??= blockCount++
    return [{ type: 'reasoning', choice: 0, block: item.block, text: gap + text }]
  }

  const write = (item: Item<'call'> | null, text: string): AnswerEvent[] => {
    if (!item) return []
    if (text !== '') note(item, 'arguments', text)
    const written = item.held + text
    item.held = item.name === '' ? written : ''
    if (item.name === '') return []
    const events: AnswerEvent[] = []
    if (!item.hasBegun) {
      item.hasBegun = true
      const id = item.id || `call_${randomUUID().replaceAll('-', '')}`
      events.push({ type: 'tool-call', choice: 0, index: item.index, id, name: item.name })
    }
    if (written !== '') events.push({ type: 'tool-arguments', choice: 0, index: item.index, text: written })
    return events
  }

  const name = (item: Item<'call'>, described: JsonObject): void => {
    item.id ||= textOf(described.call_id) || textOf(described.id)
    item.name ||= textOf(described.name)
  }

  /** A call without arguments still has an object as arguments. */
  const settleCall = (item: Item<'call'>): AnswerEvent[] =>
    item.said.has('arguments') ? [] : write(item, item.offered || '{}')

  const closeMessage = (item: Item<'message'>, whole: JsonObject): AnswerEvent[] =>
    listOf(whole.content).flatMap((value, index): AnswerEvent[] => {
      const part = objectOf(value)
      const key = `${part?.type === 'refusal' ? 'refusal' : 'text'} ${index}`
      const logprobs = listOf(part?.logprobs)
      return [
        ...say(item, key, restOf(item, key, textOf(part?.refusal) || textOf(part?.text))),
        ...(logprobs.length > 0 ? [{ type: 'logprobs' as const, choice: 0, content: logprobs }] : []),
      ]
    })

  const closeReasoning = (item: Item<'reasoning'>, whole: JsonObject): AnswerEvent[] => {
    const events = thoughtsOf(whole).flatMap(([part, text]) => think(item, part, restOf(item, part, text)))
    const signature = sealReasoning(whole, row)
    if (signature === undefined) return events
    item.block ??= blockCount++
    return [...events, { type: 'reasoning-signature', choice: 0, block: item.block, signature }]
  }

  const closeCall = (item: Item<'call'>, whole: JsonObject): AnswerEvent[] => {
    name(item, whole)
    return [...write(item, restOf(item, 'arguments', textOf(whole.arguments))), ...settleCall(item)]
  }

  const open = (index: number, described: JsonObject): AnswerEvent[] => {
    const before = opened.get(index)
    const owed = before && isOf(before, 'call') ? settleCall(before) : []
    const item = place(index, kinds.get(textOf(described.type)) ?? 'unread')
    if (!isOf(item, 'call')) return owed
    // Arguments that are there already mostly come again as a delta or at the end.
    item.offered = textOf(described.arguments)
    name(item, described)
    return [...owed, ...write(item, '')]
  }

  return {
    open,
    grow(index, event) {
      const text = textOf(event.delta)
      const whole = textOf(event.text) || textOf(event.refusal) || textOf(event.arguments)
      const part = (kind: string, number: Json | undefined): string => `${kind} ${countOf(number) ?? 0}`
      const more = (item: OpenItem | null, key: string): string => text || (item ? restOf(item, key, whole) : '')
      switch (textOf(event.type).replace(/\.(delta|done)$/, '')) {
        case 'response.output_text': {
          const item = itemAt(index, 'message')
          const key = part('text', event.content_index)
          return say(item, key, more(item, key))
        }
        case 'response.refusal': {
          const item = itemAt(index, 'message')
          const key = part('refusal', event.content_index)
          return say(item, key, more(item, key))
        }
        case 'response.reasoning_summary_text': {
          const item = itemAt(index, 'reasoning')
          const key = part('summary', event.summary_index)
          return think(item, key, more(item, key))
        }
        case 'response.reasoning_text': {
          const item = itemAt(index, 'reasoning')
          const key = part('content', event.content_index)
          return think(item, key, more(item, key))
        }
        case 'response.function_call_arguments': {
          const item = itemAt(index, 'call')
          if (item) name(item, event)
          return write(item, more(item, 'arguments'))
        }
        default:
          return []
      }
    },
    close(index, whole) {
      const owed = opened.has(index) ? [] : open(index, whole)
      const item = opened.get(index)
      opened.delete(index)
      switch (item?.kind) {
        case 'message':
          return [...owed, ...closeMessage(item, whole)]
        case 'reasoning':
          return [...owed, ...closeReasoning(item, whole)]
        case 'call':
          return [...owed, ...closeCall(item, whole)]
        case 'unread':
        case undefined:
          return owed
      }
    },
    end: () => (calls.some((call) => call.name === '') ? null : calls.flatMap(settleCall)),
    get count() {
      return count
    },
    get callCount() {
      return calls.length
    },
  }
}

const isOf = <K extends Kind>(item: OpenItem, kind: K): item is Item<K> => item.kind === kind

const note = ({ said }: OpenItem, part: string, text: string): void =>
  void said.set(part, (said.get(part) ?? '') + text)

/** What of a part's whole text has not gone out; nothing where the whole says something else than its deltas did. */
const restOf = ({ said }: OpenItem, part: string, whole: string): string => {
  const before = said.get(part) ?? ''
  return whole.startsWith(before) ? whole.slice(before.length) : ''
}
