import { randomUUID } from 'node:crypto'
import type { AnswerEvent } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import { countOf, objectOf, textOf } from '../shape.ts'

interface OpenCall {
  /** The provider's number for it, where it numbers them. */
  wireIndex: number | null
  id: string
  name: string
  extra: JsonObject
  /** Arguments that came before the name did. */
  held: string
  hasBegun: boolean
  hasArguments: boolean
}

/** The tool calls of one choice, from deltas as loose as providers send them. */
export interface ToolCallReader {
  read(deltas: readonly Json[]): AnswerEvent[]
  /** What is still owed at the end: `{}` for calls without arguments. Null where a call never got a name. */
  end(): AnswerEvent[] | null
  readonly count: number
}

/** `isWhole`: each entry is a whole call by itself, in a reply that is no stream, whatever its number and id say. */
export const createToolCalls = (choice: number, isWhole: boolean): ToolCallReader => {
  const calls: OpenCall[] = []

  const open = (wireIndex: number | null): OpenCall => {
    const call = { wireIndex, id: '', name: '', extra: {}, held: '', hasBegun: false, hasArguments: false }
    calls.push(call)
    return call
  }

  const find = (wireIndex: number | null, id: string, name: string): OpenCall | undefined => {
    if (wireIndex !== null) {
      const numbered = calls.findLast((call) => call.wireIndex === wireIndex)
      // Gemini's OpenAI layer numbers every parallel call 0: another id with a name of its own is another call.
      const isAnother = numbered !== undefined && id !== '' && numbered.id !== '' && id !== numbered.id && name !== ''
      return isAnother ? undefined : numbered
    }
    if (id !== '') return calls.find((call) => call.id === id)
    return name === '' ? calls.at(-1) : undefined
  }

  const readOne = (delta: JsonObject, position: number): AnswerEvent[] => {
    const { id: givenId, type: _type, index: _index, function: givenFunction, ...extra } = delta
    const described = objectOf(givenFunction)
    const id = textOf(givenId)
    const name = textOf(described?.name)
    const wireIndex = isWhole ? position : countOf(delta.index)
    const written = argumentsOf(described?.arguments)
    const known = find(wireIndex, id, name)
    if (!known && id === '' && name === '' && written === '') return []
    const call = known ?? open(wireIndex)
    call.id ||= id
    call.name ||= name
    Object.assign(call.extra, extra)
    const text = call.held + written
    if (call.name === '') {
      call.held = text
      return []
    }
    call.held = ''
    const events: AnswerEvent[] = []
    const index = calls.indexOf(call)
    if (!call.hasBegun) {
      call.hasBegun = true
      call.id ||= `call_${randomUUID().replaceAll('-', '')}`
      const echoed = Object.keys(call.extra).length > 0 ? call.extra : undefined
      events.push({ type: 'tool-call', choice, index, id: call.id, name: call.name, extra: echoed })
    }
    if (text !== '') {
      call.hasArguments = true
      events.push({ type: 'tool-arguments', choice, index, text })
    }
    return events
  }

  return {
    read: (deltas) =>
      deltas.flatMap((value, position) => {
        const delta = objectOf(value)
        return delta ? readOne(delta, position) : []
      }),
    end() {
      if (calls.some(({ hasBegun }) => !hasBegun)) return null
      return calls.flatMap(({ hasArguments }, index) =>
        hasArguments ? [] : [{ type: 'tool-arguments' as const, choice, index, text: '{}' }],
      )
    },
    get count() {
      return calls.length
    },
  }
}

/** Text by rule; some local servers send the object itself. */
const argumentsOf = (value: Json | undefined): string => {
  if (typeof value === 'string') return value
  return objectOf(value) ? JSON.stringify(value) : ''
}
