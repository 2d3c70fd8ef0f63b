import type { HealthView } from '../contract/health.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { Clock } from '../contract/runtime.ts'
import type { ResilienceSettings } from '../contract/settings.ts'
import type { Rests } from '../contract/store.ts'
import { createBulkhead } from '../limits/bulkhead.ts'
import type { Bulkhead, WaitEnd } from '../limits/bulkhead.ts'
import { createBreaker } from '../resilience/breaker.ts'
import type { Breaker } from '../resilience/breaker.ts'
import { createKeyRing } from '../resilience/key-ring.ts'
import type { KeyRing } from '../resilience/key-ring.ts'
import { createSpeedBook } from '../resilience/speed.ts'
import type { SpeedBook } from '../resilience/speed.ts'

/** One provider row with what protects it. */
export interface Deployment {
  row: ProviderRow
  breaker: Breaker
  bulkhead: Bulkhead
  keys: KeyRing
}

export interface Deployments extends Disposable {
  get(rowId: string): Deployment | undefined
  speeds: SpeedBook
  health: HealthView
}

/** Every callable provider row behind its breaker, its slots and its keys, and the view of their health. */
export const createDeployments = (options: {
  rows: readonly ProviderRow[]
  settings: ResilienceSettings
  rests: Rests
  /** Told of each wait for a slot. */
  waited: (wait: { provider: string; waitMs: number; end: WaitEnd }) => void
  clock: Clock
}): Deployments => {
  const { rows, settings, rests, waited, clock } = options
  const deployments = new Map<string, Deployment>(
    rows.map((row) => [
      row.id,
      {
        row,
        breaker: createBreaker({ name: row.id, settings: settings.breaker, clock }),
        bulkhead: createBulkhead({
          provider: row.id,
          maxConcurrent: row.maxConcurrent,
          settings: settings.concurrency,
          waited,
          clock,
        }),
        keys: createKeyRing({ row: row.id, secrets: row.keys, rests, clock }),
      },
    ]),
  )
  const speeds = createSpeedBook()

  return {
    get: (rowId) => deployments.get(rowId),
    speeds,
    health: {
      speed: speeds.speed,
      provider: (id) => {
        const deployment = deployments.get(id)
        const state = deployment?.breaker.state() ?? {
          circuit: 'closed',
          reason: null,
          retryAtMs: null,
          calls: 0,
          failures: 0,
        }
        return {
          provider: id,
          ...state,
          inFlight: deployment?.bulkhead.inFlight() ?? 0,
          maxConcurrent: deployment?.row.maxConcurrent ?? 0,
          slots: deployment?.bulkhead.slots() ?? 0,
          waiting: deployment?.bulkhead.waiting() ?? 0,
        }
      },
    },
    [Symbol.dispose]: () => {
      for (const { breaker } of deployments.values()) breaker.close()
    },
  }
}
