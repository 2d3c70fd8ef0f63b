import { rankOf } from '../contract/priority.ts'
import type { Priority } from '../contract/priority.ts'

/** Why somebody left the line without a slot. */
export type Turned = 'full' | 'late' | 'displaced'

export interface Waiter {
  priority: Priority
  /** It is this one's turn. */
  go(): void
  turnAway(why: Turned): void
}

/** Those who wait, by priority and then in the order in which they came. */
export interface Line {
  /** False where there is no room, not even in the place of somebody of lower priority, who is turned away then. */
  join(waiter: Waiter): boolean
  leave(waiter: Waiter): void
  /** The first one, who leaves. */
  next(): Waiter | undefined
  length(): number
}

export const createLine = (maxLength: number): Line => {
  const ranks: Set<Waiter>[] = []
  const length = (): number => ranks.reduce((sum, { size }) => sum + size, 0)
  const leave = (waiter: Waiter): void => void ranks[rankOf(waiter.priority)]?.delete(waiter)

  /** Of the lowest rank below this one who came last. */
  const lastBelow = (rank: number): Waiter | undefined =>
    [...(ranks.slice(0, rank).find(({ size }) => size > 0) ?? [])].at(-1)

  return {
    join: (waiter) => {
      const rank = rankOf(waiter.priority)
      while (ranks.length <= rank) ranks.push(new Set())
      if (length() >= maxLength) {
        const last = lastBelow(rank)
        if (!last) return false
        leave(last)
        last.turnAway('displaced')
      }
      ranks[rank]?.add(waiter)
      return true
    },
    leave,
    next: () => {
      const [first] = ranks.findLast(({ size }) => size > 0) ?? []
      if (first) leave(first)
      return first
    },
    length,
  }
}
