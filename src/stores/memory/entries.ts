import { LRUCache } from 'lru-cache'
import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Entries } from '../../contract/store.ts'

interface EntriesOptions {
  maxBytes: number
  clock: Clock
}

/** Remembered answers in memory: the least recently used leave first, the expired when they are met. */
export const createEntries = ({ maxBytes, clock }: EntriesOptions): Entries => {
  const cache = new LRUCache<string, CacheEntry>({
    // The library takes no bound of 0; nothing that we store is as small as 1.
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ bytes }) => bytes,
  })

  // The library's own expiry goes by a clock of its own.
  const alive = (entry: CacheEntry): boolean => {
    if (clock.now() < entry.expiresAtMs) return true
    cache.delete(entry.key)
    return false
  }

  const inScope = (scope: string | null): CacheEntry[] =>
    [...cache.values()].filter((entry) => alive(entry) && (scope === null || entry.scope === scope))

  return {
    get: async (key) => {
      const entry = cache.get(key)
      return entry && alive(entry) ? entry : null
    },
    set: async (entry) => {
      cache.set(entry.key, entry)
    },
    stats: async (scope) => {
      const entries = inScope(scope)
      return { entries: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0), maxBytes }
    },
    clear: async ({ scope, dryRun }) => {
      const entries = inScope(scope)
      if (!dryRun) for (const { key } of entries) cache.delete(key)
      return entries.length
    },
  }
}
