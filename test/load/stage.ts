import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../support/app.ts'
import { serve } from '../support/process.ts'
import type { Ended } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { audit, sums } from './audit.ts'
import { createCallers } from './caller.ts'
import type { Callers, Heard } from './caller.ts'
import { openLedger } from './ledger.ts'
import type { Reading } from './probe.ts'
import type { Verdict } from './part.ts'
import { startUpstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'
import type { Bill } from './upstream-thread.ts'

/** A gateway in a process of its own between our callers and our upstream. */
export interface Stage extends AsyncDisposable, Pick<Callers, 'ask'> {
  upstream: Upstream
  dataDir: string
  url(): string
  /** How the gateway's process is, after a collection. */
  read(): Promise<Reading>
  /** Sends the gateway a signal. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void
  ended(): Promise<Ended>
  /** Starts the gateway anew on the same ledger, once it has ended. */
  restart(): Promise<void>
  /** Waits until the upstream runs nothing and the ledger grows no more, then holds the books against each other. */
  audit(heard: readonly Heard[], options?: { wasKilled?: boolean }): Promise<Verdict & { bills: readonly Bill[] }>
}

const row = (maxConcurrent: number): string => `
  - id: load
    title: Load upstream
    dialect: openai-chat
    models_of: openai
    max_concurrent: ${maxConcurrent}
    flags: { openai_extras: true }
`

/** Longest that books may take to be closed after the last caller is gone. */
const closingMs = 15_000

export const openStage = async ({ maxConcurrent = 4_096, drainMs = 7_000 } = {}): Promise<Stage> => {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(temporaryFolder())
  const upstream = resources.use(await startUpstream())
  const shipped = readFileSync(path.join(projectRoot, 'config/providers.yaml'), 'utf8')
  writeFileSync(path.join(folder.path, 'providers.yaml'), shipped + row(maxConcurrent))
  writeFileSync(path.join(folder.path, 'limits.yaml'), `http: { drain_ms: ${drainMs} }\n`)

  const start = () =>
    serve(
      {
        DATA_DIR: folder.path,
        CONFIG_DIR: folder.path,
        PROVIDERS: 'load',
        LOAD_API_KEY: 'load',
        LOAD_BASE_URL: `${upstream.url}/v1`,
      },
      { preload: path.join(import.meta.dirname, 'probe.ts'), keepChars: 64_000 },
    )
  let gateway = await start()
  resources.defer(() => gateway[Symbol.asyncDispose]())
  const callers = resources.use(createCallers(() => gateway.url))

  const owned = resources.move()
  return {
    upstream,
    dataDir: folder.path,
    ask: callers.ask,
    url: () => gateway.url,
    read: async () => {
      const told = once(gateway.child, 'message')
      gateway.child.send('read')
      const [reading] = await told
      return reading
    },
    signal: (name) => void gateway.child.kill(name),
    ended: () => gateway.ended,
    restart: async () => {
      await gateway.ended
      gateway = await start()
    },
    audit: async (heard, { wasKilled = false } = {}) => {
      using ledger = openLedger(folder.path)
      const bills = await closedBills(upstream)
      await settled(() => ledger.count(), wasKilled ? 0 : bills.length)
      const books = { bills, rows: ledger.rows(), heard, wasKilled }
      return { faults: audit(books), figures: sums(books), bills }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The upstream's bills once none is running, or as they are when that takes too long. */
const closedBills = async (upstream: Upstream): Promise<readonly Bill[]> => {
  const giveUpAtMs = Date.now() + closingMs
  for (;;) {
    const bills = await upstream.bills()
    if (bills.every(({ state }) => state !== 'running') || Date.now() > giveUpAtMs) return bills
    await sleep(100)
  }
}

/** Waits until a count has reached `least` and stays. */
const settled = async (count: () => number, least: number): Promise<void> => {
  const giveUpAtMs = Date.now() + closingMs
  for (let before = -1; Date.now() < giveUpAtMs;) {
    const now = count()
    if (now >= least && now === before) return
    before = now
    await sleep(100)
  }
}
