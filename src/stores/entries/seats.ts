import { createHeap } from '../../lib/heap.ts'
import type { Heap } from '../../lib/heap.ts'

/** What the store must know of an entry to say which one goes when it gets tight. */
export interface Seated {
  ownerId: string
  bytes: number
  /** From here on it is of no use to anybody. */
  staleUntilMs: number
  /** What each hit spares. */
  worthNanoUsd: number
}

/** Which entries stay within a bound of bytes. */
export interface Seats<Item extends Seated> {
  readonly bytes: number
  /** Gives an entry a seat; returns those that must leave for it, and that have left here: perhaps itself. */
  take(item: Item, uses: number): readonly Item[]
  /** It was hit once more. */
  use(item: Item): void
  /** How often it was hit, its making counted as once. */
  usesOf(item: Item): number
  leave(item: Item): void
  /** Those whose time is over; they have left here. */
  end(nowMs: number): readonly Item[]
}

interface Seat<Item> {
  item: Item
  uses: number
  rank: number
  /** Among equals the one that was used longest ago goes. */
  usedAt: number
}

interface Owner<Item> {
  bytes: number
  seats: Heap<Seat<Item>>
}

/**
 * Who leaves a full store: the entry that is worth least for the bytes that it takes, by what its hits spare and how often it
 * was hit (greedy dual size with frequency, Cherkasova 1998). Each that leaves raises the rank that newcomers begin with, so
 * that what was worth much and is not asked for any more is overtaken in the end.
 *
 * Only an owner who holds more than an equal share of the bytes loses entries. One of them always does when there is too
 * much, so whoever floods the store pushes out his own, and everybody else keeps what fits into his share.
 */
export const createSeats = <Item extends Seated>(maxBytes: number): Seats<Item> => {
  const seatOf = new Map<Item, Seat<Item>>()
  const owners = new Map<string, Owner<Item>>()
  const byEnd = createHeap<Item>((a, b) => a.staleUntilMs < b.staleUntilMs)
  let bytes = 0
  let floor = 0
  let turn = 0

  const rank = (seat: Seat<Item>): void => {
    seat.usedAt = turn++
    seat.rank = floor + (seat.uses * seat.item.worthNanoUsd) / Math.max(1, seat.item.bytes)
  }

  const leave = (item: Item): void => {
    const seat = seatOf.get(item)
    const owner = owners.get(item.ownerId)
    if (!seat || !owner) return
    seatOf.delete(item)
    byEnd.remove(item)
    owner.seats.remove(seat)
    owner.bytes -= item.bytes
    bytes -= item.bytes
    if (owner.seats.size === 0) owners.delete(item.ownerId)
  }

  const leastWorth = (): Seat<Item> | undefined => {
    let least: Seat<Item> | undefined
    for (const owner of owners.values()) {
      if (owner.bytes * owners.size <= maxBytes) continue
      const candidate = owner.seats.least()
      if (candidate && (!least || isBefore(candidate, least))) least = candidate
    }
    return least
  }

  return {
    get bytes() {
      return bytes
    },
    take: (item, uses) => {
      if (item.bytes > maxBytes) return [item]
      const seat: Seat<Item> = { item, uses, rank: 0, usedAt: 0 }
      rank(seat)
      const owner = owners.get(item.ownerId) ?? { bytes: 0, seats: createHeap<Seat<Item>>(isBefore) }
      owners.set(item.ownerId, owner)
      owner.seats.add(seat)
      owner.bytes += item.bytes
      bytes += item.bytes
      seatOf.set(item, seat)
      byEnd.add(item)

      const left: Item[] = []
      while (bytes > maxBytes) {
        const least = leastWorth()
        if (!least) break
        floor = Math.max(floor, least.rank)
        leave(least.item)
        left.push(least.item)
      }
      return left
    },
    use: (item) => {
      const seat = seatOf.get(item)
      if (!seat) return
      seat.uses += 1
      rank(seat)
      owners.get(item.ownerId)?.seats.move(seat)
    },
    usesOf: (item) => seatOf.get(item)?.uses ?? 0,
    leave,
    end: (nowMs) => {
      const ended: Item[] = []
      for (;;) {
        const first = byEnd.least()
        if (!first || first.staleUntilMs > nowMs) return ended
        leave(first)
        ended.push(first)
      }
    },
  }
}

const isBefore = (a: Seat<unknown>, b: Seat<unknown>): boolean =>
  a.rank < b.rank || (a.rank === b.rank && a.usedAt < b.usedAt)
