import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { byteSizeOf } from '../../../src/lib/byte-size.ts'
import { entryOf as anyEntry } from '../../cache/entry-of.ts'
import { answerOf } from '../../cache/answer-of.ts'
import { projectRoot } from '../../support/app.ts'

// The gateway under measurement, in a process of its own, so that its processor time, heap and event loop are its alone:
// `gateway-process.ts <settings as JSON>`, forked, asked over IPC.

export interface GatewaySettings {
  dataDir: string
  upstreamUrl: string
  authMode: 'none' | 'api-key'
  /** How many entries the cache has room for. */
  cacheEntries: number
}

export type Command =
  /** Begins a measurement. */
  { do: 'mark' } | { do: 'measure' } | { do: 'fill-cache'; entries: number } | { do: 'prune'; beforeMs: number }

/** What the process spent since the mark, and has. */
export interface Strain {
  cpuMs: number
  /** The longest that the event loop was held. */
  heldMs: number
  rssMb: number
}

export type Reply = { url: string } | { strain: Strain } | { done: number } | { fault: string }

const settings: GatewaySettings = JSON.parse(process.argv[2] ?? '')

/** An entry of the size that a short answer has. */
const entryOf = (index: number) => {
  const text = `Remembered answer ${index}: ${'a short paragraph of text. '.repeat(10)}`
  const answer = answerOf({ events: [{ type: 'text', choice: 0, text }] })
  const [createdAtMs, key] = [Date.now(), index.toString(16).padStart(64, '0')]
  const life = { createdAtMs, expiresAtMs: createdAtMs + 86_400_000 }
  return anyEntry({ key, scope: `key_${index % 100}`, ...life, answer, bytes: byteSizeOf(answer) })
}

const loaded = loadConfig({
  root: projectRoot,
  env: {
    DATA_DIR: settings.dataDir,
    AUTH_MODE: settings.authMode,
    OPENAI_API_KEY: 'upstream',
    OPENAI_BASE_URL: `${settings.upstreamUrl}/openai/v1`,
    LOG_LEVEL: 'error',
    CACHE_MAX_BYTES: String(settings.cacheEntries * entryOf(1e6).bytes),
  },
})
const app = await createApp(
  // A minute's limit would end the measurement.
  { ...loaded, http: { ...loaded.http, port: 0 }, limits: { ...loaded.limits, callers: [] } },
  { fd: 2, isTerminal: false },
)

const samplingMs = 2
const loop = monitorEventLoopDelay({ resolution: samplingMs })
loop.enable()
let cpuAtMark = process.cpuUsage()

const perform = async (command: Command): Promise<Reply> => {
  switch (command.do) {
    case 'mark':
      loop.reset()
      // A hold counts from a sample before it.
      await sleep(5 * samplingMs)
      cpuAtMark = process.cpuUsage()
      return { done: 0 }
    case 'measure': {
      const { user, system } = process.cpuUsage(cpuAtMark)
      const heldMs = Math.max(0, loop.max / 1e6 - samplingMs)
      return { strain: { cpuMs: (user + system) / 1e3, heldMs, rssMb: process.memoryUsage.rss() / 2 ** 20 } }
    }
    case 'fill-cache':
      for (let index = 0; index < command.entries; index += 1) await app.stores.entries.set(entryOf(index))
      return { done: command.entries }
    case 'prune':
      return { done: await app.stores.receipts.prune(command.beforeMs) }
  }
}

process.on('message', (command: Command) => {
  void perform(command)
    .catch((error: unknown): Reply => ({ fault: String(error) }))
    .then((reply) => process.send?.(reply))
})
process.on('disconnect', () => void app[Symbol.asyncDispose]())

const { url } = await app.http.listen()
process.send?.({ url } satisfies Reply)
