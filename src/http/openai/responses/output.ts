import type { AnswerEvent } from '../../../contract/chat.ts'
import { logprobsOf } from '../logprobs.ts'
import type { ItemKind, ItemStatus } from './items.ts'
import { hiddenThought, openCall, openMessage, openThought } from './open-item.ts'
import type { ItemEvent, OpenItem, Place } from './open-item.ts'

/** The output items of one response as they grow. */
interface Output {
  write(event: AnswerEvent): ItemEvent[]
  /** Closes what is open; the last item gets this status. */
  close(last: ItemStatus): ItemEvent[]
  /** Every item as far as it has come; those that are open are incomplete. */
  show(): object[]
}

/**
 * A thought ends when something else begins. The text and the calls stay open until the end, since providers may come
 * back to them. `idOf` names an item by its kind and its place.
 */
export const createOutput = (idOf: (kind: ItemKind, index: number) => string): Output => {
  /** Without a status they are open. */
  const items: { item: OpenItem; status: ItemStatus | null }[] = []
  let thinking: { block: number; thought: ReturnType<typeof openThought>; index: number } | null = null
  let message: ReturnType<typeof openMessage> | null = null
  const calls = new Map<number, ReturnType<typeof openCall>>()
  const thoughts = new Map<number, string>()

  const placeFor = (kind: ItemKind): Place => ({ id: idOf(kind, items.length), index: items.length })

  const begin = (item: OpenItem): ItemEvent[] => {
    items.push({ item, status: null })
    return item.begin()
  }

  const end = (index: number, status: ItemStatus): ItemEvent[] => {
    const entry = items[index]
    if (!entry || entry.status !== null) return []
    entry.status = status
    return entry.item.end(status)
  }

  const endThought = (): ItemEvent[] => {
    const index = thinking?.index ?? -1
    thinking = null
    return end(index, 'completed')
  }

  const thoughtOf = (block: number) => {
    if (thinking?.block === block) return { thought: thinking.thought, events: [] }
    const events = endThought()
    const thought = openThought(placeFor('rs'))
    thinking = { block, thought, index: items.length }
    return { thought, events: [...events, ...begin(thought)] }
  }

  const think = (block: number, text: string): ItemEvent[] => {
    const { thought, events } = thoughtOf(block)
    thoughts.set(block, (thoughts.get(block) ?? '') + text)
    return [...events, ...thought.think(text)]
  }

  /** A signature holds for its whole text: where it comes late, that is told once more. */
  const sign = (block: number, signature: string): ItemEvent[] => {
    const isLate = thinking?.block !== block
    const text = thoughts.get(block) ?? ''
    const { thought, events } = thoughtOf(block)
    if (isLate && text !== '') events.push(...thought.think(text))
    thought.sign(signature)
    return events
  }

  const hide = (data: string): ItemEvent[] => {
    const ended = endThought()
    const begun = begin(hiddenThought(placeFor('rs'), data))
    return [...ended, ...begun, ...end(items.length - 1, 'completed')]
  }

  const messageOf = () => {
    if (message) return { message, events: [] }
    const events = endThought()
    message = openMessage(placeFor('msg'))
    return { message, events: [...events, ...begin(message)] }
  }

  return {
    write(event) {
      switch (event.type) {
        case 'text':
        case 'refusal': {
          if (event.text === '') return []
          const { message: said, events } = messageOf()
          return [...events, ...said.say(event.type, event.text)]
        }
        case 'logprobs': {
          const logprobs = logprobsOf(event.content)
          return message && logprobs.length > 0 ? message.weigh(logprobs) : []
        }
        case 'reasoning':
          return event.text === '' ? [] : think(event.block, event.text)
        case 'reasoning-signature':
          return sign(event.block, event.signature)
        case 'reasoning-redacted':
          return hide(event.data)
        case 'tool-call': {
          const { index, id, name, extra } = event
          const ended = endThought()
          const call = openCall(placeFor('fc'), { id, name, extra })
          calls.set(index, call)
          return [...ended, ...begin(call)]
        }
        case 'tool-arguments':
          return event.text === '' ? [] : (calls.get(event.index)?.argue(event.text) ?? [])
      }
    },
    close: (last) => items.flatMap((_item, index) => end(index, index === items.length - 1 ? last : 'completed')),
    show: () => items.map(({ item, status }) => item.show(status ?? 'incomplete')),
  }
}
