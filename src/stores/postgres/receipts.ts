import { sql } from 'kysely'
import { GatewayError } from '../../contract/errors.ts'
import type { Receipts } from '../../contract/store.ts'
import { createBatches } from '../batches.ts'
import { readDocument, rowOf } from '../receipt-row.ts'
import type { ReceiptRow } from '../receipt-row.ts'
import { answering, isDataFault } from './fault.ts'
import type { Postgres } from './pool.ts'
import { queryRecent } from './recent-query.ts'
import { within } from './reports.ts'
import { storable } from './storable.ts'
import { queryUsage } from './usage-query.ts'

const rowsPerStatement = 200
const rowsPerDelete = 1_000

/**
 * Receipts in PostgreSQL, written in batches of one statement each. A batch whose outcome is unknown, since its connection was
 * lost, is written again by whoever still has it: the id makes sure that it is there once.
 */
export const createReceipts = ({ main, reports }: Postgres): Receipts & AsyncDisposable => {
  const insert = (rows: readonly ReceiptRow[]) =>
    sql`
    INSERT INTO receipts (${sql.join(columnsOf(rows).map((column) => sql.ref(column)))})
    SELECT ${sql.join(columnsOf(rows).map((column) => sql.ref(column)))}
    FROM json_populate_recordset(NULL::receipts, ${JSON.stringify(rows, writeValue)}::json)
    ON CONFLICT (id) DO NOTHING`.execute(main)

  const batches = createBatches<ReceiptRow>({
    maxItems: rowsPerStatement,
    write: async (rows) => {
      try {
        await insert(rows)
      } catch (thrown) {
        if (isDataFault(thrown)) throw thrown
        // Connections that lay idle while the server was started again fail once, and are gone then.
        await insert(rows)
      }
    },
    isItemsFault: isDataFault,
  })

  return {
    append: async (receipt) => {
      try {
        await batches.add(rowOf(receipt))
      } catch (cause) {
        throw new GatewayError('ledger_unavailable', 'The receipt of this answer could not be written.', { cause })
      }
    },

    find: (id) =>
      answering('this receipt', async () => {
        const row = await main
          .selectFrom('receipts')
          .select('document')
          .where('id', '=', storable(id))
          .executeTakeFirst()
        return row ? readDocument(row.document) : null
      }),

    usage: (query) => within(reports, (trx) => queryUsage(trx, query)),

    recent: (query) => within(reports, (trx) => queryRecent(trx, query)),

    prune: (beforeMs) =>
      answering('the ledger', async () => {
        for (let pruned = 0; ;) {
          // Another instance that prunes at the same time is at other rows.
          const { numAffectedRows = 0n } = await sql`
            DELETE FROM receipts WHERE id IN (
              SELECT id FROM receipts WHERE received_at_ms < ${Math.ceil(beforeMs)} ORDER BY received_at_ms, id
              LIMIT ${rowsPerDelete} FOR UPDATE SKIP LOCKED
            )`.execute(main)
          pruned += Number(numAffectedRows)
          if (numAffectedRows < rowsPerDelete) return pruned
        }
      }),

    [Symbol.asyncDispose]: () => batches.idle(),
  }
}

const columnsOf = ([row]: readonly ReceiptRow[]): string[] => Object.keys(row ?? {})

/** 64 bits as text; texts without what PostgreSQL cannot hold. The `document` has it still, escaped. */
const writeValue = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return storable(value)
  // Names of metadata are texts too.
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [storable(key), held]))
  return value
}
