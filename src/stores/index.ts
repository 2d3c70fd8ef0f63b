import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { DatabaseSettings, LedgerSettings, RedisSettings } from '../contract/settings.ts'
import type { HealthNews, News, NewsFacts, Turns } from '../contract/news.ts'
import { inMemory } from '../contract/store.ts'
import type {
  Audit,
  Counters,
  Directory,
  Entries,
  Leases,
  LedgerState,
  Note,
  Receipts,
  Rests,
  SharedCounts,
} from '../contract/store.ts'
import { readSecret } from './installation-secret.ts'
import { fenced } from './entries/fenced.ts'
import { shareEntries } from './entries/shared-entries.ts'
import { createVault } from './entries/vault.ts'
import type { CacheKeys, Vault } from './entries/vault.ts'
import { createAudit as createMemoryAudit } from './memory/audit.ts'
import { createCounters } from './memory/counters.ts'
import { createDirectory as createMemoryDirectory } from './memory/directory.ts'
import { createEntries } from './memory/entries.ts'
import { createLeases } from './memory/leases.ts'
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
  leases: Leases
  /** What came of sharing entries with all instances; null where each has its own. */
  sharedCounts: (() => SharedCounts) | null
  /** Of each port that Redis serves: whether it does not at the moment. */
  redisAway: () => RedisAway
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
  /** Bounds of what all instances share in Redis, where there is one and `keptCache` seals it; null: each has its own. @default null */
  sharedCache?: SharedCache | null
}

type RedisAway = Readonly<Partial<Record<'counters' | 'entries', boolean>>>

interface SharedCache {
  /** Bound of what all entries together take in Redis. */
  maxBytes: number
  /** Bound of what Redis keeps of near answers for instances that begin or were away; 0: nobody is told of them. */
  maxNewsBytes: number
  /** Longest that an entry may live. */
  lifeMs: number
}

interface KeptCache {
  keys: CacheKeys
  /** Bound of what lies on disk. */
  maxBytes: number
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
 * there is one, else in memory wherever the rest is; remembered answers are on disk where they may be, and in Redis too.
 * @throws GatewayError store_unavailable, whose message says what to do about the file or the server
 */
export const openStores = async (options: StoresOptions): Promise<Stores> => {
  const { dataDir, keptCache } = options
  const vault = keptCache ? await createVault(keptCache.keys) : null
  const derived = vault?.derive('scopes') ?? null
  await using opened = new AsyncDisposableStack()
  const kept = opened.use(await openKept(options))
  const counting = opened.use(await openCounters(options))
  const rests = opened.use(await openRests(options))
  const others = await openOthers(options, opened)
  const isKept = dataDir !== inMemory
  const onDisk = isKept && keptCache && vault ? await openKeptEntries({ ...options, ...keptCache, vault }) : null
  if (onDisk) opened.use(onDisk)
  const place = onDisk && opened.use(openNote(path.join(dataDir, 'entry-news.json')))
  const local = onDisk ?? createEntries({ ...options, maxBytes: options.cacheMaxBytes })
  const { newsFacts, ...answers } = await openAnswers({ ...options, local, vault, place }, opened)
  const nearPolicy = isKept ? opened.use(openNote(path.join(dataDir, 'near-policy.json'))) : createMemoryNote()
  const readOwnSecret = (): Uint8Array =>
    // Commands that serve nobody name nothing. Instances that share answers must come to the same names.
    !isKept || keptCache === undefined || answers.sharedCounts
      ? (derived ?? randomBytes(32))
      : readSecret(dataDir, derived)
  const owned = opened.move()
  return {
    ...kept,
    ...answers,
    counters: counting,
    rests,
    others,
    news: () => [
      ...(others ? [{ topic: 'health' as const, ...others.news.facts() }] : []),
      ...(newsFacts ? [{ topic: 'entries' as const, ...newsFacts() }] : []),
    ],
    redisAway: () => ({ ...counting.redisAway(), ...answers.redisAway() }),
    nearPolicy,
    secret: readOwnSecret(),
    derivedKey: (onDisk && vault?.derive('index')) ?? null,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Answers = Pick<Stores, 'entries' | 'leases' | 'sharedCounts' | 'redisAway'> & {
  /** How the news of entries are doing; null where nobody is told of them. */
  newsFacts: (() => NewsFacts) | null
}

/**
 * Entries and the leases of those that are being made: for this instance, or for all. Then what is found by the very same
 * request lies in Redis, behind each instance's own entries, and what is found by its sense is told to all, since each has an
 * index of its own.
 */
const openAnswers = async (
  options: StoresOptions & { local: Entries; vault: Vault | null; place: Note | null },
  opened: AsyncDisposableStack,
): Promise<Answers> => {
  const { redis = null, sharedCache = null, local, vault, place, logger = silent, clock } = options
  if (!redis || !sharedCache || !vault) {
    const leases = createLeases({ clock })
    const entries = fenced(local, leases.isNewest)
    return { entries, leases, sharedCounts: null, redisAway: () => ({}), newsFacts: null }
  }
  // Their driver is loaded only where it is used.
  const { openSharedAnswers } = await import('./redis/shared-answers.ts')
  const { maxNewsBytes } = sharedCache
  const told = maxNewsBytes > 0 ? await openTold({ redis, local, vault, place, maxNewsBytes, clock, logger }) : null
  if (told) opened.use(told.entries)
  const parts = {
    redis,
    ...sharedCache,
    local: told?.entries ?? local,
    heard: local,
    vault,
    logger,
    clock,
  }
  const { isAway, counts, ...answers } = opened.use(await openSharedAnswers(parts))
  return {
    ...answers,
    sharedCounts: () => counts,
    redisAway: () => ({ entries: isAway() }),
    newsFacts: told?.facts ?? null,
  }
}

/** Entries that tell the other instances of themselves. */
const openTold = async (
  parts: Pick<Parameters<typeof shareEntries>[0], 'clock' | 'logger'> & {
    redis: RedisSettings
    local: Entries
    vault: Vault
    place: Note | null
    maxNewsBytes: number
  },
) => {
  const { openEntryNews } = await import('./redis/entry-news.ts')
  const news = openEntryNews({ ...parts, maxBytes: parts.maxNewsBytes })
  return { entries: shareEntries({ ...parts, entries: parts.local, news }), facts: news.facts }
}

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

const openCounters = async ({
  redis = null,
  logger = silent,
}: StoresOptions): Promise<Counters & Pick<Stores, 'redisAway'> & AsyncDisposable> => {
  if (!redis) return { ...createCounters(), redisAway: () => ({}), [Symbol.asyncDispose]: async () => {} }
  // Its driver is loaded only where it is used.
  const { openCounters: openRedisCounters } = await import('./redis/counters.ts')
  const counters = await openRedisCounters({ redis, logger })
  return { ...counters, redisAway: () => ({ counters: counters.isAway() }) }
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
