import { hash } from 'node:crypto'
import type { HealthView } from '../contract/health.ts'
import type { HealthNews, News, Turns } from '../contract/news.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { Clock } from '../contract/runtime.ts'
import type { ResilienceSettings } from '../contract/settings.ts'
import type { Rests } from '../contract/store.ts'
import { createBulkhead } from '../limits/bulkhead.ts'
import type { Bulkhead, WaitEnd } from '../limits/bulkhead.ts'
import { createBreaker } from '../resilience/breaker.ts'
import type { Breaker, BreakerTies } from '../resilience/breaker.ts'
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
  /** What other instances see of the same providers; null or unset: there are none. */
  others?: { news: News<HealthNews>; turns: Turns } | null
}): Deployments => {
  const { rows, settings, rests, waited, clock, others = null } = options
  const tiesOf = (row: ProviderRow): BreakerTies | null => {
    const deployment = sharedName(row)
    return (
      others && {
        tell: (news) => others.news.tell({ ...news, deployment }),
        takeTurn: () => others.turns.take(`trial:${deployment}`),
      }
    )
  }
  const deployments = new Map<string, Deployment>(
    rows.map((row) => [
      row.id,
      {
        row,
        breaker: createBreaker({ name: row.id, settings: settings.breaker, clock, ties: tiesOf(row) }),
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
  const shared = new Map([...deployments.values()].map(({ row, breaker }) => [sharedName(row), breaker]))
  others?.news.follow({ heard: (news) => shared.get(news.deployment)?.hear(news) })

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

/** The same in all instances that call the same server; one that is set up otherwise goes by what it sees itself. */
const sharedName = ({ id, baseUrl }: ProviderRow): string => `${id}:${hash('sha256', baseUrl, 'hex').slice(0, 12)}`
