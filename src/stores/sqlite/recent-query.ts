import type { DatabaseSync } from 'node:sqlite'
import type { ReceiptLine, RecentQuery } from '../../contract/store.ts'
import { lineOf } from '../receipt-line.ts'
import { readDocument } from '../receipt-row.ts'
import { textOf } from './columns.ts'

/** The newest receipts, each in one line; what lies before them is not read. */
export const queryRecent = (connection: DatabaseSync, query: RecentQuery): ReceiptLine[] => {
  const { callerId, after, limit } = query
  return connection
    .prepare(recentSql(query))
    .all({
      limit,
      ...(callerId === null ? {} : { callerId }),
      ...(after === null ? {} : { atMs: Math.floor(after.receivedAtMs), id: after.id }),
    })
    .map((row) => lineOf(readDocument(textOf(row, 'document'))))
}

export const recentSql = ({ callerId, after }: RecentQuery): string => {
  const mine = callerId === null ? '' : 'AND caller_id = :callerId'
  // The first comparison is what an index can be searched by.
  const later = after === null ? '' : 'AND received_at_ms <= :atMs AND (received_at_ms, id) < (:atMs, :id)'
  return `
    SELECT document FROM receipts WHERE true ${mine} ${later}
    ORDER BY received_at_ms DESC, id DESC LIMIT :limit`
}
