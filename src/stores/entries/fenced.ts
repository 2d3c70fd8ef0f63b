import type { Entries, Lease } from '../../contract/store.ts'

/** The same entries; what was made under a lease that is not the newest any more is not kept. For one process. */
export const fenced = <Own extends Entries>(entries: Own, isNewest: (lease: Lease) => boolean): Own => ({
  ...entries,
  set: async (entry, lease = null) => {
    if (!lease || isNewest(lease)) await entries.set(entry)
  },
})
