import type { Audit, Counters, Directory, Entries, Receipts } from '../contract/store.ts'
import type { StoreCall } from './metrics.ts'

interface Ports {
  receipts: Receipts
  directory: Directory
  counters: Counters
  entries: Entries
  audit: Audit
}

/** The same stores, each call timed; `stored` is told of it. */
export const timeStores = <Stores extends Ports>(stores: Stores, stored: (call: StoreCall) => void): Stores => {
  const timing =
    (store: StoreCall['store']) =>
    <Args extends unknown[], Result>(operation: string, call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const startedAtMs = performance.now()
      let failed = true
      try {
        const result = await call(...args)
        failed = false
        return result
      } finally {
        stored({ store, operation, failed, durationMs: performance.now() - startedAtMs })
      }
    }
  const { receipts, directory, counters, entries, audit } = stores
  const [ofReceipts, ofKeys, ofCounters, ofEntries, ofAudit] = [
    timing('receipts'),
    timing('directory'),
    timing('counters'),
    timing('entries'),
    timing('audit'),
  ]
  return {
    ...stores,
    receipts: {
      ...receipts,
      append: ofReceipts('append', receipts.append),
      find: ofReceipts('find', receipts.find),
      usage: ofReceipts('usage', receipts.usage),
      recent: ofReceipts('recent', receipts.recent),
      prune: ofReceipts('prune', receipts.prune),
    },
    directory: { ...directory, find: ofKeys('find', directory.find) },
    audit: { append: ofAudit('append', audit.append), recent: ofAudit('recent', audit.recent) },
    counters: {
      ...counters,
      hit: ofCounters('hit', counters.hit),
      settle: ofCounters('settle', counters.settle),
    },
    entries: {
      ...entries,
      find: ofEntries('find', entries.find),
      findCanonical: ofEntries('find_canonical', entries.findCanonical),
      read: ofEntries('read', entries.read),
      set: ofEntries('set', entries.set),
      remove: ofEntries('remove', entries.remove),
    },
  }
}
