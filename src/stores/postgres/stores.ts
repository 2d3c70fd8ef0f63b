import { sql } from 'kysely'
import { GatewayError } from '../../contract/errors.ts'
import type { Clock, Logger } from '../../contract/runtime.ts'
import type { DatabaseSettings, LedgerSettings } from '../../contract/settings.ts'
import type { Audit, Directory, LedgerState, Receipts } from '../../contract/store.ts'
import { cacheDirectory } from '../cached-directory.ts'
import { guardReceipts } from '../journal/guard.ts'
import type { Guard } from '../journal/guard.ts'
import { openJournal } from '../journal/journal.ts'
import { createAudit } from './audit.ts'
import { createDirectory } from './directory.ts'
import { describeFault, isDataFault, isSettingsFault } from './fault.ts'
import { migrate } from './migrate.ts'
import { openPostgres } from './pool.ts'
import { createReceipts } from './receipts.ts'

interface PostgresOptions {
  database: DatabaseSettings
  ledger: Pick<LedgerSettings, 'whenAway' | 'journalMaxBytes'>
  /** Folder of the journal; null where there is no disk. */
  journalDir: string | null
  clock: Clock
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

interface PostgresStores extends AsyncDisposable {
  receipts: Receipts
  directory: Directory
  audit: Audit
  ledger: LedgerState
}

/**
 * Opens the stores of a PostgreSQL server and brings its schema up to date. A server that is away does not keep the gateway
 * from starting: it is not ready until the server is there.
 * @throws GatewayError store_unavailable for a server that is there and cannot be used, saying what to correct
 */
export const openPostgresStores = async (options: PostgresOptions): Promise<PostgresStores> => {
  const { database, ledger, journalDir, clock, logger } = options
  await using resources = new AsyncDisposableStack()
  let guard: Guard | null = null
  const postgres = resources.use(openPostgres(database, () => guard?.suspect()))
  const { main } = postgres

  let isMigrated = false
  let awayBecause: unknown = null
  try {
    await migrate(main)
    isMigrated = true
  } catch (thrown) {
    if (isSettingsFault(thrown)) throw new GatewayError('store_unavailable', describeFault(thrown), { cause: thrown })
    awayBecause = thrown
  }

  const receipts = resources.use(createReceipts(postgres))
  guard = resources.use(
    guardReceipts({
      receipts,
      journal: journalDir === null ? null : await openJournal(journalDir, logger),
      settings: ledger,
      // The schema too, where it could not be made at the start; afterwards that is as quick a question as any.
      reach: async () => {
        if (isMigrated) await sql`SELECT 1 FROM receipts LIMIT 1`.execute(main)
        else await migrate(main)
        isMigrated = true
      },
      isReceiptsFault: (thrown) => isDataFault(thrown instanceof GatewayError ? thrown.cause : thrown),
      describe: (thrown) => describeFault(thrown instanceof GatewayError ? (thrown.cause ?? thrown) : thrown),
      awayBecause,
      clock,
      logger,
    }),
  )
  const owned = resources.move()
  return {
    receipts: guard.receipts,
    directory: cacheDirectory(createDirectory(main), clock),
    audit: createAudit(main),
    ledger: guard.state,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
