import type { AnswerEvent } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'
import { markSignature } from '../signature.ts'

/** Who wants entries of `reasoning_details` back as they came. */
export const detailMaker = 'openrouter'

/** The thoughts of one choice, wherever a provider puts them. */
export interface ReasoningReader {
  /** `reasoning_details` (OpenRouter), `reasoning_content` (DeepSeek, xAI, vLLM) or `reasoning` (Groq) of a delta. */
  read(delta: JsonObject): AnswerEvent[]
  /** A `thinking` part within the content (Mistral). */
  readPart(part: JsonObject): AnswerEvent[]
}

export const createReasoning = (choice: number): ReasoningReader => {
  const blocks = new Map<string, number>()

  /** Blocks are numbered as they first appear; text and what is encrypted never share one. */
  const blockOf = (kind: 'text' | 'redacted', name: number | string): number => {
    const key = `${kind} ${name}`
    const known = blocks.get(key)
    if (known !== undefined) return known
    const block = blocks.size
    blocks.set(key, block)
    return block
  }

  const textEvents = (name: number | string, text: string): AnswerEvent[] =>
    text === '' ? [] : [{ type: 'reasoning', choice, block: blockOf('text', name), text }]

  const readDetail = (detail: JsonObject, position: number): AnswerEvent[] => {
    const name = countOf(detail.index) ?? position
    const data = textOf(detail.data)
    if (data !== '') {
      // Kept whole: the entry goes back as it came, and the maker's own format and id are part of it.
      const block = blockOf('redacted', `${name} ${textOf(detail.id)}`)
      return [{ type: 'reasoning-redacted', choice, block, data: markSignature(detailMaker, JSON.stringify(detail)) }]
    }
    const events = textEvents(name, textOf(detail.text) || textOf(detail.summary))
    const signature = textOf(detail.signature)
    if (signature !== '') events.push({ type: 'reasoning-signature', choice, block: blockOf('text', name), signature })
    return events
  }

  return {
    read(delta) {
      const details = listOf(delta.reasoning_details)
        .map(objectOf)
        .flatMap((detail, position) => (detail ? readDetail(detail, position) : []))
      // The plain fields say again what the details say.
      if (details.some(({ type }) => type === 'reasoning')) return details
      return [...textEvents('plain', textOf(delta.reasoning_content) || textOf(delta.reasoning)), ...details]
    },
    readPart: (part) => textEvents('plain', thinkingText(part.thinking)),
  }
}

const thinkingText = (thinking: Json | undefined): string =>
  typeof thinking === 'string'
    ? thinking
    : listOf(thinking)
        .map((part) => textOf(objectOf(part)?.text))
        .join('')
