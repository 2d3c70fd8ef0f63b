import type { Credentials } from './credentials.ts'
import { open, send } from './send.ts'
import type { Opened, Question, Reply } from './send.ts'

export interface Asked extends Question {
  /** `nobody` shows no key. @default holder */
  as?: 'holder' | 'nobody'
}

/** Asks the gateway with the doctor's credentials, each time on a new connection and within the time for one answer. */
export interface Ask {
  (question: Asked, signal: AbortSignal): Promise<Reply>
  /** The same for an answer that is read as it comes; the limit is for its beginning. */
  open(question: Asked, signal: AbortSignal): Promise<Opened>
  /** Asks somebody else, who is to learn nothing that was meant for the gateway. */
  bare(question: Question, signal: AbortSignal): Promise<Reply>
  /** The longest wait for one answer. */
  limitMs: number
}

export const createAsk = (credentials: Credentials, limitMs: number): Ask => {
  const signed = ({ as = 'holder', ...question }: Asked): Question => ({
    ...question,
    headers: {
      ...(as === 'holder' ? credentials.headers : credentials.keyless),
      ...(question.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...question.headers,
    },
  })
  const ask = (question: Asked, signal: AbortSignal): Promise<Reply> =>
    send(signed(question), AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))

  const openWithin = async (question: Asked, signal: AbortSignal): Promise<Opened> => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new DOMException('No answer in time.', 'TimeoutError')), limitMs)
    try {
      return await open(signed(question), AbortSignal.any([signal, late.signal]))
    } finally {
      clearTimeout(timer)
    }
  }
  const bare = (question: Question, signal: AbortSignal): Promise<Reply> =>
    send(question, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))
  return Object.assign(ask, { open: openWithin, bare, limitMs })
}
