import { randomBytes } from 'node:crypto'
import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Removal } from '../../contract/store.ts'
import type { Vault } from '../entries/vault.ts'
import type { RedisClient } from './client.ts'
import { advanceScript, appendScript, stateScript } from './entry-scripts.ts'
import type { Places } from './places.ts'
import { listOf, numberOf, textOf } from './reply.ts'

/** What was known of removals when an entry was written. */
export interface Stamp {
  birth: string
  seq: number
}

/** What is to be forgotten, by whichever instance it was asked for. */
export type Recorded = Omit<Removal, 'dryRun'>

/** What an instance had not heard of. */
export interface News {
  /** In the order of what was asked. */
  epochs: readonly number[]
  removals: readonly Removal[]
}

/** What was removed from all instances' memories, as far as this one has heard. */
export interface History {
  /** @param asked scopes, with the epoch that each is known to have */
  hear(client: RedisClient, asked: readonly (readonly [string | null, number])[]): Promise<News>
  /** Tells the other instances; this one has done it, or is about to. Returns its number. */
  tell(client: RedisClient, removal: Recorded): Promise<number>
  /** The epoch after `known`, or `to` where that is said; for all instances. */
  advance(client: RedisClient, scope: string | null, known: number, to: number | undefined): Promise<number>
  /** For what is written now; null before anything was heard. */
  stamp(): Stamp | null
  /** Whether an entry that was written then was removed since. */
  covers(stamp: Stamp, entry: CacheEntry): boolean
}

interface HistoryOptions {
  places: Places
  vault: Vault
  /** Longest that an entry may live. */
  lifeMs: number
  clock: Clock
}

/** More are not kept: what is older than the last that was let go counts as removed. */
const mostRemovals = 10_000
const mostAtOnce = 500
/** How far the instances' clocks may be apart before a removal misses what was made just before it. */
const clockToleranceMs = 60_000
const everybody = ''

export const createHistory = ({ places, vault, lifeMs, clock }: HistoryOptions): History => {
  const known = new Map<number, Recorded>()
  /** Told by this instance, which has nothing to learn from them. */
  const own = new Set<number>()
  let birth = ''
  let heard = 0
  let floor = 0
  let newest = 0

  const fieldOf = (scope: string | null): string => places.nameOf('scope', scope ?? everybody)
  const newBirth = (): string => randomBytes(9).toString('base64url')

  /** Redis that has lost what it had counts anew; what was written to it before is gone or not to be believed. */
  const begin = (now: string): void => {
    if (now === birth) return
    birth = now
    heard = newest = floor = 0
    known.clear()
    own.clear()
  }

  const note = (seq: number, removal: Recorded): void => {
    known.set(seq, removal)
    newest = Math.max(newest, seq)
    const [oldest] = known.keys()
    if (known.size <= mostRemovals || oldest === undefined) return
    known.delete(oldest)
    floor = Math.max(floor, oldest)
  }

  /** Null for what another CACHE_KEY has sealed, and what is no removal. */
  const open = (member: Buffer): (Recorded & { atMs: number }) | null => {
    const plain = vault.open(member.subarray(member.indexOf(' ') + 1), place, vault.keyName)
    const read: unknown = plain && JSON.parse(plain.toString())
    return isRecorded(read) ? read : null
  }

  const take = (members: readonly unknown[]): Removal[] => {
    const removals: Removal[] = []
    for (let index = 0; index < members.length; index += 2) {
      const seq = numberOf(members[index + 1])
      if (seq <= heard) continue
      heard = seq
      if (own.delete(seq)) continue
      const member = members[index]
      const read = Buffer.isBuffer(member) ? open(member) : null
      if (!read) continue
      const { atMs, ...removal } = read
      note(seq, removal)
      const madeBeforeMs = Math.min(removal.madeBeforeMs ?? Infinity, atMs + clockToleranceMs)
      removals.push({ ...removal, madeBeforeMs, dryRun: false })
    }
    return removals
  }

  return {
    hear: async (client, asked) => {
      const words = asked.flatMap(([scope, epoch]) => [fieldOf(scope), epoch])
      const removals: Removal[] = []
      for (;;) {
        const since = [birth, heard] as const
        const reply = await client.runForBytes(stateScript, places.state, [
          newBirth(),
          lifeMs,
          ...since,
          mostAtOnce,
          ...words,
        ])
        const [bornAs, seq, lowest, epochs, members] = listOf(reply)
        begin(textOf(bornAs))
        // Some that it has not heard of are not there any more: any entry may be one of theirs.
        if (numberOf(lowest) > heard) removals.push({ scope: null, dryRun: false })
        floor = Math.max(floor, numberOf(lowest))
        const page = listOf(members)
        removals.push(...take(page))
        if (page.length >= 2 * mostAtOnce) continue
        heard = Math.max(heard, numberOf(seq))
        newest = Math.max(newest, heard)
        return { epochs: listOf(epochs).map(numberOf), removals }
      }
    },
    tell: async (client, { scope, ids, tag, madeBeforeMs }) => {
      const removal = { scope, ids, tag, madeBeforeMs }
      const sealed = vault.seal(Buffer.from(JSON.stringify({ ...removal, atMs: clock.now() })), place)
      const reply = await client.runForBytes(appendScript, places.state, [newBirth(), lifeMs, sealed, mostRemovals])
      const [bornAs, number] = listOf(reply)
      const seq = numberOf(number)
      begin(textOf(bornAs))
      own.add(seq)
      note(seq, removal)
      return seq
    },
    advance: async (client, scope, epoch, to) => {
      const words = [newBirth(), lifeMs, fieldOf(scope), epoch, to ?? '']
      return numberOf(await client.runForBytes(advanceScript, places.state, words))
    },
    stamp: () => (birth === '' ? null : { birth, seq: heard }),
    covers: (stamp, entry) => {
      if (stamp.birth !== birth || stamp.seq < floor) return true
      if (stamp.seq >= newest) return false
      return [...known].some(([seq, removal]) => seq > stamp.seq && isMeant(entry, removal))
    },
  }
}

/** What removals are sealed for; they open nowhere else. */
const place = 'removal'

const isMeant = ({ id, scope, tags, createdAtMs }: CacheEntry, removal: Recorded): boolean =>
  (removal.scope === null || removal.scope === scope) &&
  (removal.ids === undefined || removal.ids.includes(id)) &&
  (removal.tag === undefined || tags.includes(removal.tag)) &&
  (removal.madeBeforeMs === undefined || createdAtMs < removal.madeBeforeMs)

// The cipher vouches for what is read; this tells our own parts from each other.
const isRecorded = (value: unknown): value is Recorded & { atMs: number } =>
  typeof value === 'object' && value !== null && 'scope' in value && 'atMs' in value
