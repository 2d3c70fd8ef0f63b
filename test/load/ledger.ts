import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { query } from '../support/postgres.ts'

/** A receipt as the ledger has it, as far as an upstream or a caller can know better. */
export interface Row {
  /** The receipt's id, which is the request's. */
  id: string
  call: number
  outcome: string
  errorCode: string | null
  inputTokens: number
  outputTokens: number
  /** Who counted the tokens. */
  usageSource: string | null
  costNanoUsd: string | null
  receivedAtMs: number
  /** Until it was let in. */
  admitMs: number
}

/** Opens a gateway's ledger to read, whether the gateway runs or not. Callers mark their requests by `user: "<call>"`. */
export const openLedger = (dataDir: string) => {
  const connection = new DatabaseSync(path.join(dataDir, 'gateway.db'), { readOnly: true, timeout: 5_000 })
  const select = connection.prepare(
    `SELECT id, user, outcome, error_code, ifnull(input_tokens, 0) AS input, ifnull(output_tokens, 0) AS output,
      usage_source, CAST(cost_nano_usd AS TEXT) AS cost, received_at_ms AS received, admit_ms AS admit FROM receipts`,
  )
  return {
    rows: (): Row[] => [...select.iterate()].map(rowOf),
    count: (): number => Number(connection.prepare('SELECT count(*) AS rows FROM receipts').get()?.['rows']),
    /** SQLite's own word for whether the file is whole: `ok`, or what is wrong with it. */
    integrity: (): string => String(connection.prepare('PRAGMA integrity_check').get()?.['integrity_check']),
    [Symbol.dispose]: () => connection.close(),
  }
}

/** The receipts in a PostgreSQL of several gateways, in the same words. */
export const readLedger = async (url: string): Promise<Row[]> =>
  (
    await query(
      url,
      `SELECT id, "user", outcome, error_code, coalesce(input_tokens, 0) AS input, coalesce(output_tokens, 0) AS output,
        usage_source, CAST(cost_nano_usd AS TEXT) AS cost, received_at_ms AS received, admit_ms AS admit FROM receipts`,
    )
  ).map(rowOf)

const rowOf = (row: Record<string, unknown>): Row => ({
  id: String(row['id']),
  call: Number(row['user']),
  outcome: String(row['outcome']),
  errorCode: textOrNull(row['error_code']),
  inputTokens: Number(row['input']),
  outputTokens: Number(row['output']),
  usageSource: textOrNull(row['usage_source']),
  costNanoUsd: textOrNull(row['cost']),
  receivedAtMs: Number(row['received']),
  admitMs: Number(row['admit']),
})

const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))
