import { setImmediate as nextTick } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Entries, EntryChange, Removal } from '../../contract/store.ts'

interface EntriesOptions {
  maxBytes: number
  clock: Clock
}

/** What one scope has here, so that a question about it looks at nobody else's. */
interface Shelf {
  entries: Set<CacheEntry>
  bytes: number
}

/** A million entries in one go would keep the event loop from its streams for a good part of a second. */
const entriesPerTurn = 1_000

/** Remembered answers in memory: the least recently used leave first, the expired when they are met. */
export const createEntries = ({ maxBytes, clock }: EntriesOptions): Entries => {
  const shelves = new Map<string, Shelf>()
  const byId = new Map<string, CacheEntry>()
  const byCanonicalKey = new Map<string, CacheEntry>()
  const listeners = new Set<(change: EntryChange) => void>()
  const cache = new LRUCache<string, CacheEntry>({
    // The library takes no bound of 0; nothing that we store is as small as 1.
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ bytes }) => bytes,
    onInsert: (entry) => enter(entry),
    dispose: (entry) => leave(entry),
  })

  const tell = (change: EntryChange): void => {
    for (const listener of listeners) listener(change)
  }

  const enter = (entry: CacheEntry): void => {
    shelve(entry)
    byId.set(entry.id, entry)
    if (entry.canonicalKey !== null) byCanonicalKey.set(entry.canonicalKey, entry)
    if (entry.near) tell({ kind: 'added', id: entry.id, near: entry.near })
  }

  const leave = (entry: CacheEntry): void => {
    unshelve(entry)
    byId.delete(entry.id)
    const { canonicalKey } = entry
    if (canonicalKey !== null && byCanonicalKey.get(canonicalKey) === entry) byCanonicalKey.delete(canonicalKey)
    if (entry.near) tell({ kind: 'removed', id: entry.id })
  }

  const shelve = (entry: CacheEntry): void => {
    const shelf = shelves.get(entry.scope) ?? { entries: new Set(), bytes: 0 }
    if (!shelf.entries.has(entry)) shelf.bytes += entry.bytes
    shelf.entries.add(entry)
    shelves.set(entry.scope, shelf)
  }

  const unshelve = (entry: CacheEntry): void => {
    const shelf = shelves.get(entry.scope)
    if (!shelf?.entries.delete(entry)) return
    shelf.bytes -= entry.bytes
    if (shelf.entries.size === 0) shelves.delete(entry.scope)
  }

  // The library's own expiry goes by a clock of its own.
  const alive = (entry: CacheEntry): boolean => {
    if (clock.now() < entry.staleUntilMs) return true
    cache.delete(entry.key)
    return false
  }

  const shelvesOf = (scope: string | null): Shelf[] =>
    scope === null ? [...shelves.values()] : [shelves.get(scope)].filter((shelf) => shelf !== undefined)

  /** Counts the living of a scope and drops its dead, leaving the event loop to others in between. */
  const visit = async (scope: string | null, see: (entry: CacheEntry) => void): Promise<number> => {
    let [seen, living] = [0, 0]
    for (const { entries } of shelvesOf(scope))
      for (const entry of entries) {
        if (alive(entry)) {
          living += 1
          see(entry)
        }
        seen += 1
        if (seen % entriesPerTurn === 0) await nextTick()
      }
    return living
  }

  const used = (entry: CacheEntry | undefined): CacheEntry | null =>
    entry && alive(entry) ? (cache.get(entry.key) ?? null) : null

  const isMeant = ({ id, tags }: CacheEntry, { ids, tag }: Removal): boolean =>
    (ids === undefined || ids.includes(id)) && (tag === undefined || tags.includes(tag))

  return {
    find: async (key) => used(cache.peek(key)),
    findCanonical: async (canonicalKey) => used(byCanonicalKey.get(canonicalKey)),
    read: async (ids) => ids.map((id) => used(byId.get(id))).filter((entry) => entry !== null),
    set: async (entry) => {
      cache.set(entry.key, entry)
    },
    stats: async (scope) => {
      await visit(scope, () => undefined)
      const here = shelvesOf(scope)
      const entries = here.reduce((sum, shelf) => sum + shelf.entries.size, 0)
      return { entries, bytes: here.reduce((sum, { bytes }) => sum + bytes, 0), maxBytes }
    },
    remove: async (query) => {
      let meant = 0
      await visit(query.scope, (entry) => {
        if (!isMeant(entry, query)) return
        meant += 1
        if (!query.dryRun) cache.delete(entry.key)
      })
      return meant
    },
    async *questions() {
      for (const { id, near } of [...byId.values()]) if (near) yield { id, near }
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
