import type { AnswerEvent, Finish, ResponseFormat } from '../contract/chat.ts'
import type { StructuredOutputFault } from '../contract/errors.ts'
import type { Schemas } from '../schemas/schemas.ts'

/** A choice that is not what was asked for. */
export interface Faulty {
  choice: number
  /** As it came. */
  text: string
  /** A sentence; a colon at its end where `misfits` say more. */
  why: string
  misfits: StructuredOutputFault['errors']
  /** Whether asking again may help. */
  mayBeRepaired: boolean
}

export interface Judge {
  /** Null for a choice that is as asked, and for one that answers otherwise: with a refusal, or calls of tools. */
  judge(events: readonly AnswerEvent[], finish: Finish | undefined): Omit<Faulty, 'choice'> | null
  /** The JSON alone, where it came in a fence or among prose; null where the text is JSON as it came. */
  bare(events: readonly AnswerEvent[]): string | null
}

type AskedFormat = Exclude<ResponseFormat, { type: 'text' }>

/** @throws GatewayError invalid_request for a schema that is none, or too much */
export const createJudge = (format: AskedFormat, compile: Schemas['compile']): Judge => {
  const check =
    format.type === 'json_schema' ? compile(format.schema, 'response_format.json_schema.schema') : checkObject
  return {
    judge: (events, finish) => {
      if (answersOtherwise(events, finish)) return null
      const text = textOf(events)
      const read = readJson(text)
      const verdict = read ? check(read.value) : { fits: false as const, misfits: [] }
      if (verdict.fits) return null
      const fault = { text, misfits: [], mayBeRepaired: false }
      if (finish?.reason === 'length')
        return { ...fault, why: "The answer was cut off by max_tokens, or by the model's own limit, within its JSON." }
      if (verdict.fits === null)
        return { ...fault, why: 'The answer takes too many steps to be checked against the schema.' }
      if (!read) return { ...fault, why: 'The answer is not JSON.', mayBeRepaired: true }
      const misfits = verdict.misfits.map(({ pointer, message }) => ({ path: pointer, message }))
      return { text, why: 'The answer does not fit the JSON schema:', misfits, mayBeRepaired: true }
    },
    bare: (events) => {
      const text = textOf(events)
      return events.some(isText) && parse(text) === null ? (readJson(text)?.text ?? null) : null
    },
  }
}

/** Without a schema an object is asked for, any object. */
const checkObject: ReturnType<Schemas['compile']> = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { fits: true }
    : { fits: false, misfits: [{ pointer: '', message: 'must be object' }] }

const answersOtherwise = (events: readonly AnswerEvent[], finish: Finish | undefined): boolean =>
  finish?.reason === 'content_filter' || events.some(({ type }) => type === 'refusal' || type === 'tool-call')

const isText = ({ type }: AnswerEvent): boolean => type === 'text'

const textOf = (events: readonly AnswerEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')

interface Read {
  text: string
  value: unknown
}

/** The text as JSON, or what stands between its first and its last Markdown fence. */
const readJson = (text: string): Read | null => {
  const whole = parse(text)
  if (whole) return whole
  const open = text.indexOf('```')
  const close = text.lastIndexOf('```')
  const start = text.indexOf('\n', open)
  return open >= 0 && start >= 0 && start < close ? parse(text.slice(start, close).trim()) : null
}

const parse = (text: string): Read | null => {
  try {
    const value: unknown = JSON.parse(text)
    return { text, value }
  } catch {
    return null
  }
}
