import type { Json } from '../../../src/contract/json.ts'
import { at } from '../../support/json.ts'
import type { Heard } from './ask.ts'

/** What a caller is left with. */
export type Outcome =
  /** The whole answer. */
  | { kind: 'answered' }
  /** The whole answer, and another deployment than the first gave it. */
  | { kind: 'answered elsewhere' }
  /** An error as the API defines it, in place of an answer or as an event that ends a stream. */
  | { kind: 'clean error'; status: number; code: string | null }
  /** An error by its status, in a shape that the API does not have. */
  | { kind: 'odd error'; status: number }
  /** The connection broke: the caller knows that something failed, not what. */
  | { kind: 'dropped' }
  /** What a client takes for an answer and is none, or cannot read, or waits for in vain. */
  | { kind: 'broken'; how: string }

/** Judges what was heard as OpenAI's clients would; `whole` is the answer as it is when nothing goes wrong. */
export const judge = (heard: Heard, wasStream: boolean, whole: string): Outcome => {
  const { status, text, ending } = heard
  if (ending === 'hang') return broken('hangs')
  if (status === null) return { kind: 'dropped' }
  if (status !== 200) return judgeError(status, text, ending)
  return wasStream ? judgeStream(heard, whole) : judgeReply(heard, whole)
}

const judgeError = (status: number, text: string, ending: Heard['ending']): Outcome => {
  if (ending === 'dropped') return { kind: 'dropped' }
  const body = parse(text)
  if (typeof at(body, 'error', 'message') === 'string') return cleanError(status, body)
  return body === undefined ? broken(`${status} without JSON`) : { kind: 'odd error', status }
}

const judgeReply = ({ text, ending }: Heard, whole: string): Outcome => {
  if (ending === 'dropped') return { kind: 'dropped' }
  const body = parse(text)
  if (body === undefined) return broken(/^\s*</.test(text) ? '200 with a web page' : '200 with half a JSON text')
  if (at(body, 'error') !== undefined) return broken('an error under status 200')
  const choice = at(body, 'choices', 0)
  const isWhole = at(choice, 'message', 'content') === whole && typeof at(choice, 'finish_reason') === 'string'
  return isWhole ? { kind: 'answered' } : broken('200 without the answer')
}

const judgeStream = ({ text, ending }: Heard, whole: string): Outcome => {
  if (/^\s*</.test(text)) return broken('200 with a web page')
  const events = eventsOf(text)
  if (events.some((event) => event === undefined)) return broken('an event that is not JSON')
  const error = events.find((event) => typeof at(event, 'error', 'message') === 'string')
  if (error !== undefined) return cleanError(200, error)
  if (ending === 'dropped') return { kind: 'dropped' }
  if (events.some((event) => event !== '[DONE]' && !Array.isArray(at(event, 'choices'))))
    return broken('an event of no known shape')
  const said = events.map((event) => at(event, 'choices', 0, 'delta', 'content') ?? '').join('')
  const isFinished = events.some((event) => typeof at(event, 'choices', 0, 'finish_reason') === 'string')
  if (!isFinished) return broken('ends well without the whole answer')
  return said === whole ? { kind: 'answered' } : broken('ends well with a part missing')
}

const cleanError = (status: number, body: Json | undefined): Outcome => {
  const code = at(body, 'error', 'code')
  return { kind: 'clean error', status, code: typeof code === 'string' ? code : null }
}

const broken = (how: string): Outcome => ({ kind: 'broken', how })

/** The data of each event: JSON, `[DONE]` as it is, undefined where it is neither. */
const eventsOf = (text: string): (Json | undefined)[] =>
  [...text.matchAll(/^data: ?(.*)$/gm)].map(([, data = '']) => (data.trim() === '[DONE]' ? '[DONE]' : parse(data)))

const parse = (text: string): Json | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An outcome in a cell of a table. */
export const describeOutcome = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'answered':
      return 'answered'
    case 'answered elsewhere':
      return 'answered by the other'
    case 'clean error': {
      const what = [outcome.status === 200 ? 'event' : outcome.status, outcome.code].filter((word) => word !== null)
      return `error: ${what.join(' ')}`
    }
    case 'odd error':
      return `error: ${outcome.status} of another shape`
    case 'dropped':
      return 'dropped'
    case 'broken':
      return `**broken**: ${outcome.how}`
  }
}
