import { z } from 'zod'
import { invalid, json, read, readFields, unread } from './border.ts'
import type { Message, Warning } from './chat.ts'
import { readInputParts, readInputTexts, readOutputParts } from './responses-parts.ts'
import { isForeignThought, unsealThought } from './responses-reasoning.ts'

const itemList = z.array(z.unknown(), 'must be a string or an array of items.').min(1)
const anyItem = z.object({ type: z.string().nullish(), role: unread, id: unread })
const message = z.object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content: unread, phase: unread })
const functionCall = z
  .object({ call_id: z.string().min(1), name: z.string().min(1), arguments: z.string() })
  .catchall(json)
const functionOutput = z.object({ call_id: z.string().min(1), output: unread })
const thoughtParts = z.array(z.object({ text: z.string() })).optional()
const reasoning = z.object({ summary: thoughtParts, content: thoughtParts, encrypted_content: z.string().optional() })

type Assistant = Extract<Message, { role: 'assistant' }>

/** Where a message was said, in the caller's words: `input[2]`, its parts in `input[2].output`. */
export interface Origin {
  at: string
  /** Null where the parts are no list of the caller's, or of several items. */
  parts: string | null
}

export interface ReadInput {
  messages: Message[]
  origins: Origin[]
  warnings: Warning[]
}

/**
 * Reads `input`: a text of the user's, or items. What the assistant thought, said and called between two turns of the
 * user's side is one message; a turn that called stays open until the results come, for most wires want them next.
 * @throws GatewayError invalid_request, with the path of the field at fault
 */
export const readInput = (value: unknown, param: string): ReadInput => {
  if (typeof value === 'string')
    return {
      messages: [{ role: 'user', content: [{ type: 'text', text: value }] }],
      origins: [{ at: param, parts: null }],
      warnings: [],
    }
  const turns = createTurns()
  for (const [index, item] of read(itemList, value, param).entries()) readItem(item, `${param}[${index}]`, turns)
  return turns.end()
}

/** The conversation so far. */
interface Turns {
  add(message: Exclude<Message, Assistant>, at: string, parts: string): void
  /** The assistant's open turn, or a new one. `begins`: it is a new step of the assistant's. */
  assistant(at: string, begins: 'thought' | 'text' | 'call'): Assistant
  warn(param: string, message: string): void
  end(): ReadInput
}

const createTurns = (): Turns => {
  const said: { message: Message; origin: Origin }[] = []
  const warnings: Warning[] = []
  const warn = (param: string, text: string): void =>
    void warnings.push({ code: 'dropped_parameter', param, message: text })
  return {
    warn,
    add: (added, at, parts) => void said.push({ message: added, origin: { at, parts } }),
    assistant(at, begins) {
      const last = said.at(-1)?.message
      if (last?.role === 'assistant') {
        const hasSpoken = last.content.length > 0 || last.refusal !== undefined
        if (begins === 'call' || last.toolCalls.length > 0 || !hasSpoken) return last
      }
      const opened: Assistant = { role: 'assistant', content: [], reasoning: [], toolCalls: [] }
      said.push({ message: opened, origin: { at, parts: null } })
      return opened
    },
    end() {
      const kept = said.filter(({ message: turn, origin: { at } }) => {
        if (turn.role !== 'assistant') return true
        const isEmpty = turn.content.length === 0 && turn.refusal === undefined && turn.toolCalls.length === 0
        if (isEmpty && turn.reasoning.length > 0) warn(at, 'Thoughts that nothing followed are not sent to a model.')
        return !isEmpty
      })
      return { messages: kept.map((turn) => turn.message), origins: kept.map(({ origin }) => origin), warnings }
    },
  }
}

const readItem = (item: unknown, at: string, turns: Turns): void => {
  const { type, role, id } = read(anyItem, item, at)
  switch (type ?? (role === undefined && id !== undefined ? 'item_reference' : 'message')) {
    case 'message':
      return readMessage(item, at, turns)
    case 'function_call': {
      const { call_id, name, arguments: argumentsJson, ...rest } = readFields(functionCall, item, at)
      const { id: _id, type: _type, status: _status, namespace: _namespace, caller: _caller, ...extra } = rest
      turns.assistant(at, 'call').toolCalls.push({
        id: call_id,
        name,
        argumentsJson,
        extra: Object.keys(extra).length === 0 ? undefined : extra,
      })
      return
    }
    case 'function_call_output': {
      const { call_id: toolCallId, output } = readFields(functionOutput, item, at)
      const parts = `${at}.output`
      turns.add({ role: 'tool', toolCallId, content: readInputParts(output, parts) }, at, parts)
      return
    }
    case 'reasoning':
      return readReasoning(item, at, turns)
    case 'item_reference':
      throw invalid(at, 'refers to an item that the gateway does not keep: send the item itself (with "store": false).')
    default:
      throw invalid(
        `${at}.type`,
        'must be "message", "reasoning", "function_call" or "function_call_output": tools that run at a provider are not taken.',
      )
  }
}

const readMessage = (item: unknown, at: string, turns: Turns): void => {
  const { role, content, phase } = readFields(message, item, at)
  if (phase !== undefined) turns.warn(`${at}.phase`, 'The gateway does not tell models the phase of a message.')
  const parts = `${at}.content`
  switch (role) {
    case 'system':
    case 'developer':
      turns.add({ role: 'system', content: readInputTexts(content, parts) }, at, parts)
      return
    case 'user':
      turns.add({ role: 'user', content: readInputParts(content, parts) }, at, parts)
      return
    case 'assistant': {
      const { text, refusal } = readOutputParts(content, parts)
      const turn = turns.assistant(at, 'text')
      turn.content.push(...text)
      if (refusal !== undefined) turn.refusal = (turn.refusal ?? '') + refusal
    }
  }
}

/** Summaries are the text of a thought; `content` is where other services put it. */
const readReasoning = (item: unknown, at: string, turns: Turns): void => {
  const { summary = [], content = [], encrypted_content: encrypted } = readFields(reasoning, item, at)
  const parts = summary.length > 0 ? summary : content
  const block = unsealThought(parts.map(({ text }) => text).join('\n\n'), encrypted)
  if (isForeignThought(encrypted))
    turns.warn(`${at}.encrypted_content`, 'Another service encrypted these thoughts: only their text is of use here.')
  if (block) turns.assistant(at, 'thought').reasoning.push(block)
}
