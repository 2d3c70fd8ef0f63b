import type { ReasoningBlock, ToolCall } from '../../../contract/chat.ts'
import type { Logprob } from '../logprobs.ts'
import { callItem, messageItem, reasoningItem, refusalPart, summaryPart, textPart } from './items.ts'
import type { ItemStatus } from './items.ts'

/** One event of the stream before it is numbered. */
export interface ItemEvent {
  type: string
  [field: string]: unknown
}

/** An output item as it grows; each step gives the events that tell of it. */
export interface OpenItem {
  begin(): ItemEvent[]
  end(status: ItemStatus): ItemEvent[]
  /** The item as far as it has come. */
  show(status: ItemStatus): object
}

/** Where an item stands among the others, and what it is called. */
export interface Place {
  id: string
  index: number
}

const added = ({ index }: Place, item: object): ItemEvent => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
})
const done = ({ index }: Place, item: object): ItemEvent => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
})

/** A thought: text that can be read, as the one part of a summary, and perhaps a signature. */
export const openThought = (place: Place) => {
  const where = { item_id: place.id, output_index: place.index, summary_index: 0 }
  const thought: Extract<ReasoningBlock, { kind: 'text' }> = { kind: 'text', text: '' }
  const show = (status: ItemStatus) => reasoningItem(place.id, thought, status)
  return {
    show,
    begin: () => [added(place, show('in_progress'))],
    think(text: string): ItemEvent[] {
      const part = { type: 'response.reasoning_summary_part.added', ...where, part: summaryPart('') }
      const isFirst = thought.text === ''
      thought.text += text
      return [...(isFirst ? [part] : []), { type: 'response.reasoning_summary_text.delta', ...where, delta: text }]
    },
    sign: (signature: string): void => void (thought.signature = signature),
    end(status: ItemStatus): ItemEvent[] {
      const { text } = thought
      const whole = [
        { type: 'response.reasoning_summary_text.done', ...where, text },
        { type: 'response.reasoning_summary_part.done', ...where, part: summaryPart(text) },
      ]
      return [...(text === '' ? [] : whole), done(place, show(status))]
    },
  } satisfies OpenItem & Record<string, unknown>
}

/** A thought of which nothing can be read; it is there at once. */
export const hiddenThought = (place: Place, data: string): OpenItem => {
  const show = (status: ItemStatus) => reasoningItem(place.id, { kind: 'redacted', data }, status)
  return { show, begin: () => [added(place, show('in_progress'))], end: (status) => [done(place, show(status))] }
}

type Part = { type: 'text'; text: string; logprobs: Logprob[] } | { type: 'refusal'; text: string }

const showPart = (part: Part): object =>
  part.type === 'text' ? textPart(part.text, part.logprobs) : refusalPart(part.text)

/** What is said, and what is refused, each a part. */
export const openMessage = (place: Place) => {
  const parts: Part[] = []
  const where = (index: number) => ({ item_id: place.id, output_index: place.index, content_index: index })
  const show = (status: ItemStatus) => messageItem(place.id, parts.map(showPart), status)

  const partOf = (type: Part['type']): { part: Part; index: number; events: ItemEvent[] } => {
    const index = parts.findIndex((part) => part.type === type)
    const known = parts[index]
    if (known) return { part: known, index, events: [] }
    const part: Part = type === 'text' ? { type, text: '', logprobs: [] } : { type, text: '' }
    const opened = { type: 'response.content_part.added', ...where(parts.length), part: showPart(part) }
    return { part, index: parts.push(part) - 1, events: [opened] }
  }

  return {
    show,
    begin: () => [added(place, show('in_progress'))],
    say(type: Part['type'], text: string): ItemEvent[] {
      const { part, index, events } = partOf(type)
      part.text += text
      const said = { ...where(index), delta: text }
      events.push(
        type === 'text'
          ? { type: 'response.output_text.delta', ...said, logprobs: [] }
          : { type: 'response.refusal.delta', ...said },
      )
      return events
    },
    /** Log probabilities come after their text: beside a delta that says nothing more. */
    weigh(logprobs: Logprob[]): ItemEvent[] {
      const { part, index, events } = partOf('text')
      if (part.type === 'text') part.logprobs.push(...logprobs)
      return [...events, { type: 'response.output_text.delta', ...where(index), delta: '', logprobs }]
    },
    end(status: ItemStatus): ItemEvent[] {
      const ended = parts.flatMap((part, index): ItemEvent[] => [
        part.type === 'text'
          ? { type: 'response.output_text.done', ...where(index), text: part.text, logprobs: part.logprobs }
          : { type: 'response.refusal.done', ...where(index), refusal: part.text },
        { type: 'response.content_part.done', ...where(index), part: showPart(part) },
      ])
      return [...ended, done(place, show(status))]
    },
  } satisfies OpenItem & Record<string, unknown>
}

/** A tool call, its arguments as JSON text. */
export const openCall = (place: Place, described: Omit<ToolCall, 'argumentsJson'>) => {
  const call: ToolCall = { ...described, argumentsJson: '' }
  const where = { item_id: place.id, output_index: place.index }
  const show = (status: ItemStatus) => callItem(place.id, call, status)
  return {
    show,
    begin: () => [added(place, show('in_progress'))],
    argue(text: string): ItemEvent[] {
      call.argumentsJson += text
      return [{ type: 'response.function_call_arguments.delta', ...where, delta: text }]
    },
    end: (status: ItemStatus): ItemEvent[] => [
      {
        type: 'response.function_call_arguments.done',
        ...where,
        name: call.name,
        arguments: call.argumentsJson,
      },
      done(place, show(status)),
    ],
  } satisfies OpenItem & Record<string, unknown>
}
