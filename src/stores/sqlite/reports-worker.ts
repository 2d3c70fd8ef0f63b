import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { ReceiptLine, RecentQuery, UsageQuery, UsageReport } from '../../contract/store.ts'
import { queryRecent } from './recent-query.ts'
import { queryUsage } from './usage-query.ts'

// The thread that computes reports: SQLite works synchronously, and a report may read a year of receipts.

export type Question = { kind: 'usage'; query: UsageQuery } | { kind: 'recent'; query: RecentQuery }
export type Reply = { kind: 'usage'; report: UsageReport } | { kind: 'recent'; lines: readonly ReceiptLine[] }

export type Asked = { id: number; question: Question }
export type Told = { id: number; reply: Reply } | { id: number; fault: Error }

const connection = new DatabaseSync(String(workerData), { readOnly: true, timeout: 5_000 })

const replyTo = ({ kind, query }: Question): Reply => {
  switch (kind) {
    case 'usage':
      return { kind, report: queryUsage(connection, query) }
    case 'recent':
      return { kind, lines: queryRecent(connection, query) }
  }
}

const answer = ({ id, question }: Asked): Told => {
  try {
    return { id, reply: replyTo(question) }
  } catch (thrown) {
    return { id, fault: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answer(asked)))
