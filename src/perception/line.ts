import type { SkipReason } from '../contract/perception.ts'

export interface Skipped {
  kind: 'skipped'
  reason: SkipReason
  why: string
}

/** Requests wait in line for the one worker. */
export interface Line {
  /**
   * Runs `work` when its turn comes, and waits no longer than `withinMs`. Whoever does not wait any more leaves the line,
   * and so costs the worker nothing. `work` must not throw. @throws the reason of `signal`, as soon as that aborts
   */
  wait<Outcome>(work: () => Promise<Outcome>, withinMs: number, signal: AbortSignal): Promise<Outcome | Skipped>
}

/** @param max so many may wait; one more goes without */
export const createLine = ({ max }: { max: number }): Line => {
  const line = new Set<() => Promise<void>>()
  let isWorking = false

  const work = async (): Promise<void> => {
    if (isWorking) return
    isWorking = true
    for (const job of line) {
      line.delete(job)
      await job()
    }
    isWorking = false
  }

  return {
    wait: async <Outcome>(ask: () => Promise<Outcome>, withinMs: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      if (withinMs <= 0) return skipped('late', `it was to take no more than ${withinMs} ms`)
      if (line.size >= max) return skipped('queue-full', `${max} wait already`)
      const { promise, resolve, reject } = Promise.withResolvers<Outcome | Skipped>()
      const job = async (): Promise<void> => resolve(await ask())
      const leave = (): void => reject(signal.reason)
      const timer = setTimeout(() => resolve(skipped('late', `it took longer than ${withinMs} ms`)), withinMs)
      signal.addEventListener('abort', leave, { once: true })
      line.add(job)
      void work()
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        line.delete(job)
      }
    },
  }
}

const skipped = (reason: SkipReason, why: string): Skipped => ({ kind: 'skipped', reason, why })
