import { Writable } from 'node:stream'
import type { Logging } from '@google-cloud/logging'
import type { OwnLog } from '../../contract/settings.ts'
import { once } from '../../lib/once.ts'
import { field } from './line.ts'
import { logIds } from './open-logging.ts'
import type { OwnEntry } from './own-logs.ts'

/** Writes an entry as a line on stdout. Never rejects. */
export type EntryLines = (log: OwnLog, entry: OwnEntry) => Promise<void>

/** By Google's own writer of such lines, `LogSync`: the line is out when the promise is settled. */
export const createEntryLines = (options: {
  logging: () => Promise<Logging>
  /** Takes whole lines. */
  write: (line: string) => void
}): EntryLines => {
  const transport = new Writable({
    decodeStrings: false,
    write: (line, _encoding, done) => {
      options.write(String(line))
      done()
    },
  })
  const open = once(async () => {
    const logging = await options.logging()
    // By default it would put the payload under `message`, where nobody can search it.
    const opened = (log: OwnLog) => logging.logSync(logIds[log], transport, { useMessageField: false })
    return { audit: opened('audit'), receipts: opened('receipts') }
  })

  return async (log, { insertId, atMs, severity, labels, trace, payload }) => {
    const lines = (await open())[log]
    const metadata = { insertId, severity, labels, timestamp: timestampOf(atMs) }
    lines.write(lines.entry(metadata, { ...payload, ...trace }))
  }
}

/** Of a Date the library makes nanoseconds that are off by the error of a float. */
export const timestampOf = (atMs: number): { seconds: number; nanos: number } => ({
  seconds: Math.floor(atMs / 1000),
  nanos: Math.floor(atMs % 1000) * 1_000_000,
})

/** The trace of an entry as the API wants it, from the fields of a line. */
export const traceOf = (trace: OwnEntry['trace']) => ({
  ...(field.trace in trace ? { trace: String(trace[field.trace]) } : {}),
  ...(field.spanId in trace ? { spanId: String(trace[field.spanId]) } : {}),
  ...(field.isSampled in trace ? { traceSampled: trace[field.isSampled] === true } : {}),
})
