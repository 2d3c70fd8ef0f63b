import { randomUUID } from 'node:crypto'
import type { AnswerEvent } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import { listOf, objectOf, textOf } from '../shape.ts'
import { createPartialArgs } from './partial-args.ts'
import type { PartialArgs } from './partial-args.ts'
import { callExtra, markText, markThought } from './signatures.ts'
import type { CallSignatures } from './signatures.ts'

/** The parts of one candidate, as they come. */
export interface Candidate {
  read(part: JsonObject): AnswerEvent[]
  /** What is still owed at the end. */
  end(): AnswerEvent[]
  readonly toolCount: number
}

/** Every part is whole by itself but thoughts and text, which go on in the next, and calls that say `willContinue`. */
export const createCandidate = (choice: number, signatures: CallSignatures): Candidate => {
  let toolCount = 0
  let blocks = 0
  let thought: number | null = null
  let running: { index: number; args: PartialArgs } | null = null

  const think = (text: string, signature: string): AnswerEvent[] => {
    thought ??= blocks++
    const block = thought
    const events: AnswerEvent[] = text === '' ? [] : [{ type: 'reasoning', choice, block, text }]
    if (signature === '') return events
    // A signature closes what it signs.
    thought = null
    return [...events, { type: 'reasoning-signature', choice, block, signature: markThought(signature) }]
  }

  const say = (text: string, signature: string): AnswerEvent[] => {
    thought = null
    const events: AnswerEvent[] = text === '' ? [] : [{ type: 'text', choice, text }]
    if (signature === '') return events
    return [...events, { type: 'reasoning-redacted', choice, block: blocks++, data: markText(signature) }]
  }

  const close = (): AnswerEvent[] => {
    if (!running) return []
    const { index, args } = running
    running = null
    return [{ type: 'tool-arguments', choice, index, text: JSON.stringify(args.whole()) }]
  }

  const call = (described: JsonObject, signature: string): AnswerEvent[] => {
    const name = textOf(described.name)
    const pieces = listOf(described.partialArgs)
    const goesOn = described.willContinue === true
    if (name === '') {
      running?.args.add(pieces)
      return goesOn ? [] : close()
    }
    thought = null
    const owed = close()
    const index = toolCount++
    // Parallel calls come one a chunk, often without an id: each is a call of its own.
    const id = textOf(described.id) || `call_${randomUUID().replaceAll('-', '')}`
    if (signature !== '') signatures.note(id, signature)
    const extra = signature === '' ? undefined : callExtra(signature)
    const begun: AnswerEvent = { type: 'tool-call', choice, index, id, name, extra }
    if (!goesOn && pieces.length === 0) {
      const text = JSON.stringify(objectOf(described.args) ?? {})
      return [...owed, begun, { type: 'tool-arguments', choice, index, text }]
    }
    running = { index, args: createPartialArgs() }
    running.args.add(pieces)
    return [...owed, begun, ...(goesOn ? [] : close())]
  }

  return {
    read(part) {
      const signature = textOf(part.thoughtSignature)
      const described = objectOf(part.functionCall)
      if (described) return call(described, signature)
      if (part.thought === true) return think(textOf(part.text), signature)
      // What Google's own tools did (searches, code) has no word in the gateway, and its signature none to go with.
      return part.text === undefined ? [] : say(textOf(part.text), signature)
    },
    end: close,
    get toolCount() {
      return toolCount
    },
  }
}
