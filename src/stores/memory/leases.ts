import type { Clock } from '../../contract/runtime.ts'
import type { Lease, Leases } from '../../contract/store.ts'

/** For so long who asks for a key whose answer was not kept goes alone: whoever waited for it has heard of it by then. */
export const aloneMs = 2_000

interface Held {
  fence: number
  untilMs: number
  /** Given back without an answer. */
  isOver: boolean
}

/** Leases that are looked through for ended ones when there are so many more. */
const sweepAt = 1_000

/** The leases of one process. `isNewest`: nobody got the key after this lease. */
export const createLeases = ({ clock }: { clock: Clock }): Leases & { isNewest(lease: Lease): boolean } => {
  const held = new Map<string, Held>()
  let lastFence = 0
  let sweepBeyond = sweepAt

  const sweep = (): void => {
    if (held.size < sweepBeyond) return
    for (const [key, { untilMs }] of held) if (untilMs <= clock.now()) held.delete(key)
    sweepBeyond = held.size + sweepAt
  }
  const isNewest = ({ key, fence }: Lease): boolean => held.get(key)?.fence === fence

  return {
    isNewest,
    acquire: async (key, ttlMs) => {
      const nowMs = clock.now()
      const other = held.get(key)
      if (other && nowMs < other.untilMs)
        return other.isOver ? { state: 'alone' } : { state: 'taken', forMs: other.untilMs - nowMs }
      sweep()
      lastFence += 1
      held.set(key, { fence: lastFence, untilMs: nowMs + ttlMs, isOver: false })
      return { state: 'held', lease: { key, fence: lastFence } }
    },
    renew: async (lease, ttlMs) => {
      const mine = held.get(lease.key)
      if (!mine || mine.isOver || !isNewest(lease)) return false
      mine.untilMs = clock.now() + ttlMs
      return true
    },
    release: async (lease, kept) => {
      if (!isNewest(lease)) return
      if (kept) held.delete(lease.key)
      else held.set(lease.key, { fence: lease.fence, untilMs: clock.now() + aloneMs, isOver: true })
    },
  }
}
