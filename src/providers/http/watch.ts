import { GatewayError } from '../../contract/errors.ts'
import type { ProviderRow } from '../../contract/provider.ts'

/** The deadlines of one call, and the caller's own wish to end it, on one signal. */
export interface Watch {
  /** Aborted with a GatewayError when a deadline passes, with the caller's reason when the caller leaves. */
  signal: AbortSignal
  /** Waits for the reply's head; rejects on abort at once, even while a connection is made that notices no signal. */
  head<T>(head: Promise<T>): Promise<T>
  /** Waits for one read of the body, which must itself notice the signal. */
  read<T>(next: Promise<T>): Promise<T>
  /** A byte has come: from now on only the pauses between reads count. */
  begun(): void
  /** Nothing more is expected. Idempotent. */
  end(): void
}

/**
 * Until the first byte of the reply's body `timeouts.firstByteMs` count, from the start, connecting included; after it
 * `timeouts.stallMs`, and only while somebody waits for a read: a slow reader is not a slow provider.
 */
export const createWatch = (row: ProviderRow, caller: AbortSignal): Watch => {
  const { firstByteMs, stallMs } = row.timeouts
  const line = new AbortController()
  const leave = () => line.abort(caller.reason)
  caller.addEventListener('abort', leave, { once: true })

  const late = setTimeout(() => {
    const message = `${row.title} sent nothing within ${firstByteMs} ms.`
    line.abort(new GatewayError('provider_timeout', message, { provider: row.id }))
  }, firstByteMs)
  const stalled = () => {
    const message = `${row.title} stopped in the middle of its answer: nothing came for ${stallMs} ms.`
    line.abort(new GatewayError('provider_stalled', message, { provider: row.id }))
  }
  let hasBegun = false

  return {
    signal: line.signal,
    async head(head) {
      const { promise: aborted, reject } = Promise.withResolvers<never>()
      const give = () => reject(line.signal.reason)
      line.signal.addEventListener('abort', give, { once: true })
      try {
        return await Promise.race([head, aborted])
      } finally {
        line.signal.removeEventListener('abort', give)
      }
    },
    async read(next) {
      const pause = hasBegun ? setTimeout(stalled, stallMs) : undefined
      try {
        return await next
      } finally {
        clearTimeout(pause)
      }
    },
    begun() {
      if (hasBegun) return
      hasBegun = true
      clearTimeout(late)
    },
    end() {
      clearTimeout(late)
      caller.removeEventListener('abort', leave)
    },
  }
}
