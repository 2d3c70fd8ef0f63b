import type { CacheOrder } from '../contract/cache-order.ts'
import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import { formatUsd } from '../contract/money.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { CacheEntry } from '../contract/store.ts'
import type { NearCounts } from '../cache/near/counts.ts'
import type { CacheTier } from '../contract/receipt.ts'
import { requireAdmin } from './scope.ts'
import type { Whose } from './scope.ts'

/** What the admin room needs of the cache. Null stands for everybody. */
export interface CacheAdmin {
  stats(caller: Caller | null): Promise<CacheStats>
  /** Returns how many entries were deleted, or would be. */
  remove(query: {
    caller: Caller | null
    ids?: readonly string[] | undefined
    tag?: string | undefined
    dryRun: boolean
  }): Promise<number>
  advance(caller: Caller | null): Promise<void>
  curate(id: string, untilMs: number): Promise<CacheEntry | null>
  uncurate(id: string): Promise<boolean>
}

export interface CacheStats {
  entries: number
  bytes: number
  /** Bound of all entries together. */
  maxBytes: number
  /** Since the gateway started. */
  hits: number
  misses: number
  kept: number
  failures: number
  bypasses: Readonly<Record<string, number>>
  refusals: Readonly<Record<string, number>>
  savedNanoUsd: NanoUsd
  /** How much longer the making of what was remembered had taken. */
  savedMs: number
  hitsByTier: Readonly<Record<CacheTier, number>>
  near: NearCounts
  byTask: Readonly<Record<string, { hits: number; savedNanoUsd: NanoUsd }>>
}

/** What was done to remembered answers by hand; for the record. */
export interface CacheChange {
  action: Exclude<CacheOrder['action'], 'stats'>
  callerId: string
  whose: Whose
  ids: readonly string[] | null
  tag: string | null
  /** How many it was. */
  entries: number
}

export interface CacheOutcome {
  /** Entries forgotten, made unreachable, given to everybody or taken back, or those that would be; null for stats. */
  affected: number | null
  /** Where the answers of `curate` are found by everybody from now on. */
  curated: readonly string[]
  stats: CacheStats
}

export interface CacheAnswers {
  /** @throws GatewayError insufficient_scope for everybody's, unless the caller is an admin */
  cacheStats(query: { caller: Caller; whose: Whose }): Promise<CacheStats>
  /** @throws GatewayError insufficient_scope for everybody's and for curating, unless the caller is an admin */
  manageCache(caller: Caller, order: CacheOrder): Promise<CacheOutcome>
}

/** Questions and orders about remembered answers: a caller's own, or everybody's for an admin. */
export const createCacheAnswers = (cache: CacheAdmin, changed: (change: CacheChange) => void): CacheAnswers => {
  const readersOf = (caller: Caller, whose: Whose): Caller | null => {
    if (whose === 'mine') return caller
    requireAdmin(caller, "Everybody's cache")
    return null
  }

  /** How many entries it was about, or would be. */
  const obey = async (
    caller: Caller,
    order: Exclude<CacheOrder, { action: 'stats' }>,
  ): Promise<readonly string[] | number> => {
    switch (order.action) {
      case 'remove':
        return cache.remove({
          caller: readersOf(caller, order.whose),
          ids: order.ids,
          tag: order.tag,
          dryRun: order.dryRun,
        })
      case 'advance': {
        const readers = readersOf(caller, order.whose)
        const entries = await cache.remove({ caller: readers, dryRun: true })
        if (!order.dryRun) await cache.advance(readers)
        return entries
      }
      case 'curate': {
        requireAdmin(caller, "Everybody's cache")
        const made: string[] = []
        for (const id of order.ids) {
          const entry = await cache.curate(id, order.untilMs)
          if (!entry) throw new GatewayError('invalid_request', `There is no entry ${id}.`, { param: 'ids' })
          made.push(entry.id)
        }
        return made
      }
      case 'uncurate': {
        requireAdmin(caller, "Everybody's cache")
        const gone = await Promise.all(order.ids.map((id) => cache.uncurate(id)))
        return gone.filter(Boolean).length
      }
    }
  }

  return {
    cacheStats: async ({ caller, whose }) => cache.stats(readersOf(caller, whose)),
    manageCache: async (caller, order) => {
      const readers = readersOf(caller, order.whose)
      if (order.action === 'stats') return { affected: null, curated: [], stats: await cache.stats(readers) }
      const done = await obey(caller, order)
      const [affected, curated] = typeof done === 'number' ? [done, []] : [done.length, done]
      const isDone = !('dryRun' in order && order.dryRun)
      if (isDone) changed(recordOf(caller, order, affected))
      return { affected, curated, stats: await cache.stats(readers) }
    },
  }
}

const recordOf = (caller: Caller, order: Exclude<CacheOrder, { action: 'stats' }>, entries: number): CacheChange => ({
  action: order.action,
  callerId: caller.id,
  whose: order.whose,
  ids: ('ids' in order && order.ids) || null,
  tag: ('tag' in order && order.tag) || null,
  entries,
})

/** A cache's figures as both faces write them. */
export const showCacheStats = (stats: CacheStats) => ({
  entries: stats.entries,
  bytes: stats.bytes,
  max_bytes: stats.maxBytes,
  hits: stats.hits,
  misses: stats.misses,
  kept: stats.kept,
  failures: stats.failures,
  bypasses: { ...stats.bypasses },
  refusals: { ...stats.refusals },
  saved_usd: formatUsd(stats.savedNanoUsd),
  saved_ms: stats.savedMs,
  hits_by_tier: { ...stats.hitsByTier },
  near: showNearCounts(stats.near),
  by_task: Object.fromEntries(
    Object.entries(stats.byTask).map(([task, { hits, savedNanoUsd }]) => [
      task,
      { hits, saved_usd: formatUsd(savedNanoUsd) },
    ]),
  ),
})

const showNearCounts = ({ asked, refusals, vetoes, wouldServe, canaries, feedback, byTask }: NearCounts) => ({
  asked,
  refusals: withoutHoles(refusals),
  vetoes: withoutHoles(vetoes),
  would_serve: withoutHoles(wouldServe),
  canaries,
  feedback,
  by_task: { ...byTask },
})

const withoutHoles = (counts: Readonly<Partial<Record<string, number>>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count ?? 0]))
