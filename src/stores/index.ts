import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { DatabaseSettings, LedgerSettings, RedisSettings } from '../contract/settings.ts'
import type { HealthNews, News, NewsFacts, Turns } from '../contract/news.ts'
import { inMemory } from '../contract/store.ts'
import type { Audit, Counters, Directory, Entries, LedgerState, Note, Receipts, Rests } from '../contract/store.ts'
import { readSecret } from './installation-secret.ts'
import { shareEntries } from './entries/shared-entries.ts'
import { createVault } from './entries/vault.ts'
import type { CacheKeys, Vault } from './entries/vault.ts'
import { createAudit as createMemoryAudit } from './memory/audit.ts'
import { createCounters } from './memory/counters.ts'
import { createDirectory as createMemoryDirectory } from './memory/directory.ts'
import { createEntries } from './memory/entries.ts'
import { createReceipts as createMemoryReceipts } from './memory/receipts.ts'
import { createRests } from './memory/rests.ts'
import { createMemoryNote, openNote } from './note.ts'
import { createAudit } from './sqlite/audit.ts'
import { backUp } from './sqlite/backup.ts'
import { openDatabase } from './sqlite/database.ts'
import { createDirectory } from './sqlite/directory.ts'
import { openEntries } from './sqlite/entries.ts'
import { createReceipts } from './sqlite/receipts.ts'

/** Every port of contract/store.ts, open, and the secret of the installation. Disposing waits for the last commit. */
export interface Stores extends AsyncDisposable {
  receipts: Receipts
  directory: Directory
  counters: Counters
  /** What providers asked to be left alone. */
  rests: Rests
  entries: Entries
  audit: Audit
  /** Other instances' view of the providers, and the turns to try them; null where there is one instance. */
  others: { news: News<HealthNews>; turns: Turns } | null
  /** How news of each kind are doing; empty where there is one instance. */
  news: () => readonly (NewsFacts & { topic: 'health' | 'entries' })[]
  /** When near answers are given, and what comparisons of them have shown. */
  nearPolicy: Note
  /** What the ledger says of itself. */
  ledger: LedgerState
  /** 32 bytes by which this installation names what others must not guess. */
  secret: Uint8Array
  /** 32 bytes to seal what is derived of remembered answers; null where these end with the process, and that must too. */
  derivedKey: Uint8Array | null
  /** Copies what is on disk, while the gateway runs; null where nothing is. */
  backup: ((toPath: string) => Promise<void>) | null
}

interface StoresOptions {
  /** The folder of `gateway.db` or of the journal, made where it is missing; `:memory:` keeps nothing. */
  dataDir: string
  /** A PostgreSQL server for what is to be kept; null: `dataDir` keeps it. @default null */
  database?: DatabaseSettings | null
  /** A Redis server that counts for all instances; null: this one counts for itself. @default null */
  redis?: RedisSettings | null
  /** What becomes of receipts while that server is away. @default refuse */
  ledger?: Pick<LedgerSettings, 'whenAway' | 'journalMaxBytes'>
  logger?: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Bound of the remembered answers. */
  cacheMaxBytes: number
  clock: Clock
  /** Where remembered answers survive a restart; unset or null: they are in memory only. */
  keptCache?: KeptCache | null | undefined
}

interface KeptCache {
  keys: CacheKeys
  /** Bound of what lies on disk, and of what Redis keeps of it for other instances. */
  maxBytes: number
  maxNewsBytes: number
  /** Told what the owner should know, in words. */
  notice: (message: string) => void
}

// At about 10 kB a receipt: 100 MB.
const memoryReceipts = 10_000
const memoryAudit = 1_000

const refusing = { whenAway: 'refuse', journalMaxBytes: 0 } as const
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * Opens the stores: the database's where there is one, else the folder's or memory's. Counters are in Redis where
 * there is one, else in memory wherever the rest is; remembered answers are on disk where they may be.
 * @throws GatewayError store_unavailable, whose message says what to do about the file or the server
 */
export const openStores = async (options: StoresOptions): Promise<Stores> => {
  const { dataDir, cacheMaxBytes, clock, keptCache } = options
  const vault = keptCache ? await createVault(keptCache.keys) : null
  const derived = vault?.derive('scopes') ?? null
  const inMemoryOnly = (): Entries => createEntries({ maxBytes: cacheMaxBytes, clock })
  await using opened = new AsyncDisposableStack()
  const kept = opened.use(await openKept(options))
  const counters = opened.use(await openCounters(options))
  const rests = opened.use(await openRests(options))
  const others = await openOthers(options, opened)
  if (dataDir === inMemory) {
    const shared = await openShared({ ...options, entries: inMemoryOnly(), vault, place: null }, opened)
    const owned = opened.move()
    return {
      ...kept,
      counters,
      rests,
      others,
      entries: shared.entries,
      news: () => newsOf(others, shared),
      nearPolicy: createMemoryNote(),
      secret: derived ?? randomBytes(32),
      derivedKey: null,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  }
  const onDisk = keptCache && vault ? await openKeptEntries({ ...options, ...keptCache, vault }) : null
  if (onDisk) opened.use(onDisk)
  const place = onDisk && opened.use(openNote(path.join(dataDir, 'entry-news.json')))
  const shared = await openShared({ ...options, entries: onDisk ?? inMemoryOnly(), vault, place }, opened)
  const nearPolicy = opened.use(openNote(path.join(dataDir, 'near-policy.json')))
  const owned = opened.move()
  return {
    ...kept,
    counters,
    rests,
    others,
    nearPolicy,
    entries: shared.entries,
    news: () => newsOf(others, shared),
    // Commands that serve nobody name nothing.
    secret: keptCache === undefined ? randomBytes(32) : readSecret(dataDir, derived),
    derivedKey: (onDisk && vault?.derive('index')) ?? null,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

interface Shared {
  entries: Entries
  /** Null where nobody is told of them. */
  facts: (() => NewsFacts) | null
}

/** Entries that tell other instances of themselves, where there may be any and a key to seal what they are told. */
const openShared = async (
  options: StoresOptions & { entries: Entries; vault: Vault | null; place: Note | null },
  opened: AsyncDisposableStack,
): Promise<Shared> => {
  const { entries, redis = null, vault, place, keptCache, clock, logger = silent } = options
  if (!redis || !vault || !keptCache || keptCache.maxNewsBytes === 0) return { entries, facts: null }
  // Its driver is loaded only where it is used.
  const { openEntryNews } = await import('./redis/entry-news.ts')
  const news = openEntryNews({ redis, vault, maxBytes: keptCache.maxNewsBytes, place, clock, logger })
  return { entries: opened.use(shareEntries({ entries, news, clock, logger })), facts: news.facts }
}

const newsOf = (others: Stores['others'], { facts }: Shared): ReturnType<Stores['news']> => [
  ...(others ? [{ topic: 'health' as const, ...others.news.facts() }] : []),
  ...(facts ? [{ topic: 'entries' as const, ...facts() }] : []),
]

/** Null where it cannot be had: the gateway then remembers in memory only, and says so. */
const openKeptEntries = async (
  options: StoresOptions & KeptCache & { vault: Vault },
): Promise<(Entries & AsyncDisposable) | null> => {
  const { notice } = options
  try {
    const entries = await openEntries({ ...options, hotBytes: options.cacheMaxBytes })
    if (!entries) notice('Another gateway has cache.db: this one keeps its remembered answers in memory only.')
    return entries
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    notice(`Remembered answers are kept in memory only. ${why}`)
    return null
  }
}

type Kept = Pick<Stores, 'receipts' | 'directory' | 'audit' | 'ledger' | 'backup'> & AsyncDisposable

const openKept = async (options: StoresOptions): Promise<Kept> => {
  const { dataDir, database = null, ledger = refusing, logger = silent, clock } = options
  if (!database) return dataDir === inMemory ? memoryStores() : sqliteStores(dataDir)
  // Its driver is loaded only where it is used.
  const { openPostgresStores } = await import('./postgres/stores.ts')
  const journalDir = dataDir === inMemory ? null : dataDir
  return { ...(await openPostgresStores({ database, ledger, journalDir, clock, logger })), backup: null }
}

const openCounters = async ({ redis = null, logger = silent }: StoresOptions): Promise<Counters & AsyncDisposable> => {
  if (!redis) return { ...createCounters(), [Symbol.asyncDispose]: async () => {} }
  // Its driver is loaded only where it is used.
  const { openCounters: openRedisCounters } = await import('./redis/counters.ts')
  return openRedisCounters({ redis, logger })
}

const openRests = async ({ redis = null, clock }: StoresOptions): Promise<Rests & Disposable> => {
  if (!redis) return { ...createRests(clock), [Symbol.dispose]: () => undefined }
  const { openRests: openRedisRests } = await import('./redis/rests.ts')
  return openRedisRests({ redis, clock })
}

const openOthers = async ({ redis = null }: StoresOptions, opened: AsyncDisposableStack): Promise<Stores['others']> => {
  if (!redis) return null
  // Its driver is loaded only where it is used.
  const { openHealthNews } = await import('./redis/health-news.ts')
  const { openTurns } = await import('./redis/turns.ts')
  return { news: opened.use(openHealthNews(redis)), turns: opened.use(openTurns(redis)) }
}

/** Whatever is wrong with memory or a file shows when it is written. */
const alwaysThere: LedgerState = { faults: () => [], assertWritable: () => undefined }

const memoryStores = (): Kept => ({
  receipts: createMemoryReceipts(memoryReceipts),
  directory: createMemoryDirectory(),
  audit: createMemoryAudit(memoryAudit),
  ledger: alwaysThere,
  backup: null,
  [Symbol.asyncDispose]: async () => {},
})

const sqliteStores = (dataDir: string): Kept => {
  const database = openDatabase(dataDir)
  const receipts = createReceipts(database)
  return {
    receipts,
    directory: createDirectory(database),
    audit: createAudit(database),
    ledger: alwaysThere,
    backup: (toPath) => backUp(database.path, toPath),
    [Symbol.asyncDispose]: async () => {
      await receipts[Symbol.asyncDispose]()
      database.close()
    },
  }
}
