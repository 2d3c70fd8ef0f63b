import type { Clock, Logger } from '../contract/runtime.ts'
import type { DatabaseSettings, LedgerSettings } from '../contract/settings.ts'
import { inMemory } from '../contract/store.ts'
import type { Audit, Counters, Directory, Entries, LedgerState, Receipts } from '../contract/store.ts'
import { createAudit as createMemoryAudit } from './memory/audit.ts'
import { createCounters } from './memory/counters.ts'
import { createDirectory as createMemoryDirectory } from './memory/directory.ts'
import { createEntries } from './memory/entries.ts'
import { createReceipts as createMemoryReceipts } from './memory/receipts.ts'
import { createAudit } from './sqlite/audit.ts'
import { backUp } from './sqlite/backup.ts'
import { openDatabase } from './sqlite/database.ts'
import { createDirectory } from './sqlite/directory.ts'
import { createReceipts } from './sqlite/receipts.ts'

/** Every port of contract/store.ts, open. Disposing waits for the last commit. */
export interface Stores extends AsyncDisposable {
  receipts: Receipts
  directory: Directory
  counters: Counters
  entries: Entries
  audit: Audit
  /** What the ledger says of itself. */
  ledger: LedgerState
  /** Copies what is on disk, while the gateway runs; null where nothing is. */
  backup: ((toPath: string) => Promise<void>) | null
}

interface StoresOptions {
  /** The folder of `gateway.db` or of the journal, made where it is missing; `:memory:` keeps nothing. */
  dataDir: string
  /** A PostgreSQL server for what is to be kept; null: `dataDir` keeps it. @default null */
  database?: DatabaseSettings | null
  /** What becomes of receipts while that server is away. @default refuse */
  ledger?: Pick<LedgerSettings, 'whenAway' | 'journalMaxBytes'>
  logger?: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Bound of the remembered answers. */
  cacheMaxBytes: number
  clock: Clock
}

// At about 10 kB a receipt: 100 MB.
const memoryReceipts = 10_000
const memoryAudit = 1_000

const refusing = { whenAway: 'refuse', journalMaxBytes: 0 } as const
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * Opens the stores: the database's where there is one, else the folder's or memory's. Counters and remembered answers are in
 * memory wherever the rest is.
 * @throws GatewayError store_unavailable, whose message says what to do about the file or the server
 */
export const openStores = async (options: StoresOptions): Promise<Stores> => {
  const { dataDir, database = null, ledger = refusing, logger = silent, cacheMaxBytes, clock } = options
  const always = { counters: createCounters(), entries: createEntries({ maxBytes: cacheMaxBytes, clock }) }
  if (database) {
    // Its driver is loaded only where it is used.
    const { openPostgresStores } = await import('./postgres/stores.ts')
    const journalDir = dataDir === inMemory ? null : dataDir
    const stores = await openPostgresStores({ database, ledger, journalDir, clock, logger })
    return { ...always, ...stores, backup: null }
  }
  return dataDir === inMemory ? { ...always, ...memoryStores() } : { ...always, ...sqliteStores(dataDir) }
}

type Kept = Pick<Stores, 'receipts' | 'directory' | 'audit' | 'ledger' | 'backup'> & AsyncDisposable

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
