import { randomUUID } from 'node:crypto'
import type { AnswerEvent } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import { objectOf, textOf } from '../shape.ts'

type OpenBlock =
  | { kind: 'text' }
  | { kind: 'thinking'; block: number }
  | { kind: 'tool'; index: number; input: JsonObject; hasArguments: boolean }
  /** The tool whose arguments are the answer: they go out as text. */
  | { kind: 'answer'; input: JsonObject; hasArguments: boolean }
  /** What the provider does on its own side (searches, code), which has no word in the gateway. */
  | { kind: 'unread' }

/** The content blocks of one message, opened, grown and closed as a stream does it. */
interface Blocks {
  open(index: number, block: JsonObject): AnswerEvent[]
  grow(index: number, delta: JsonObject): AnswerEvent[]
  close(index: number): AnswerEvent[]
  /** What is still owed at the end of the message. */
  end(): AnswerEvent[]
  readonly toolCount: number
}

export const createBlocks = (answerTool: string | null): Blocks => {
  const opened = new Map<number, OpenBlock>()
  let toolCount = 0
  let thoughtCount = 0
  let hasAnswered = false
  let heldText = ''

  /** Beside an answer given through a tool, text is chatter that would break its JSON; it is the answer if none comes. */
  const say = (text: string): AnswerEvent[] => {
    if (text === '') return []
    if (answerTool === null) return [{ type: 'text', choice: 0, text }]
    heldText += text
    return []
  }

  const think = (block: number, text: string): AnswerEvent[] =>
    text === '' ? [] : [{ type: 'reasoning', choice: 0, block, text }]

  const sign = (block: number, signature: string): AnswerEvent[] =>
    signature === '' ? [] : [{ type: 'reasoning-signature', choice: 0, block, signature }]

  const openTool = (index: number, block: JsonObject): AnswerEvent[] => {
    const name = textOf(block.name)
    const input = objectOf(block.input) ?? {}
    if (name === answerTool) {
      opened.set(index, hasAnswered ? { kind: 'unread' } : { kind: 'answer', input, hasArguments: false })
      hasAnswered = true
      return []
    }
    const call = toolCount++
    opened.set(index, { kind: 'tool', index: call, input, hasArguments: false })
    const id = textOf(block.id) || `toolu_${randomUUID().replaceAll('-', '')}`
    return [{ type: 'tool-call', choice: 0, index: call, id, name }]
  }

  const write = (block: Extract<OpenBlock, { kind: 'tool' | 'answer' }>, text: string): AnswerEvent[] => {
    if (text === '') return []
    block.hasArguments = true
    return block.kind === 'answer'
      ? [{ type: 'text', choice: 0, text }]
      : [{ type: 'tool-arguments', choice: 0, index: block.index, text }]
  }

  const close = (index: number): AnswerEvent[] => {
    const block = opened.get(index)
    opened.delete(index)
    if (block?.kind !== 'tool' && block?.kind !== 'answer') return []
    // Input comes in pieces in a stream and whole in a message; a call without any still has an object as arguments.
    return block.hasArguments ? [] : write(block, JSON.stringify(block.input))
  }

  return {
    open(index, block) {
      switch (block.type) {
        case 'text':
          opened.set(index, { kind: 'text' })
          return say(textOf(block.text))
        case 'thinking': {
          const thought = thoughtCount++
          opened.set(index, { kind: 'thinking', block: thought })
          return [...think(thought, textOf(block.thinking)), ...sign(thought, textOf(block.signature))]
        }
        case 'redacted_thinking':
          opened.set(index, { kind: 'unread' })
          return [{ type: 'reasoning-redacted', choice: 0, block: thoughtCount++, data: textOf(block.data) }]
        case 'tool_use':
          return openTool(index, block)
        default:
          opened.set(index, { kind: 'unread' })
          return []
      }
    },
    grow(index, delta) {
      const block = opened.get(index)
      switch (delta.type) {
        case 'text_delta':
          return block?.kind === 'unread' ? [] : say(textOf(delta.text))
        case 'thinking_delta':
          return block?.kind === 'thinking' ? think(block.block, textOf(delta.thinking)) : []
        case 'signature_delta':
          return block?.kind === 'thinking' ? sign(block.block, textOf(delta.signature)) : []
        case 'input_json_delta':
          return block?.kind === 'tool' || block?.kind === 'answer' ? write(block, textOf(delta.partial_json)) : []
        default:
          return []
      }
    },
    close,
    end() {
      const owed = [...opened.keys()].flatMap(close)
      return hasAnswered || heldText === '' ? owed : [...owed, { type: 'text', choice: 0, text: heldText }]
    },
    get toolCount() {
      return toolCount
    },
  }
}
