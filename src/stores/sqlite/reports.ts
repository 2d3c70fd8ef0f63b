import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { GatewayError } from '../../contract/errors.ts'
import type { UsageQuery, UsageReport } from '../../contract/store.ts'
import type { Asked, Told } from './reports-worker.ts'

export interface Reports extends AsyncDisposable {
  usage(query: UsageQuery): Promise<UsageReport>
}

/** Reports over the database at `path`, computed in a thread that starts with the first question. */
export const openReports = (path: string): Reports => {
  const waiting = new Map<number, PromiseWithResolvers<UsageReport>>()
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
      if ('report' in told) question?.resolve(told.report)
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

  return {
    usage: async (query) => {
      worker ??= hire()
      worker.ref()
      const question = Promise.withResolvers<UsageReport>()
      asked += 1
      waiting.set(asked, question)
      worker.postMessage({ id: asked, query } satisfies Asked)
      return question.promise
    },
    [Symbol.asyncDispose]: async () => {
      await worker?.terminate()
    },
  }
}

const unreadable = (cause: unknown): GatewayError =>
  new GatewayError('store_unavailable', 'The ledger could not be read for this report.', { cause })
