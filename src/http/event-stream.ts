import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { untilDrained } from './until-drained.ts'

/** Enough that a write is worth its system call. */
const flushChars = 16_384

export interface EventStream {
  /** Queues text; what is queued within one turn of the event loop goes out as one write. */
  write(text: string): void
  /** Whether the reader lags, or it is time to let others run: wait for `drained` before the next `write`. */
  readonly full: boolean
  /** @throws the signal's reason, or caller_left when the reader takes nothing for `patienceMs` */
  drained(signal: AbortSignal): Promise<void>
  /** Writes the last text and closes. */
  end(text: string): void
}

/** Commits the response to 200 and server-sent events, and keeps it alive by comments, or as `ping` says, while nothing else is written. */
export const openEventStream = (
  res: ServerResponse,
  headers: Record<string, string>,
  options: { pingIntervalMs: number; patienceMs: number; ping?: string | undefined },
): EventStream => {
  const { pingIntervalMs, patienceMs, ping: alive = ': ping\n\n' } = options
  let queued = ''
  let flushing: NodeJS.Immediate | null = null
  // An answer that is there already (remembered, or another's) would be written in one go, while everybody else waits.
  let owesTurn = false

  const flush = (): void => {
    if (flushing) clearImmediate(flushing)
    flushing = null
    if (queued !== '' && !res.destroyed) res.write(queued)
    queued = ''
  }
  const ping = setTimeout(() => {
    if (!res.writableNeedDrain) res.write(alive)
    ping.refresh()
  }, pingIntervalMs)
  res.once('close', () => clearTimeout(ping))

  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // Proxies such as nginx would otherwise collect the stream before they pass it on.
    'x-accel-buffering': 'no',
    ...headers,
  })
  res.flushHeaders()

  return {
    write(text) {
      ping.refresh()
      queued += text
      if (queued.length < flushChars) {
        flushing ??= setImmediate(flush)
        return
      }
      flush()
      owesTurn = true
    },
    get full() {
      return owesTurn || res.writableNeedDrain
    },
    async drained(signal) {
      if (owesTurn) await nextTurn()
      owesTurn = false
      await untilDrained(res, patienceMs, signal)
    },
    end(text) {
      clearTimeout(ping)
      queued += text
      flush()
      res.end()
    },
  }
}
