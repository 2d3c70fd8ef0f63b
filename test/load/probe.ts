import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into the gateway's process before the gateway: whoever sends a message gets a reading back.

/** How a process is. */
export interface Reading {
  /** What is in use after a full collection. */
  heapBytes: number
  rssBytes: number
  /** Open file descriptors; null where the system does not list them. */
  files: number | null
  /** Since the last reading. */
  loopDelayMs: { p99: number; max: number }
}

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

process.on('message', () => {
  const loopDelayMs = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  process.send?.({ heapBytes: heapUsed, rssBytes: rss, files: countFiles(), loopDelayMs } satisfies Reading)
  // Our own collection is no delay of the gateway's.
  delay.reset()
})
// Whoever asks must not keep the gateway running; nor may it run on when nobody is left to ask.
process.channel?.unref()
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))

const countFiles = (): number | null => {
  try {
    return readdirSync('/dev/fd').length
  } catch {
    return null
  }
}
