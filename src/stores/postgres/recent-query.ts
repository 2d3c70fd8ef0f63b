import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { ReceiptLine, RecentQuery } from '../../contract/store.ts'
import { lineOf } from '../receipt-line.ts'
import { readDocument } from '../receipt-row.ts'
import type { Tables } from './tables.ts'

/** The newest receipts, each in one line; what lies before them is not read. */
export const queryRecent = async (
  database: Kysely<Tables>,
  { callerId, after, limit }: RecentQuery,
): Promise<ReceiptLine[]> => {
  const all = database.selectFrom('receipts').select('document')
  const mine = callerId === null ? all : all.where('caller_id', '=', callerId)
  const behind =
    after === null
      ? mine
      : mine.where(sql<boolean>`(received_at_ms, id) < (${Math.floor(after.receivedAtMs)}::bigint, ${after.id})`)
  const rows = await behind.orderBy('received_at_ms', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(({ document }) => lineOf(readDocument(document)))
}
