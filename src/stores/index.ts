import type { Clock } from '../contract/runtime.ts'
import { inMemory } from '../contract/store.ts'
import type { Counters, Directory, Entries, Receipts } from '../contract/store.ts'
import { createCounters } from './memory/counters.ts'
import { createDirectory as createMemoryDirectory } from './memory/directory.ts'
import { createEntries } from './memory/entries.ts'
import { createReceipts as createMemoryReceipts } from './memory/receipts.ts'
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
  /** Copies what is on disk, while the gateway runs; null where nothing is. */
  backup: ((toPath: string) => Promise<void>) | null
}

interface StoresOptions {
  /** The folder of `gateway.db`, made where it is missing; `:memory:` keeps nothing. */
  dataDir: string
  /** Bound of the remembered answers. */
  cacheMaxBytes: number
  clock: Clock
}

// At about 10 kB a receipt: 100 MB.
const memoryReceipts = 10_000

/**
 * Opens the stores. Counters and remembered answers are in memory wherever the rest is.
 * @throws GatewayError store_unavailable, whose message says what to do about the file
 */
export const openStores = async ({ dataDir, cacheMaxBytes, clock }: StoresOptions): Promise<Stores> => {
  const always = { counters: createCounters(), entries: createEntries({ maxBytes: cacheMaxBytes, clock }) }
  return dataDir === inMemory ? { ...always, ...memoryStores() } : { ...always, ...sqliteStores(dataDir) }
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
