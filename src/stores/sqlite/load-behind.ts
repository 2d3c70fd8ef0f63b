import { setImmediate as nextTick, setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../../contract/errors.ts'

/** What is read while the gateway serves already. */
export interface LoadBehind extends AsyncDisposable {
  /**
   * Waits, a piece at a time, until this is so.
   * @throws what a piece failed with; GatewayError store_unavailable where it is disposed before
   */
  until(isSo: () => boolean): Promise<void>
}

interface LoadBehindOptions {
  isDone: () => boolean
  /** It may throw, and is called again a while later. */
  takePiece: () => Promise<void>
  retryMs?: number
}

/** Of a disk that cannot be read. */
const retryAfterMs = 5_000

/** Takes one piece after another, with whatever else there is to do in between. */
export const loadBehind = ({ isDone, takePiece, retryMs = retryAfterMs }: LoadBehindOptions): LoadBehind => {
  const closing = new AbortController()
  const { signal } = closing
  /** Settled with each piece. */
  let next = promised()

  const settle = (how: (settled: PromiseWithResolvers<void>) => void): void => {
    const settled = next
    next = promised()
    how(settled)
  }

  const run = async (): Promise<void> => {
    while (!isDone()) {
      await nextTick()
      if (signal.aborted) return
      try {
        await takePiece()
        settle(({ resolve }) => resolve())
      } catch (cause) {
        settle(({ reject }) => reject(cause))
        await delay(retryMs, undefined, { ref: false, signal }).catch(() => undefined)
      }
    }
    settle(({ resolve }) => resolve())
  }

  const running = run()

  return {
    until: async (isSo) => {
      while (!isSo()) {
        if (signal.aborted) throw closed()
        await next.promise
      }
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await running
      next.reject(closed())
    },
  }
}

const promised = (): PromiseWithResolvers<void> => {
  const one = Promise.withResolvers<void>()
  // Mostly nobody waits for it.
  one.promise.catch(() => undefined)
  return one
}

const closed = (): GatewayError => new GatewayError('store_unavailable', 'The gateway is stopping.')
