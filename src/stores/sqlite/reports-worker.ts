import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { UsageQuery, UsageReport } from '../../contract/store.ts'
import { queryUsage } from './usage-query.ts'

// The thread that computes reports: SQLite works synchronously, and a report may read a year of receipts.

export type Asked = { id: number; query: UsageQuery }
export type Told = { id: number; report: UsageReport } | { id: number; fault: Error }

const connection = new DatabaseSync(String(workerData), { readOnly: true, timeout: 5_000 })

const answer = ({ id, query }: Asked): Told => {
  try {
    return { id, report: queryUsage(connection, query) }
  } catch (thrown) {
    return { id, fault: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answer(asked)))
