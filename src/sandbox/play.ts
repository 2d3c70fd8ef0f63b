import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sleep } from '../lib/abort.ts'
import type { Score, Step } from './score.ts'

/**
 * Plays a score on a connection.
 * @throws the signal's reason as soon as it aborts: the caller left, or the sandbox closes
 */
export const play = async (score: Score, response: ServerResponse, signal: AbortSignal): Promise<void> => {
  for (const step of score) {
    signal.throwIfAborted()
    await perform(step, response, signal)
  }
}

const perform = async (step: Step, response: ServerResponse, signal: AbortSignal): Promise<void> => {
  switch (step.do) {
    case 'head':
      // No content-length: a body that ends early is then a clean end, as chunked coding allows.
      response.writeHead(step.status, step.headers).flushHeaders()
      return
    case 'write':
      return write(step.text, response, signal)
    case 'bytes':
      return write(step.bytes, response, signal)
    case 'pause':
      if (step.ms > 0) await sleep(step.ms, signal)
      else await nextTurn()
      return
    case 'wait':
      await Promise.race([step.until, aborted(signal)])
      return
    case 'end':
      response.end()
      return
    case 'hold':
      return aborted(signal)
    case 'cut':
      // What was written before is still sent.
      response.socket?.destroySoon()
      return
    case 'reset':
      await flushed(response)
      response.socket?.resetAndDestroy()
      return
  }
}

const write = async (chunk: string | Uint8Array, response: ServerResponse, signal: AbortSignal): Promise<void> => {
  if (response.write(chunk)) return
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    response.once('drain', () => {
      signal.removeEventListener('abort', leave)
      resolve()
    })
  })
}

/** Rejects with the signal's reason when it aborts; never resolves. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** An empty write is called back once everything before it has left the process. */
const flushed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.socket === null || !response.headersSent) resolve()
    else response.socket.write('', () => resolve())
  })
