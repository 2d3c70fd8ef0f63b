import type { Logging } from '@google-cloud/logging'
import type { Logger } from '../../contract/runtime.ts'
import { ownLogs } from '../../contract/settings.ts'
import type { OwnLog, OwnLogsSettings, Place } from '../../contract/settings.ts'
import { timestampOf, traceOf } from './entry-lines.ts'
import type { EntryLines } from './entry-lines.ts'
import { logIds } from './open-logging.ts'
import type { OwnEntry } from './own-logs.ts'

interface Waiting extends PromiseWithResolvers<boolean> {
  log: OwnLog
  entry: OwnEntry
}

/** Entries of one request to the API; it takes 1,000. */
const maxBatch = 500

/**
 * Writes entries by the API of Cloud Logging: one delivery at a time, what comes meanwhile goes with the next. Whoever
 * waits is told within the time that is set, and never that it failed: the entry is a line on stdout then, counted, and
 * for a while nobody waits for the API.
 */
export const createApiLog = (options: {
  logging: () => Promise<Logging>
  settings: Pick<OwnLogsSettings, 'timeoutMs' | 'restMs' | 'maxWaiting'>
  place: Place
  instead: EntryLines
  written: (log: OwnLog, outcome: 'ok' | 'failed') => void
  logger: Logger
}) => {
  const { settings, place, instead, written, logger } = options
  const { timeoutMs, restMs, maxWaiting } = settings
  const resource = resourceOf(place)
  const gaxOptions = { timeout: timeoutMs, maxRetries: 0, isBundling: false }
  let waiting: Waiting[] = []
  let working: Promise<void> | null = null
  let restsUntilMs = -Infinity
  let isReady = false

  const deliver = async (batch: readonly Waiting[]): Promise<void> => {
    const logging = await options.logging()
    // Without this a machine that has no credentials rejects a promise that nobody holds, which ends the process.
    if (!isReady) await logging.auth.getClient()
    isReady = true
    for (const log of ownLogs) {
      const entries = batch.filter((one) => one.log === log).map(({ entry }) => entry)
      if (entries.length === 0) continue
      const api = logging.log(logIds[log])
      await api.write(
        entries.map(({ insertId, atMs, severity, labels, trace, payload }) =>
          api.entry({ insertId, timestamp: timestampOf(atMs), severity, labels, ...traceOf(trace) }, payload),
        ),
        { resource, gaxOptions },
      )
    }
  }

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      try {
        await deliver(batch)
        for (const { resolve } of batch) resolve(true)
      } catch (err) {
        restsUntilMs = performance.now() + restMs
        logger.warn(
          { err, entries: batch.length + waiting.length },
          'the Logging API takes no entries: they are lines here',
        )
        for (const { resolve } of [...batch, ...waiting.splice(0)]) resolve(false)
      }
    }
    working = null
  }

  const send = async (log: OwnLog, entry: OwnEntry): Promise<boolean> => {
    if (performance.now() < restsUntilMs || waiting.length >= maxWaiting) return false
    const one: Waiting = { log, entry, ...Promise.withResolvers<boolean>() }
    const late = setTimeout(() => one.resolve(false), timeoutMs)
    waiting.push(one)
    working ??= work()
    const isThere = await one.promise
    clearTimeout(late)
    return isThere
  }

  return {
    /** @param hasLine it is on stdout already */
    write: async (log: OwnLog, entry: OwnEntry, { hasLine }: { hasLine: boolean }): Promise<void> => {
      const isThere = await send(log, entry)
      written(log, isThere ? 'ok' : 'failed')
      if (!isThere && !hasLine) await instead(log, entry)
    },
  }
}

/** What the entries are of, in Cloud Logging's words: https://cloud.google.com/logging/docs/api/v2/resource-list */
const resourceOf = ({ project, region, service, revision, configuration }: Place) => {
  const known = Object.entries({
    project_id: project,
    location: region,
    service_name: service,
    revision_name: revision,
    configuration_name: configuration,
  }).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  return service === null
    ? { type: 'global', labels: project === null ? {} : { project_id: project } }
    : { type: 'cloud_run_revision', labels: Object.fromEntries(known) }
}
