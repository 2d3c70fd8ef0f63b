import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { setImmediate as nextTick, setTimeout as pause } from 'node:timers/promises'
import { GatewayError } from '../../contract/errors.ts'
import type { Receipt } from '../../contract/receipt.ts'
import type { Receipts } from '../../contract/store.ts'
import { readDocument, rowOf } from '../receipt-row.ts'
import { textOf } from './columns.ts'
import type { Database } from './database.ts'
import { answering } from './fault.ts'
import { openReports } from './reports.ts'

type Row = Readonly<Record<string, SQLInputValue>>
type Pending = { row: Row } & PromiseWithResolvers<void>

// Bounds how long one transaction keeps the event loop from its streams: 200 rows take about 20 ms.
const rowsPerTransaction = 200

// Old receipts lie near each other, but their entries in the index of ids lie anywhere: each costs a page of a large ledger.
const rowsPerDelete = 50

/** Receipts in SQLite. What is appended within a tick of the event loop is one commit, and succeeds or fails together. */
export const createReceipts = (database: Database): Receipts & AsyncDisposable => {
  const reports = openReports(database.path)
  const select = database.prepare('SELECT document FROM receipts WHERE id = ?')
  const deleteSome = database.prepare(
    'DELETE FROM receipts WHERE rowid IN (SELECT rowid FROM receipts WHERE received_at_ms < ? LIMIT ?)',
  )
  let insert: StatementSync | null = null
  let pending: Pending[] = []
  let committing: Promise<void> | null = null

  const commitPending = async (): Promise<void> => {
    while (pending.length > 0) {
      await nextTick()
      const batch = pending.slice(0, rowsPerTransaction)
      pending = pending.slice(rowsPerTransaction)
      try {
        await database.write(() => {
          for (const { row } of batch) {
            insert ??= database.prepare(insertRow(row))
            insert.run(...Object.values(row))
          }
        })
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        for (const { reject } of batch) reject(unwritten(cause))
      }
    }
    // In the same turn as the last look at `pending`: a receipt that comes later finds nobody at work and starts anew.
    committing = null
  }

  return {
    append: async (receipt) => {
      const waiting = Promise.withResolvers<void>()
      pending.push({ row: rowToWrite(receipt), ...waiting })
      committing ??= commitPending()
      return waiting.promise
    },

    find: (id) =>
      answering('this receipt', () => {
        const row = select.get(id)
        return row ? readDocument(textOf(row, 'document')) : null
      }),

    usage: (query) => reports.usage(query),

    recent: (query) => reports.recent(query),

    prune: (beforeMs) =>
      answering('the ledger', async () => {
        let pruned = 0
        for (;;) {
          const startedAtMs = performance.now()
          const { changes } = await database.write(() => deleteSome.run(beforeMs, rowsPerDelete))
          pruned += Number(changes)
          if (Number(changes) < rowsPerDelete) return pruned
          // Nobody waits for this: those who answer have the event loop for at least as long in between.
          await pause(performance.now() - startedAtMs)
        }
      }),

    [Symbol.asyncDispose]: async () => {
      await committing
      await reports[Symbol.asyncDispose]()
    },
  }
}

const rowToWrite = (receipt: Receipt): Row => {
  try {
    const { metadata, simulated, ...row } = rowOf(receipt)
    return { ...row, metadata: JSON.stringify(metadata), simulated: simulated ? 1 : 0 }
  } catch (cause) {
    throw unwritten(cause)
  }
}

/** The statement that writes a row's values in their order; a receipt that is there already stays as it is. */
const insertRow = (row: Row): string => {
  const columns = Object.keys(row)
  const values = columns.map(() => '?')
  return `INSERT INTO receipts (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT (id) DO NOTHING`
}

const unwritten = (cause: unknown): GatewayError =>
  new GatewayError('ledger_unavailable', 'The receipt of this answer could not be written.', { cause })
