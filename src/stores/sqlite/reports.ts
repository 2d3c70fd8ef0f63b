import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { GatewayError } from '../../contract/errors.ts'
import type { Receipts } from '../../contract/store.ts'
import type { Asked, Question, Reply, Told } from './reports-worker.ts'

export interface Reports extends Pick<Receipts, 'usage' | 'recent'>, AsyncDisposable {}

/** Reports over the database at `path`, computed in a thread that starts with the first question. */
export const openReports = (path: string): Reports => {
  const waiting = new Map<number, PromiseWithResolvers<Reply>>()
  let worker: Worker | null = null
  let asked = 0

  const hire = (): Worker => {
    // `.ts` when stripped, `.js` when built: the compiler does not rewrite a worker's address.
    const hired = new Worker(new URL(`./reports-worker${extname(import.meta.filename)}`, import.meta.url), {
      workerData: path,
    })
    hired.on('message', (told: Told) => {
      const question = waiting.get(told.id)
      waiting.delete(told.id)
      // An idle thread must not keep the process from ending.
      if (waiting.size === 0) hired.unref()
      if ('reply' in told) question?.resolve(told.reply)
      else question?.reject(unreadable(told.fault))
    })
    hired.on('error', (cause) => dismiss(hired, cause))
    hired.on('exit', () => dismiss(hired, new Error('The report thread ended')))
    return hired
  }

  const dismiss = (left: Worker, cause: unknown): void => {
    // One that fails tells it twice; by the second time another may be at work.
    if (worker !== left) return
    worker = null
    for (const question of waiting.values()) question.reject(unreadable(cause))
    waiting.clear()
  }

  const ask = (question: Question): Promise<Reply> => {
    worker ??= hire()
    worker.ref()
    const reply = Promise.withResolvers<Reply>()
    asked += 1
    waiting.set(asked, reply)
    worker.postMessage({ id: asked, question } satisfies Asked)
    return reply.promise
  }

  return {
    usage: async (query) => {
      const reply = await ask({ kind: 'usage', query })
      if (reply.kind === 'usage') return reply.report
      throw unreadable(mixedUp)
    },
    recent: async (query) => {
      const reply = await ask({ kind: 'recent', query })
      if (reply.kind === 'recent') return reply.lines
      throw unreadable(mixedUp)
    },
    [Symbol.asyncDispose]: async () => {
      await worker?.terminate()
    },
  }
}

const mixedUp = new Error('The report thread answered another question')

const unreadable = (cause: unknown): GatewayError =>
  new GatewayError('store_unavailable', 'The ledger could not be read for this report.', { cause })
