import type { Receipt } from '../../contract/receipt.ts'
import type { Logger } from '../../contract/runtime.ts'
import type { OwnLog, OwnLogsSettings, Place } from '../../contract/settings.ts'
import type { Audit, AuditEntry, Receipts } from '../../contract/store.ts'
import type { LogContext } from '../log-context.ts'
import { receiptFields, receiptLine } from '../receipt-line.ts'
import { createApiLog } from './api-log.ts'
import { createEntryLines } from './entry-lines.ts'
import { traceFields } from './line.ts'
import { openLogging } from './open-logging.ts'

/** Google's own sign for a project that is not said. */
const unsaid = '-'

/** An entry of a log of its own. */
export interface OwnEntry {
  /** The same for every attempt to write it, so that none of them counts twice. */
  insertId: string
  atMs: number
  severity: 'INFO' | 'NOTICE' | 'WARNING'
  labels: Readonly<Record<string, string>>
  trace: ReturnType<typeof traceFields>
  payload: Readonly<Record<string, unknown>> & { message: string }
}

/** Logs of their own: what is done to the gateway, and what it charges. */
export interface OwnLogs {
  /** The same trail, whose entries are told to the log as well; a log that fails costs no entry of the trail. */
  audit(trail: Pick<Audit, 'append'>): Pick<Audit, 'append'>
  receipts(ledger: Pick<Receipts, 'append'>): Pick<Receipts, 'append'>
  /** Loads what the API needs before the first answer has to wait for it. */
  warm(): void
}

/**
 * Writes what must be found again years later into logs that can be kept apart, by sinks with their own rights and
 * retention. On stdout it is a line, which the machine takes up whatever happens to the process; by the API it is there
 * before the answer ends, and where the API fails it is a line instead.
 */
export const createOwnLogs = (options: {
  settings: OwnLogsSettings
  place: Place
  instanceId: string
  version: string
  context: Pick<LogContext, 'current'> | undefined
  /** Takes whole lines. */
  write: (line: string) => void
  written: (log: OwnLog, outcome: 'ok' | 'failed') => void
  logger: Logger
}): OwnLogs => {
  const { settings, place, instanceId, version, context, write, written, logger } = options
  const { endpoint } = settings
  const logging = openLogging({ project: place.project, endpoint })
  // The API's client finds the project out; a line must be written at once.
  const ofLines = place.project === null ? openLogging({ project: unsaid, endpoint }) : logging
  const lines = createEntryLines({ logging: ofLines, write })
  const api = createApiLog({ logging, settings, place, written, logger, instead: lines })
  const isByApi = (log: OwnLog): boolean => settings.byApi.includes(log)

  const tell = async (log: OwnLog, { insertId, ...entry }: Omit<OwnEntry, 'labels' | 'trace'>): Promise<void> => {
    const request = context?.current()
    const whole: OwnEntry = {
      ...entry,
      insertId,
      labels: { log_kind: log, instance: instanceId, version, ...(request ? { request_id: request.requestId } : {}) },
      trace: traceFields(place.project, request),
    }
    const hasLine = log === 'audit' && settings.auditLines
    const ways = [
      ...(hasLine ? [lines(log, whole)] : []),
      ...(isByApi(log) ? [api.write(log, whole, { hasLine })] : []),
    ]
    // A library that cannot be loaded must cost nobody his answer.
    await Promise.all(ways).catch((err: unknown) => logger.error({ err, ...entry.payload }, `not in the log ${log}`))
  }

  return {
    warm: () => {
      // Who needs it hears why it cannot be loaded.
      if (settings.byApi.length > 0) void logging().catch(() => undefined)
    },
    audit: (trail) =>
      settings.auditLines || isByApi('audit')
        ? {
            append: async (entry) => {
              await Promise.all([trail.append(entry), tell('audit', auditEntry(entry))])
            },
          }
        : trail,
    receipts: (ledger) =>
      isByApi('receipts')
        ? {
            append: async (receipt) => {
              await Promise.all([ledger.append(receipt), tell('receipts', receiptEntry(receipt))])
            },
          }
        : ledger,
  }
}

const auditEntry = ({ id, atMs, actor, action, target, outcome, detail }: AuditEntry) => ({
  insertId: id,
  atMs,
  severity: outcome === 'done' ? ('NOTICE' as const) : ('WARNING' as const),
  payload: {
    message: `${actor.name}: ${action}${target === null ? '' : ` ${target}`} ${outcome}`,
    event: 'audit',
    actor: { id: actor.id, name: actor.name },
    action,
    target,
    outcome,
    detail,
  },
})

const receiptEntry = (receipt: Receipt) => ({
  insertId: receipt.id,
  atMs: receipt.receivedAtMs + receipt.timings.totalMs,
  severity: receipt.outcome === 'complete' ? ('INFO' as const) : ('WARNING' as const),
  payload: { message: receiptLine(receipt), event: 'receipt', ...receiptFields(receipt) },
})
