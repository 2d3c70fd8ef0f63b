import type { Caller } from '../contract/caller.ts'
import type { Audited } from '../contract/store.ts'
import { requireAdmin } from './scope.ts'
import type { Whose } from './scope.ts'

/** What the admin room needs of the exact cache. A scope is a caller's id; null stands for everybody. */
export interface CacheAdmin {
  stats(scope: string | null): Promise<CacheStats>
  /** Returns how many entries were deleted, or would be. */
  clear(query: { scope: string | null; dryRun: boolean }): Promise<number>
}

export interface CacheStats {
  entries: number
  bytes: number
  /** Bound of all entries together. */
  maxBytes: number
}

export interface CacheAnswers {
  /** @throws GatewayError insufficient_scope for everybody's, unless the caller is an admin */
  cacheStats(query: { caller: Caller; whose: Whose }): Promise<CacheStats>
  /** @throws GatewayError insufficient_scope for everybody's, unless the caller is an admin */
  clearCache(query: { caller: Caller; whose: Whose; dryRun: boolean }): Promise<{ entries: number }>
}

/** Questions about remembered answers: a caller's own, or everybody's for an admin. What is deleted is on the record. */
export const createCacheAnswers = (cache: CacheAdmin, audited: Audited): CacheAnswers => {
  const scopeOf = (caller: Caller, whose: Whose): string | null => {
    if (whose === 'mine') return caller.id
    requireAdmin(caller, "Everybody's cache")
    return null
  }
  return {
    cacheStats: async ({ caller, whose }) => cache.stats(scopeOf(caller, whose)),
    clearCache: async ({ caller, whose, dryRun }) => {
      const clear = async () => ({ entries: await cache.clear({ scope: scopeOf(caller, whose), dryRun }) })
      if (dryRun) return clear()
      const actor = { id: caller.id, name: caller.name }
      const target = whose === 'mine' ? caller.id : null
      return audited({ actor, action: 'cache.clear', target }, clear, ({ entries }) => ({
        detail: { entries: String(entries) },
      }))
    },
  }
}
