import type { CacheOrder } from '../contract/cache-order.ts'
import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import { formatUsd } from '../contract/money.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { CacheTier } from '../contract/receipt.ts'
import type { Audited, CacheEntry } from '../contract/store.ts'
import type { NearCounts } from '../cache/near/counts.ts'
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
  savedByTier: Readonly<Record<CacheTier, NanoUsd>>
  near: NearCounts
  byTask: Readonly<Record<string, { hits: number; savedNanoUsd: NanoUsd }>>
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

/** Questions and orders about remembered answers: a caller's own, or everybody's for an admin. What is changed is on the record. */
export const createCacheAnswers = (cache: CacheAdmin, audited: Audited): CacheAnswers => {
  const readersOf = (caller: Caller, whose: Whose): Caller | null => {
    if (whose === 'mine') return caller
    requireAdmin(caller, "Everybody's cache")
    return null
  }

  /** How many entries it was about, or would be. */
  const obey = async (caller: Caller, order: Change): Promise<readonly string[] | number> => {
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
      if (order.action === 'stats') {
        const stats = await cache.stats(readersOf(caller, order.whose))
        return { affected: null, curated: [], stats }
      }
      const isDry = 'dryRun' in order && order.dryRun
      const work = (): ReturnType<typeof obey> => obey(caller, order)
      const done = await (isDry
        ? work()
        : audited(actOf(caller, order), work, (result) => ({
            detail: { ...detailOf(order), entries: String(countOf(result)) },
          })))
      const curated = typeof done === 'number' ? [] : done
      return { affected: countOf(done), curated, stats: await cache.stats(readersOf(caller, order.whose)) }
    },
  }
}

type Change = Exclude<CacheOrder, { action: 'stats' }>

const countOf = (done: readonly string[] | number): number => (typeof done === 'number' ? done : done.length)

const actOf = (caller: Caller, { action, whose }: Change) => ({
  actor: { id: caller.id, name: caller.name },
  action: `cache.${action}` as const,
  target: whose === 'mine' ? caller.id : null,
})

const detailOf = (order: Change): Readonly<Record<string, string>> => ({
  ...('ids' in order && order.ids ? { ids: order.ids.join(', ') } : {}),
  ...('tag' in order && order.tag !== undefined ? { tag: order.tag } : {}),
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
  saved_usd_by_tier: {
    exact: formatUsd(stats.savedByTier.exact),
    canonical: formatUsd(stats.savedByTier.canonical),
    near: formatUsd(stats.savedByTier.near),
  },
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
