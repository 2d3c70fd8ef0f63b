import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Asked, Bill, Told } from './upstream-thread.ts'

/** An honest provider in a thread of its own. */
export interface Upstream extends AsyncDisposable {
  url: string
  /** Everything that it was asked so far, and what of it it bills. */
  bills(): Promise<readonly Bill[]>
}

export const startUpstream = async (): Promise<Upstream> => {
  const thread = new Worker(new URL('./upstream-thread.ts', import.meta.url))
  const next = async (): Promise<Told> => {
    const [told] = await once(thread, 'message')
    return told
  }
  const first = await next()
  if (!('url' in first)) throw new Error('The upstream did not say where it listens.')

  return {
    url: first.url,
    bills: async () => {
      const told = next()
      thread.postMessage('bills' satisfies Asked)
      const answer = await told
      return 'bills' in answer ? answer.bills : []
    },
    [Symbol.asyncDispose]: async () => {
      await thread.terminate()
    },
  }
}
