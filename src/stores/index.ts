import { randomBytes } from 'node:crypto'
import type { Clock } from '../contract/runtime.ts'
import { inMemory } from '../contract/store.ts'
import type { Counters, Directory, Entries, Receipts } from '../contract/store.ts'
import { readSecret } from './installation-secret.ts'
import { createVault } from './entries/vault.ts'
import type { CacheKeys, Vault } from './entries/vault.ts'
import { createCounters } from './memory/counters.ts'
import { createDirectory as createMemoryDirectory } from './memory/directory.ts'
import { createEntries } from './memory/entries.ts'
import { createReceipts as createMemoryReceipts } from './memory/receipts.ts'
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
  entries: Entries
  /** 32 bytes by which this installation names what others must not guess. */
  secret: Uint8Array
  /** Copies what is on disk, while the gateway runs; null where nothing is. */
  backup: ((toPath: string) => Promise<void>) | null
}

interface StoresOptions {
  /** The folder of `gateway.db`, made where it is missing; `:memory:` keeps nothing. */
  dataDir: string
  /** Bound of the remembered answers. */
  cacheMaxBytes: number
  clock: Clock
  /** Where remembered answers survive a restart; unset or null: they are in memory only. */
  keptCache?: KeptCache | null | undefined
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

/**
 * Opens the stores. Counters are in memory wherever the rest is; remembered answers are on disk where they may be.
 * @throws GatewayError store_unavailable, whose message says what to do about the file
 */
export const openStores = async (options: StoresOptions): Promise<Stores> => {
  const { dataDir, cacheMaxBytes, clock, keptCache } = options
  const vault = keptCache ? await createVault(keptCache.keys) : null
  const derived = vault?.derive('scopes') ?? null
  const counters = createCounters()
  const inMemoryOnly = (): Entries => createEntries({ maxBytes: cacheMaxBytes, clock })
  if (dataDir === inMemory)
    return { ...memoryStores(), counters, entries: inMemoryOnly(), secret: derived ?? randomBytes(32) }

  await using opened = new AsyncDisposableStack()
  const kept = opened.use(sqliteStores(dataDir))
  const onDisk = keptCache && vault ? await openKeptEntries({ ...options, ...keptCache, vault }) : null
  if (onDisk) opened.use(onDisk)
  const owned = opened.move()
  return {
    ...kept,
    counters,
    entries: onDisk ?? inMemoryOnly(),
    // Commands that serve nobody name nothing.
    secret: keptCache === undefined ? randomBytes(32) : readSecret(dataDir, derived),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
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

type Kept = Pick<Stores, 'receipts' | 'directory' | 'backup'> & AsyncDisposable

const memoryStores = (): Kept => ({
  receipts: createMemoryReceipts(memoryReceipts),
  directory: createMemoryDirectory(),
  backup: null,
  [Symbol.asyncDispose]: async () => {},
})

const sqliteStores = (dataDir: string): Kept => {
  const database = openDatabase(dataDir)
  const receipts = createReceipts(database)
  return {
    receipts,
    directory: createDirectory(database),
    backup: (toPath) => backUp(database.path, toPath),
    [Symbol.asyncDispose]: async () => {
      await receipts[Symbol.asyncDispose]()
      database.close()
    },
  }
}
