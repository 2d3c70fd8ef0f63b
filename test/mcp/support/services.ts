import { noNearCounts } from '../../../src/cache/near/counts.ts'
import { createAdmin } from '../../../src/admin/admin.ts'
import type { AdminDeps } from '../../../src/admin/admin.ts'
import type { CacheStats } from '../../../src/admin/cache.ts'
import type { Caller } from '../../../src/contract/caller.ts'
import type { UsageQuery, UsageReport, UsageRow } from '../../../src/contract/store.ts'
import type { Services } from '../../../src/mcp/tool.ts'
import { cards, knownProviders, prices, rows } from './catalogue.ts'
import { createScriptedGateway } from './gateway.ts'
import type { ScriptedGateway } from './gateway.ts'

/** 2026-11-21 12:00 UTC. */
export const nowMs = Date.UTC(2026, 10, 21, 12)

export interface TestServices extends Services {
  gateway: ScriptedGateway
  usageQueries: UsageQuery[]
  /** Cached answers by scope. */
  cached: Map<string, number>
  /** What the record was told of. */
  /** What was written down of those who changed something. */
  audits: object[]
}

/** The real admin room over made-up books, health and cache. */
/** Of a cache that did nothing yet. */
export const noCacheStats: CacheStats = {
  entries: 0,
  bytes: 0,
  maxBytes: 0,
  hits: 0,
  misses: 0,
  kept: 0,
  failures: 0,
  bypasses: {},
  refusals: {},
  savedNanoUsd: 0n,
  savedMs: 0,
  hitsByTier: { exact: 0, canonical: 0, near: 0 },
  savedByTier: { exact: 0n, canonical: 0n, near: 0n },
  near: noNearCounts(),
  byTask: {},
}

export const createTestServices = (overrides: Partial<AdminDeps> = {}): TestServices => {
  const gateway = createScriptedGateway()
  const usageQueries: UsageQuery[] = []
  const cached = new Map([
    ['local', 3],
    ['key_1', 2],
  ])
  const audits: object[] = []
  const counted = (caller: Caller | null): number =>
    caller === null ? [...cached.values()].reduce((sum, n) => sum + n, 0) : (cached.get(caller.id) ?? 0)

  const admin = createAdmin({
    gateway,
    receipts: {
      usage: (query) => {
        usageQueries.push(query)
        return Promise.resolve(reportFor(query))
      },
      recent: () => Promise.resolve([]),
      find: () => Promise.resolve(null),
    },
    audit: { recent: () => Promise.resolve([]) },
    audited: async (act, work, learned) => {
      const done = await work()
      audits.push({ ...act, ...learned?.(done) })
      return done
    },
    cache: {
      stats: (caller) =>
        Promise.resolve({
          ...noCacheStats,
          entries: counted(caller),
          bytes: counted(caller) * 100,
          maxBytes: 1_000_000,
        }),
      remove: ({ caller, dryRun }) => {
        const cleared = counted(caller)
        if (!dryRun) for (const key of caller === null ? [...cached.keys()] : [caller.id]) cached.set(key, 0)
        return Promise.resolve(cleared)
      },
      advance: (caller) => {
        for (const key of caller === null ? [...cached.keys()] : [caller.id]) cached.set(key, 0)
        return Promise.resolve()
      },
      curate: () => Promise.resolve(null),
      uncurate: () => Promise.resolve(false),
      feedback: () => Promise.resolve('noted'),
      near: null,
    },
    perception: () => null,
    health: {
      provider: (provider) => ({
        provider,
        circuit: provider === 'openrouter' ? 'open' : 'closed',
        reason: provider === 'openrouter' ? '5 of 8 calls failed' : null,
        retryAtMs: provider === 'openrouter' ? nowMs + 30_000 : null,
        inFlight: 1,
        maxConcurrent: 64,
        slots: 64,
        waiting: 0,
        calls: 8,
        failures: provider === 'openrouter' ? 5 : 0,
      }),
      speed: () => ({ firstTokenMs: null, outputTokensPerSecond: null, samples: 0 }),
    },
    prices,
    cards: () => cards,
    knownProviders,
    rows,
    readiness: () => ({ ready: true, reasons: [] }),
    version: '1.2.3',
    startedAtMs: nowMs - 90_000,
    clock: { now: () => nowMs },
    authMode: 'none',
    bounds: { maxBodyBytes: 65_536, requestDeadlineMs: 30_000 },
    limitsOf: () => [{ unit: 'requests', windowMs: 60_000, max: 600 }],
    ...overrides,
  })
  const known = { providers: new Set(knownProviders.map(({ id }) => id)) }
  return { gateway, admin, known, usageQueries, cached, audits }
}

const reportFor = ({ simulated, groupBy, callerId }: UsageQuery): UsageReport => {
  const rowOf = (group: string, requests: number): UsageRow => ({
    group,
    requests,
    cacheHits: 1,
    failures: 0,
    abandoned: 0,
    inputTokens: requests * 10,
    outputTokens: requests * 20,
    cacheReadTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: BigInt(requests) * 1_500n,
    savedNanoUsd: 500n,
    unpricedRequests: 0,
    estimatedRequests: 0,
    averageMs: 12.5,
  })
  if (simulated) return { total: rowOf('total', 0), rows: [], outcomes: {} }
  const groups = callerId === null ? 120 : 1
  return {
    total: rowOf('total', groups),
    rows: Array.from({ length: groups }, (_, index) => rowOf(`${groupBy}-${index}`, 1)),
    outcomes: { complete: groups },
  }
}
