import path from 'node:path'
import { createApp } from '../../src/app.ts'
import type { App, Overrides } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Config } from '../../src/config/config.ts'
import type { Receipt } from '../../src/contract/receipt.ts'
import { openStores } from '../../src/stores/index.ts'
import type { Stores } from '../../src/stores/index.ts'
import { startUpstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'

export const projectRoot = path.resolve(import.meta.dirname, '../..')

/** A whole gateway in front of a scripted upstream. */
export interface TestApp extends AsyncDisposable {
  app: App
  config: Config
  /** Stands behind every provider. */
  upstream: Upstream
  /** Where the gateway listens, without a trailing slash. */
  url: string
  /** Every receipt, in the order in which they were written. */
  receipts: Receipt[]
}

/**
 * Starts a gateway on a free port, in memory, with the shipped configuration and impatient retries. OpenAI has the keys
 * `key-a` and `key-b`, Anthropic `key-c`, the row `openai-compatible` `key-d`; behind all of them is the upstream. It loads no models
 * unless EMBEDDER or an override says so: each gateway's would take a core for a second.
 */
export const startApp = async (
  options: {
    env?: Readonly<Record<string, string>> | ((upstreamUrl: string) => Readonly<Record<string, string>>)
    change?: (config: Config) => Config
    overrides?: Overrides
  } = {},
): Promise<TestApp> => {
  await using resources = new AsyncDisposableStack()
  const upstream = resources.use(await startUpstream())
  const loaded = loadConfig({
    root: projectRoot,
    env: {
      OPENAI_API_KEY: 'key-a,key-b',
      OPENAI_BASE_URL: `${upstream.url}/openai/v1`,
      ANTHROPIC_API_KEY: 'key-c',
      ANTHROPIC_BASE_URL: `${upstream.url}/anthropic`,
      OPENAI_COMPATIBLE_API_KEY: 'key-d',
      OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/house/v1`,
      LOG_LEVEL: 'error',
      EMBEDDER: options.overrides?.startEmbedder || options.overrides?.verifier ? 'int8' : 'none',
      ...(typeof options.env === 'function' ? options.env(upstream.url) : options.env),
    },
  })
  const impatient: Config = {
    ...loaded,
    http: { ...loaded.http, port: 0 },
    dataDir: ':memory:',
    resilience: { ...loaded.resilience, baseDelayMs: 1, maxDelayMs: 5 },
  }
  const config = options.change?.(impatient) ?? impatient
  const { clock = { now: () => Date.now() } } = options.overrides ?? {}
  const { dataDir, database, redis, ledger, cache } = config
  const stores = await openStores({ dataDir, database, redis, ledger, cacheMaxBytes: cache.maxBytes, clock })
  const receipts: Receipt[] = []
  const app = resources.use(
    await createApp(config, { fd: 2, isTerminal: false }, { stores: watched(stores, receipts), ...options.overrides }),
  )
  const { url } = await app.http.listen()
  const owned = resources.move()
  return { app, config, upstream, url, receipts, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The same stores; what is appended is noted once it is durable. */
const watched = (stores: Stores, receipts: Receipt[]): Stores => ({
  ...stores,
  receipts: {
    ...stores.receipts,
    append: async (receipt) => {
      await stores.receipts.append(receipt)
      receipts.push(receipt)
    },
  },
  [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
})
