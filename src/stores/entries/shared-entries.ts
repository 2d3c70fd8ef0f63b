import type { News } from '../../contract/news.ts'
import type { Clock, Logger } from '../../contract/runtime.ts'
import type { CacheEntry, Entries } from '../../contract/store.ts'
import { createLru } from '../../lib/lru.ts'
import type { EntryNews } from './entry-news.ts'

interface SharedEntriesOptions {
  /** This instance's own, which everything is looked for in. */
  entries: Entries
  news: News<EntryNews> & AsyncDisposable
  clock: Clock
  logger: Pick<Logger, 'warn'>
}

type Removed = Extract<EntryNews, { kind: 'removed' }>

/** So many are written at a time. */
const maxWriting = 256
/** Of entries that were heard or told of. */
const maxMarks = 20_000
const maxRemovedIds = 20_000
const maxRemovals = 500

/**
 * The entries of one instance, which tell the other instances of what can be found by the sense of its question, and hear of
 * theirs: each has all of it, in its own bounds, so that looking for something asks nobody else. Whatever is removed is removed
 * everywhere; what comes behind its own removal, twice, or too late is not taken in. Disposing closes the news, not the entries.
 */
export const shareEntries = ({ entries, news, clock, logger }: SharedEntriesOptions): Entries & AsyncDisposable => {
  /** Entries as they were last told of. */
  const marks = createLru<string, true>({ max: maxMarks })
  const removedIds = createLru<string, true>({ max: maxRemovedIds })
  /** Of whole scopes and tags. */
  let removals: Removed[] = []
  const writing = new Set<Promise<void>>()

  const note = (removed: Removed): void => {
    for (const id of removed.ids ?? []) removedIds.keep(id, true)
    if (removed.ids === null) removals = [...removals, removed].slice(-maxRemovals)
  }

  const tellRemoved = (query: Omit<Removed, 'kind' | 'atMs'>): void => {
    const removed: Removed = { kind: 'removed', ...query, atMs: clock.now() }
    note(removed)
    news.tell(removed)
  }

  const isRemoved = (entry: CacheEntry): boolean =>
    removedIds.find(entry.id) === true ||
    removals.some(
      ({ scope, tag, atMs }) =>
        entry.createdAtMs <= atMs &&
        (scope === null || scope === entry.scope) &&
        (tag === null || entry.tags.includes(tag)),
    )

  /** Null where there is nothing to take in: the one that is here is as new. */
  const merge = async (entry: CacheEntry): Promise<CacheEntry | null> => {
    const [same] = await entries.read([entry.id])
    if (same) {
      // Tags say for whom it is wrong: whoever heard of that first, it holds for all.
      const tags = [...new Set([...same.tags, ...entry.tags])]
      return tags.length > same.tags.length ? { ...entry, tags } : null
    }
    const rival = await entries.find(entry.key)
    if (!rival || rival.near === null) return entry
    // Two instances answered the same question: all keep the same one.
    const isLater =
      entry.createdAtMs > rival.createdAtMs || (entry.createdAtMs === rival.createdAtMs && entry.id > rival.id)
    return isLater ? entry : null
  }

  const take = async (entry: CacheEntry): Promise<void> => {
    if (entry.staleUntilMs <= clock.now() || isRemoved(entry)) return
    const merged = await merge(entry)
    if (!merged) return
    marks.keep(markOf(merged), true)
    const written = entries
      .set(merged)
      .catch(() => undefined)
      .finally(() => writing.delete(written))
    writing.add(written)
    // All of them, so that a disk is asked once for many.
    if (writing.size >= maxWriting) await Promise.all(writing)
  }

  const hear = async (heard: EntryNews): Promise<void> => {
    switch (heard.kind) {
      case 'kept':
        return take(heard.entry)
      case 'removed': {
        note(heard)
        const { scope, ids, tag } = heard
        await entries.remove({ scope, ids: ids ?? undefined, tag: tag ?? undefined, dryRun: false })
        return
      }
      case 'advanced':
        await entries.advance(heard.scope, heard.epoch)
    }
  }

  /** What was removed meanwhile is not known any more: everything may have been. */
  const forgetAll = async (): Promise<void> => {
    const forgotten = await entries.remove({ scope: null, dryRun: false })
    if (forgotten > 0)
      logger.warn(
        { entries: forgotten },
        'this instance was without news of the others for too long: its remembered answers are dropped, as some may be void',
      )
  }

  news.follow({ heard: hear, missed: forgetAll })

  /** Says whether its question could be found before, and cannot be any more. */
  const setUnseen = async (entry: CacheEntry): Promise<boolean> => {
    let wasSeen = false
    const unfollow = entries.follow(({ kind, id }) => {
      wasSeen ||= kind === 'removed' && id === entry.id
    })
    try {
      await entries.set(entry)
    } finally {
      unfollow()
    }
    return wasSeen
  }

  return {
    ...entries,
    set: async (entry) => {
      if (!entry.near) {
        if (await setUnseen(entry)) tellRemoved({ scope: entry.scope, ids: [entry.id], tag: null })
        return
      }
      if (!marks.find(markOf(entry))) news.tell({ kind: 'kept', entry })
      marks.keep(markOf(entry), true)
      await entries.set(entry)
    },
    remove: async (query) => {
      const { scope, ids = null, tag = null, dryRun } = query
      if (!dryRun) tellRemoved({ scope, ids, tag })
      return entries.remove(query)
    },
    advance: async (scope, to) => {
      const next = await entries.advance(scope, to)
      // By the clock, so that of two that are made at once the later one counts everywhere.
      const epoch = await entries.advance(scope, to ?? Math.max(next, clock.now()))
      news.tell({ kind: 'advanced', scope, epoch })
      return epoch
    },
    [Symbol.asyncDispose]: async () => {
      await news[Symbol.asyncDispose]()
      await Promise.allSettled(writing)
    },
  }
}

/** Of an entry nothing changes but its tags. */
const markOf = ({ id, tags }: CacheEntry): string => `${id} ${tags.length}`
