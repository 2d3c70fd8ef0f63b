import type { AnswerEvent } from '../../contract/chat.ts'
import { toolUse } from './message.ts'

/** One server-sent event of Anthropic's wire. */
export const frame = (type: string, data: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`

/** Writes the content blocks of a stream. */
export interface BlockWriter {
  /** What can be said now; may be empty. */
  write(event: AnswerEvent): string
  /** What waited, and the end of every block. */
  end(): string
}

interface Block {
  /** What later pieces belong to it. */
  key: string
  start: object
  /** Pieces that were not said yet. */
  deltas: object[]
  /** A call's arguments so far; null for other blocks, which end as soon as another follows. */
  argumentsJson: string | null
  isOpen: boolean
}

/**
 * On this wire one block is open at a time, and each is numbered as it opens; events may come for several at once
 * (parallel calls). So blocks stand in line: the first is said as it comes, those behind it wait until it is whole, which
 * for a call means that its arguments are.
 */
export const createBlockWriter = (): BlockWriter => {
  const line: Block[] = []
  let opened = 0

  /** Says the first of the line, and the next ones as far as they are whole. */
  const flush = (isEnd: boolean): string => {
    let said = ''
    for (let first = line[0]; first; first = line[0]) {
      if (!first.isOpen) {
        first.isOpen = true
        said += frame('content_block_start', { index: opened++, content_block: first.start })
      }
      const index = opened - 1
      for (const delta of first.deltas.splice(0)) said += frame('content_block_delta', { index, delta })
      if (!isEnd && (line.length === 1 || !isWhole(first))) break
      said += frame('content_block_stop', { index })
      line.shift()
    }
    return said
  }

  const open = (key: string, start: object, isCall = false): Block => {
    const block = { key, start, deltas: [], argumentsJson: isCall ? '' : null, isOpen: false }
    line.push(block)
    return block
  }
  const find = (key: string): Block | undefined => line.find((block) => block.key === key)

  const put = (event: AnswerEvent): void => {
    switch (event.type) {
      case 'text': {
        const last = line.at(-1)
        const block = last?.key === 'text' ? last : open('text', { type: 'text', text: '', citations: null })
        block.deltas.push({ type: 'text_delta', text: event.text })
        break
      }
      case 'reasoning':
        thought(event.block).deltas.push({ type: 'thinking_delta', thinking: event.text })
        break
      // One that comes late, after its thought was closed, stands in a block of its own, and goes back all the same.
      case 'reasoning-signature':
        thought(event.block).deltas.push({ type: 'signature_delta', signature: event.signature })
        break
      case 'reasoning-redacted':
        open('redacted', { type: 'redacted_thinking', data: event.data })
        break
      case 'tool-call':
        open(`call ${event.index}`, toolUse(event), true)
        break
      case 'tool-arguments': {
        const call = find(`call ${event.index}`)
        if (!call || event.text === '') break
        call.argumentsJson += event.text
        call.deltas.push({ type: 'input_json_delta', partial_json: event.text })
        break
      }
      // A refusal is told with the reason to stop; this wire has no log probabilities.
      case 'refusal':
      case 'logprobs':
    }
  }

  const thought = (block: number): Block =>
    find(`thought ${block}`) ?? open(`thought ${block}`, { type: 'thinking', thinking: '', signature: '' })

  return {
    write(event) {
      put(event)
      return flush(false)
    },
    end: () => flush(true),
  }
}

/** Whether nothing can follow in a block. The last character tells most arguments that are not, without reading them. */
const isWhole = ({ argumentsJson }: Block): boolean => {
  if (argumentsJson === null) return true
  if (!argumentsJson.trimEnd().endsWith('}')) return false
  try {
    JSON.parse(argumentsJson)
    return true
  } catch {
    return false
  }
}
