import { setImmediate as nextTick } from 'node:timers/promises'
import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Removal } from '../../contract/store.ts'
import { createSeats } from './seats.ts'
import type { Seated } from './seats.ts'

/** An entry as it is looked for, without what it says. */
export interface Card
  extends Pick<CacheEntry, 'id' | 'key' | 'canonicalKey' | 'scope' | 'tags' | 'createdAtMs' | 'expiresAtMs'>, Seated {}

/** Every entry that there is, by all that it is asked for. */
export interface Catalogue<Of extends Card> {
  /** The living one of a key; asking does not count as using. */
  ofKey(key: string): Of | null
  /** Of those that share it the last one that was made. */
  ofCanonicalKey(canonicalKey: string): Of | null
  ofId(id: string): Of | null
  use(card: Of): void
  usesOf(card: Of): number
  /** Takes it in, in the place of the one of the same key. False where it is worth too little to stay. */
  enter(card: Of, uses?: number): boolean
  drop(card: Of): void
  stats(scope: string | null): Promise<{ entries: number; bytes: number }>
  /** Returns how many were dropped, or would be. */
  remove(query: Removal): Promise<number>
  /** As they are now. */
  cards(): Of[]
  /** Whether one of them is such. */
  some(isSuch: (card: Of) => boolean): boolean
}

interface CatalogueOptions<Of> {
  maxBytes: number
  clock: Clock
  /** Told of each that is forgotten, expired or crowded out. */
  left: (card: Of) => void
}

/** What one scope has here, so that a question about it looks at nobody else's. */
interface Shelf<Of> {
  cards: Set<Of>
  bytes: number
}

/** A million entries in one go would keep the event loop from its streams for a good part of a second. */
const cardsPerTurn = 1_000

/** What was made later than this from now was made while the clock was ahead: its times say nothing. */
const clockToleranceMs = 60_000

export const createCatalogue = <Of extends Card>({ maxBytes, clock, left }: CatalogueOptions<Of>): Catalogue<Of> => {
  const shelves = new Map<string, Shelf<Of>>()
  const byKey = new Map<string, Of>()
  const byId = new Map<string, Of>()
  const byCanonicalKey = new Map<string, Of>()
  const seats = createSeats<Of>(maxBytes)

  const shelve = (card: Of): void => {
    const shelf = shelves.get(card.scope) ?? { cards: new Set(), bytes: 0 }
    shelf.cards.add(card)
    shelf.bytes += card.bytes
    shelves.set(card.scope, shelf)
  }

  const forget = (card: Of): void => {
    const shelf = shelves.get(card.scope)
    if (!shelf?.cards.delete(card)) return
    shelf.bytes -= card.bytes
    if (shelf.cards.size === 0) shelves.delete(card.scope)
    byId.delete(card.id)
    byKey.delete(card.key)
    const { canonicalKey } = card
    if (canonicalKey !== null && byCanonicalKey.get(canonicalKey) === card) byCanonicalKey.delete(canonicalKey)
    left(card)
  }

  const drop = (card: Of): void => {
    seats.leave(card)
    forget(card)
  }

  /** The last one that was made stands for its canonical key, in whatever order they come in. */
  const standFor = (canonicalKey: string, card: Of): void => {
    const other = byCanonicalKey.get(canonicalKey)
    if (!other || other.createdAtMs <= card.createdAtMs) byCanonicalKey.set(canonicalKey, card)
  }

  const dropEnded = (): void => {
    for (const card of seats.end(clock.now())) forget(card)
  }

  const living = (card: Of | undefined): Of | null => {
    if (!card) return null
    const nowMs = clock.now()
    if (nowMs < card.staleUntilMs && card.createdAtMs <= nowMs + clockToleranceMs) return card
    drop(card)
    return null
  }

  const shelvesOf = (scope: string | null): Shelf<Of>[] =>
    scope === null ? [...shelves.values()] : [shelves.get(scope)].filter((shelf) => shelf !== undefined)

  /** Shows the living of a scope, leaving the event loop to others in between. */
  const visit = async (scope: string | null, see: (card: Of) => void): Promise<void> => {
    let seen = 0
    for (const { cards } of shelvesOf(scope))
      for (const card of cards) {
        if (living(card)) see(card)
        seen += 1
        if (seen % cardsPerTurn === 0) await nextTick()
      }
  }

  return {
    ofKey: (key) => living(byKey.get(key)),
    ofCanonicalKey: (canonicalKey) => living(byCanonicalKey.get(canonicalKey)),
    ofId: (id) => living(byId.get(id)),
    use: seats.use,
    usesOf: seats.usesOf,
    enter: (card, uses = 1) => {
      dropEnded()
      const before = byKey.get(card.key)
      if (before) drop(before)
      if (card.bytes > maxBytes) return false
      shelve(card)
      byKey.set(card.key, card)
      byId.set(card.id, card)
      if (card.canonicalKey !== null) standFor(card.canonicalKey, card)
      const crowdedOut = seats.take(card, uses)
      for (const other of crowdedOut) forget(other)
      return !crowdedOut.includes(card)
    },
    drop,
    stats: async (scope) => {
      await visit(scope, () => undefined)
      const here = shelvesOf(scope)
      return {
        entries: here.reduce((sum, { cards }) => sum + cards.size, 0),
        bytes: here.reduce((sum, { bytes }) => sum + bytes, 0),
      }
    },
    remove: async (query) => {
      let meant = 0
      await visit(query.scope, (card) => {
        if (!isMeant(card, query)) return
        meant += 1
        if (!query.dryRun) drop(card)
      })
      return meant
    },
    cards: () => [...byId.values()],
    some: (isSuch) => byId.values().some(isSuch),
  }
}

const isMeant = ({ id, tags, createdAtMs }: Card, { ids, tag, madeBeforeMs = Infinity }: Removal): boolean =>
  (ids === undefined || ids.includes(id)) && (tag === undefined || tags.includes(tag)) && createdAtMs < madeBeforeMs
