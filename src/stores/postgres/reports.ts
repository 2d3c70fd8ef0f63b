import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { GatewayError } from '../../contract/errors.ts'
import { reportMs } from './pool.ts'
import type { Tables } from './tables.ts'

/**
 * Reads a report from one snapshot, in a time that the server itself holds to.
 * @throws GatewayError store_unavailable
 */
export const within = async <Result>(
  database: Kysely<Tables>,
  read: (trx: Transaction<Tables>) => Promise<Result>,
  timeoutMs = reportMs,
): Promise<Result> => {
  try {
    return await database
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => {
        await sql.raw(`SET LOCAL statement_timeout = ${timeoutMs}`).execute(trx)
        return read(trx)
      })
  } catch (cause) {
    throw new GatewayError('store_unavailable', 'The ledger could not be read for this report.', { cause })
  }
}
