import type { EntryChange, Entries } from '../../contract/store.ts'

/** Those who want to hear of each entry that comes or goes. */
export const createChanges = (): { tell(change: EntryChange): void; follow: Entries['follow'] } => {
  const listeners = new Set<(change: EntryChange) => void>()
  return {
    tell: (change) => {
      for (const listener of listeners) listener(change)
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
