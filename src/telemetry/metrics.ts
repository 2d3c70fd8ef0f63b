import { STATUS_CODES } from 'node:http'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { errorTable } from '../contract/errors.ts'
import type { GatewayError } from '../contract/errors.ts'
import type { Priority } from '../contract/priority.ts'
import type { Receipt } from '../contract/receipt.ts'
import { ownLogs } from '../contract/settings.ts'
import type { OwnLog } from '../contract/settings.ts'
import type { WaitEnding } from '../contract/store.ts'
import { boundMethod, createBounds, createStatusBound } from './metrics/bounds.ts'
import type { KnownNames } from './metrics/bounds.ts'
import { catalogue } from './metrics/catalogue.ts'
import { createInstruments } from './metrics/instruments.ts'
import { createReceiptMetrics } from './metrics/receipts.ts'
import { showState } from './metrics/state.ts'
import type { StateReaders } from './metrics/state.ts'

/** One HTTP request, answered or left. */
export interface HttpReply {
  method: string
  /** The route's path as it is documented, never the caller's; `other` for none. */
  route: string
  status: number
  durationMs: number
}

/** One call of a store. */
export interface StoreCall {
  store: 'receipts' | 'directory' | 'counters' | 'entries' | 'audit'
  operation: string
  failed: boolean
  durationMs: number
}

/** One wait for a slot at a provider. */
export interface SlotWait {
  provider: string
  waitMs: number
  end: 'served' | 'left' | 'full' | 'late' | 'displaced'
}

/** The registry behind /metrics. Business events come through telemetry/events.ts. */
export interface Metrics {
  replied(reply: HttpReply): void
  completed(receipt: Receipt): void
  refused(error: GatewayError): void
  unrecorded(): void
  waited(wait: SlotWait): void
  shed(priority: Priority): void
  stored(call: StoreCall): void
  /** An entry for a log of its own was written by the API, or given up. */
  logged(log: OwnLog, outcome: 'ok' | 'failed'): void
  /** A request waited for another instance that was answering the same. */
  waitedForInstance(ending: WaitEnding, durationMs: number): void
  /** Adds what is read at each scrape. Once. */
  showState(readers: StateReaders): void
  /** Everything, in Prometheus' text format. */
  expose(): Promise<{ contentType: string; text: string }>
}

/** Those of HTTP, of our errors, and what Anthropic's wire says of an overload. */
const statuses = [...Object.keys(STATUS_CODES).map(Number), ...Object.values(errorTable).map((row) => row.status), 529]

/** Counts in memory, from the process's start on: nothing is kept, and nothing is sent anywhere. */
export const createMetrics = ({ known, version }: { known: KnownNames; version: string }): Metrics => {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  const { counter, histogram, gauge } = instruments
  const boundStatus = createStatusBound(new Set(statuses))

  const httpRequests = counter(catalogue.httpRequests)
  const httpDuration = histogram(catalogue.httpDuration)
  const observe = createReceiptMetrics(instruments, createBounds(known))
  const refused = counter(catalogue.refused)
  const budgetExceeded = counter(catalogue.budgetExceeded)
  const unrecorded = counter(catalogue.unrecorded)
  const queueWait = histogram(catalogue.queueWait)
  const shed = counter(catalogue.shed)
  const limitsReached = counter(catalogue.limitsReached)
  const logEntries = counter(catalogue.logEntries)
  const storeDuration = histogram(catalogue.storeDuration)
  const instanceWait = histogram(catalogue.instanceWait)
  gauge(catalogue.build, async () => [[{ version }, 1] as const])
  collectDefaultMetrics({ register: registry })
  // So that alarms on these find a zero rather than nothing.
  for (const stage of ['refused', 'stopped'] as const) budgetExceeded({ stage }, 0)
  unrecorded({}, 0)
  for (const log of ownLogs) for (const outcome of ['ok', 'failed'] as const) logEntries({ log, outcome }, 0)

  return {
    replied: ({ method, route, status, durationMs }) => {
      const labels = { method: boundMethod(method), route }
      httpRequests({ ...labels, status: boundStatus(status) })
      httpDuration(labels, durationMs)
    },
    completed: (receipt) => {
      observe(receipt)
      const { errorCode } = receipt
      // After a try nothing but what is left of the cost limit ends a request with either code.
      if (errorCode === 'limit_unsatisfiable' || errorCode === 'cost_limit_reached')
        budgetExceeded({ stage: 'stopped' })
    },
    refused: ({ code, detail }) => {
      refused({ code })
      if (detail.reached) limitsReached({ limit_of: detail.reached.of, limit_unit: detail.reached.unit })
      if (code === 'limit_unsatisfiable' && detail.param?.endsWith('max_cost_usd')) budgetExceeded({ stage: 'refused' })
    },
    unrecorded: () => unrecorded({}),
    shed: (priority) => shed({ priority }),
    waited: ({ provider, waitMs, end }) => queueWait({ provider, wait_end: end }, waitMs),
    stored: ({ store, operation, failed, durationMs }) =>
      storeDuration({ store, store_operation: operation, outcome: failed ? 'failed' : 'ok' }, durationMs),
    logged: (log, outcome) => logEntries({ log, outcome }),
    waitedForInstance: (wait, durationMs) => instanceWait({ wait }, durationMs),
    showState: (readers) => showState(instruments, readers),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
