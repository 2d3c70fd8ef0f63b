import { GatewayError } from '../contract/errors.ts'

/** One running call's place at a provider; given back when disposed. */
export type Slot = Disposable

export interface Bulkhead {
  /**
   * Takes a slot at once, or waits in line for one when `wait` is set. The line is as long as there are slots: whoever
   * comes later would wait longer than a call takes.
   * @throws GatewayError provider_busy; the signal's reason while waiting
   */
  acquire(options: { wait: boolean }, signal: AbortSignal): Promise<Slot>
  inFlight(): number
  /** How many wait in line. */
  waiting(): number
}

/** Bounds how many calls run at one provider at a time, so that one slow provider cannot hold all of the gateway. */
export const createBulkhead = (provider: string, maxConcurrent: number): Bulkhead => {
  let running = 0
  const line = new Set<() => void>()

  const release = (): void => {
    const [first] = line
    if (!first) running -= 1
    else {
      line.delete(first)
      first()
    }
  }
  const slot = (): Slot => {
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (held) release()
        held = false
      },
    }
  }

  return {
    acquire: async ({ wait }, signal) => {
      signal.throwIfAborted()
      if (running < maxConcurrent) {
        running += 1
        return slot()
      }
      if (!wait || line.size >= maxConcurrent)
        throw new GatewayError('provider_busy', `All ${maxConcurrent} slots of ${provider} are taken.`, { provider })
      const turn = Promise.withResolvers<void>()
      const leave = (): void => {
        line.delete(turn.resolve)
        turn.reject(signal.reason)
      }
      line.add(turn.resolve)
      signal.addEventListener('abort', leave, { once: true })
      try {
        // Whoever releases hands its place over: `running` stays as it is.
        await turn.promise
        return slot()
      } finally {
        line.delete(turn.resolve)
        signal.removeEventListener('abort', leave)
      }
    },
    inFlight: () => running,
    waiting: () => line.size,
  }
}
