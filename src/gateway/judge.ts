import type { AnswerEvent, Finish, ResponseFormat } from '../contract/chat.ts'
import type { StructuredOutputFault } from '../contract/error-detail.ts'
import type { Schemas } from '../schemas/schemas.ts'

/** What is wrong with a choice that is not what was asked for. */
export interface Faulty {
  /** As it came. */
  text: string
  /** A sentence; a colon at its end where `misfits` say more. */
  why: string
  misfits: StructuredOutputFault['errors']
  /** Whether asking again may help. */
  mayBeRepaired: boolean
}

/** `events`: the choice as it goes out. */
export type Judged = { fits: true; events: readonly AnswerEvent[] } | ({ fits: false } & Faulty)

/** Holds a complete choice against the format. One that answers otherwise, by a refusal or by calls of tools, passes. */
export type Judge = (events: readonly AnswerEvent[], finish: Finish | undefined) => Judged

type AskedFormat = Exclude<ResponseFormat, { type: 'text' }>

/**
 * @param options.isSent the text is with the caller already: only as it came can it be right. Else JSON in a Markdown
 *   fence is taken out of it.
 * @throws GatewayError invalid_request for a schema that is none, or too much
 */
export const createJudge = (
  format: AskedFormat,
  compile: Schemas['compile'],
): ((options: { isSent: boolean }) => Judge) => {
  const check =
    format.type === 'json_schema' ? compile(format.schema, 'response_format.json_schema.schema') : checkObject
  return ({ isSent }) =>
    (events, finish) => {
      if (answersOtherwise(events, finish)) return { fits: true, events }
      const text = events.map((event) => (event.type === 'text' ? event.text : '')).join('')
      const read = parse(text) ?? (isSent ? null : parse(withinFence(text)))
      const verdict = read && check(read.value)
      if (verdict?.fits)
        return { fits: true, events: read?.text === text ? events : withText(events, read?.text ?? '') }

      const fault = { fits: false as const, text, misfits: [], mayBeRepaired: false }
      if (finish?.reason === 'length')
        return { ...fault, why: "The answer was cut off by max_tokens, or by the model's own limit, within its JSON." }
      if (!verdict) return { ...fault, why: 'The answer is not JSON.', mayBeRepaired: true }
      if (verdict.fits === null)
        return { ...fault, why: 'The answer takes too many steps to be checked against the schema.' }
      const misfits = verdict.misfits.map(({ pointer, message }) => ({ path: pointer, message }))
      return { ...fault, why: 'The answer does not fit the JSON schema:', misfits, mayBeRepaired: true }
    }
}

/** Without a schema an object is asked for, any object. */
const checkObject: ReturnType<Schemas['compile']> = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { fits: true }
    : { fits: false, misfits: [{ pointer: '', message: 'must be object' }] }

const answersOtherwise = (events: readonly AnswerEvent[], finish: Finish | undefined): boolean =>
  finish?.reason === 'content_filter' || events.some(({ type }) => type === 'refusal' || type === 'tool-call')

const withText = (events: readonly AnswerEvent[], text: string): AnswerEvent[] => [
  ...events.filter(({ type }) => type !== 'text'),
  { type: 'text', choice: events[0]?.choice ?? 0, text },
]

/** What stands between the first and the last Markdown fence. */
const withinFence = (text: string): string => {
  const open = text.indexOf('```')
  const close = text.lastIndexOf('```')
  const start = text.indexOf('\n', open)
  return open >= 0 && start >= 0 && start < close ? text.slice(start, close).trim() : ''
}

const parse = (text: string): { text: string; value: unknown } | null => {
  try {
    const value: unknown = JSON.parse(text)
    return { text, value }
  } catch {
    return null
  }
}
