import type { Audit, AuditEntry, AuditPlace } from '../../contract/store.ts'

/** The last `capacity` entries, in memory. */
export const createAudit = (capacity: number): Audit => {
  const entries = new Map<string, AuditEntry>()

  return {
    append: async (entry) => {
      entries.set(entry.id, entry)
      if (entries.size > capacity) entries.delete(entries.keys().next().value ?? entry.id)
    },
    recent: async ({ after, limit }) =>
      [...entries.values()]
        .filter((entry) => after === null || byNewest(after, entry) < 0)
        .toSorted(byNewest)
        .slice(0, limit),
  }
}

const byNewest = (a: AuditPlace, b: AuditPlace): number => b.atMs - a.atMs || (a.id === b.id ? 0 : a.id > b.id ? -1 : 1)
