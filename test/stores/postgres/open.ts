import type { DatabaseSettings } from '../../../src/contract/settings.ts'
import { readDatabase } from '../../../src/config/database.ts'
import { openStores } from '../../../src/stores/index.ts'
import type { Stores } from '../../../src/stores/index.ts'

/** The settings of an address, as the gateway reads them. */
export const settingsOf = (url: string, poolMax = 5): DatabaseSettings => {
  const { database, problems } = readDatabase({ DATABASE_URL: url, DATABASE_POOL_MAX: poolMax }, '/')
  if (!database) throw new Error(`This is no address: ${JSON.stringify(problems)}`)
  return database
}

interface OpenOptions {
  url: string
  dataDir?: string
  whenAway?: 'refuse' | 'journal'
  journalMaxBytes?: number
  now?: () => number
  /** What the log is told. */
  told?: string[]
}

/** The stores of a gateway at this address. */
export const openAt = (options: OpenOptions): Promise<Stores> => {
  const { url, dataDir = ':memory:', whenAway = 'journal', journalMaxBytes = 1e9, now = Date.now, told = [] } = options
  const tell = (_fields: object, message: string) => void told.push(message)
  return openStores({
    dataDir,
    database: settingsOf(url),
    ledger: { whenAway, journalMaxBytes },
    cacheMaxBytes: 0,
    clock: { now },
    logger: { info: tell, warn: tell, error: tell },
  })
}
