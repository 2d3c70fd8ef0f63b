import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCallers } from '../load/caller.ts'
import type { Callers } from '../load/caller.ts'
import { readLedger } from '../load/ledger.ts'
import type { Row } from '../load/ledger.ts'
import { startUpstream } from '../load/upstream.ts'
import type { Upstream } from '../load/upstream.ts'
import { projectRoot } from '../support/app.ts'
import { startPostgres } from '../support/postgres.ts'
import type { TestPostgres } from '../support/postgres.ts'
import { serve } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import type { TestRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startWire } from '../support/wire.ts'
import type { Wire } from '../support/wire.ts'

/** One gateway of several, in a process of its own, which may end and be replaced. */
export interface Instance extends Pick<Callers, 'ask'> {
  name: string
  /** Whether whoever spreads requests would send it any. */
  isUp(): boolean
  url(): string
  /** Ends it at once. */
  kill(): Promise<void>
  /** Asks it to end, and waits until it has; how it ended and how long that took. */
  drain(): Promise<{ code: number | null; tookMs: number }>
  /** Starts another in its place, over the same folder. */
  replace(): Promise<void>
}

/** Gateways before one honest provider, with the servers that they share behind wires that can be cut. */
export interface Fleet extends AsyncDisposable {
  instances: readonly Instance[]
  upstream: Upstream
  postgres: { server: TestPostgres; wire: Wire } | null
  redis: { server: TestRedis; wire: Wire } | null
  /** Every receipt that PostgreSQL has; none without it. */
  receipts(): Promise<readonly Row[]>
}

export interface FleetOptions {
  size: number
  stores: 'sqlite' | 'postgres' | 'postgres + redis'
  /** Of the one caller; null: as many requests as he likes. */
  rate: { windowMs: number; maxRequests: number } | null
  drainMs?: number
  /** How long a request waits for Redis; unset: as shipped. On a busy machine that is soon over. */
  redisTimeoutMs?: number
}

const key = 'sk-gw-of-the-fleet'
const provider = `
  - id: load
    title: Load upstream
    dialect: openai-chat
    models_of: openai
    max_concurrent: 4096
    flags: { openai_extras: true }
`
const manyRequests = 1_000_000
/** As shipped. */
export const redisAwayShare = 0.3

/** Starts them all. Where PostgreSQL is away their receipts go to a journal: what callers lose then is not for want of a ledger. */
export const openFleet = async ({
  size,
  stores,
  rate,
  drainMs = 5_000,
  redisTimeoutMs,
}: FleetOptions): Promise<Fleet> => {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(temporaryFolder())
  const upstream = resources.use(await startUpstream())
  const behindWire = async <Server extends AsyncDisposable & { port: number }>(server: Server) => {
    resources.use(server)
    return { server, wire: resources.use(await startWire(server.port)) }
  }
  const postgres = stores === 'sqlite' ? null : await behindWire(await startPostgres())
  const redis = stores === 'postgres + redis' ? await behindWire(await startRedis()) : null
  const database = postgres && new URL(await postgres.server.newDatabase())
  const ledgerUrl = database?.href ?? null
  if (database && postgres) database.port = String(postgres.wire.port)

  const config = path.join(folder.path, 'config')
  mkdirSync(config)
  const shipped = readFileSync(path.join(projectRoot, 'config/providers.yaml'), 'utf8')
  writeFileSync(path.join(config, 'providers.yaml'), shipped + provider)
  const { windowMs, maxRequests } = rate ?? { windowMs: 60_000, maxRequests: manyRequests }
  writeFileSync(
    path.join(config, 'limits.yaml'),
    JSON.stringify({
      http: { drain_ms: drainMs },
      rate: { window_ms: windowMs, max_requests: maxRequests, redis_away_share: redisAwayShare },
      ledger: { when_away: 'journal' },
    }),
  )
  const patience = redisTimeoutMs === undefined ? '' : `?timeout=${redisTimeoutMs}`
  const env = {
    CONFIG_DIR: config,
    PROVIDERS: 'load',
    LOAD_API_KEY: 'load',
    LOAD_BASE_URL: `${upstream.url}/v1`,
    AUTH_MODE: 'api-key',
    API_KEY_HASHES: createHash('sha256').update(key).digest('hex'),
    ...(database ? { DATABASE_URL: database.href } : {}),
    ...(redis ? { REDIS_URL: `redis://127.0.0.1:${redis.wire.port}${patience}` } : {}),
  }

  const openInstance = async (index: number): Promise<Instance> => {
    const start = () => serve({ ...env, DATA_DIR: path.join(folder.path, `data-${index}`) })
    let gateway = await start()
    resources.defer(() => gateway[Symbol.asyncDispose]())
    let isUp = true
    const callers = resources.use(createCallers(() => gateway.url, key))
    return {
      name: `gateway ${index + 1}`,
      ask: callers.ask,
      isUp: () => isUp,
      url: () => gateway.url,
      kill: async () => {
        gateway.child.kill('SIGKILL')
        await gateway.ended
        isUp = false
      },
      drain: async () => {
        const startedMs = performance.now()
        gateway.child.kill('SIGTERM')
        // Whoever spreads requests hears of it by /ready, which says no from the signal on.
        isUp = false
        const { code } = await gateway.ended
        return { code, tookMs: performance.now() - startedMs }
      },
      replace: async () => {
        await gateway.ended
        gateway = await start()
        isUp = true
      },
    }
  }
  const instances: Instance[] = []
  // One after the other: they make the schema under a lock anyway.
  for (let index = 0; index < size; index += 1) instances.push(await openInstance(index))

  const owned = resources.move()
  return {
    instances,
    upstream,
    postgres,
    redis,
    receipts: async () => (ledgerUrl === null ? [] : readLedger(ledgerUrl)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Waits until a count stays as it is, for it cannot be known what it will come to. */
export const untilSettled = async (
  count: () => Promise<number>,
  quietMs: number,
  patienceMs: number,
): Promise<void> => {
  const giveUpAtMs = performance.now() + patienceMs
  for (let [before, sinceMs] = [-1, performance.now()]; performance.now() < giveUpAtMs;) {
    const now = await count()
    if (now !== before) [before, sinceMs] = [now, performance.now()]
    else if (performance.now() - sinceMs > quietMs) return
    await sleep(100)
  }
}
