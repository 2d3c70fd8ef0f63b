import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Entries } from '../../contract/store.ts'
import { createCatalogue } from '../entries/catalogue.ts'
import type { Card } from '../entries/catalogue.ts'
import { createChanges } from '../entries/changes.ts'
import { worthOf } from '../entries/worth.ts'

interface EntriesOptions {
  maxBytes: number
  clock: Clock
}

interface Remembered extends Card {
  entry: CacheEntry
}

/** Remembered answers in memory: they end with the process. */
export const createEntries = ({ maxBytes, clock }: EntriesOptions): Entries => {
  const changes = createChanges()
  const epochs = new Map<string | null, number>()
  const catalogue = createCatalogue<Remembered>({
    maxBytes,
    clock,
    left: ({ entry }) => entry.near && changes.tell({ kind: 'removed', id: entry.id }),
  })

  const used = (card: Remembered | null): CacheEntry | null => {
    if (!card) return null
    catalogue.use(card)
    return card.entry
  }

  return {
    find: async (key) => used(catalogue.ofKey(key)),
    findCanonical: async (canonicalKey) => used(catalogue.ofCanonicalKey(canonicalKey)),
    read: async (ids) => ids.map((id) => used(catalogue.ofId(id))).filter((entry) => entry !== null),
    set: async (entry) => {
      const isIn = catalogue.enter({ ...entry, entry, worthNanoUsd: worthOf(entry.answer) })
      if (isIn && entry.near) changes.tell({ kind: 'added', id: entry.id, near: entry.near })
    },
    stats: async (scope) => ({ ...(await catalogue.stats(scope)), maxBytes }),
    remove: (query) => catalogue.remove(query),
    epoch: async (scope) => epochs.get(scope) ?? 0,
    advance: async (scope, to) => {
      const now = epochs.get(scope) ?? 0
      const epoch = Math.max(now, to ?? now + 1)
      epochs.set(scope, epoch)
      return epoch
    },
    hasQuestions: async () => catalogue.some(({ entry }) => entry.near !== null),
    questionIds: async () =>
      catalogue
        .cards()
        .filter(({ entry }) => entry.near !== null)
        .map(({ id }) => id),
    questions: async (ids) =>
      ids.flatMap((id) => {
        const near = catalogue.ofId(id)?.entry.near
        return near ? [{ id, near }] : []
      }),
    follow: changes.follow,
  }
}
