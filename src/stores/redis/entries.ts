import { setImmediate as nextTurn } from 'node:timers/promises'
import { GatewayError } from '../../contract/errors.ts'
import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Entries, Lease, Removal, SharedCounts } from '../../contract/store.ts'
import type { Vault } from '../entries/vault.ts'
import { createAnswers } from './answers.ts'
import type { RedisClient } from './client.ts'
import { createHistory } from './history.ts'
import type { News } from './history.ts'
import type { Places } from './places.ts'
import type { RedisWatch } from './watch.ts'

interface SharedEntriesOptions {
  /** What this instance remembers by itself: asked first, and alone while Redis is away. */
  local: Entries
  /** The same, for what other instances did: nobody is told of it again. */
  heard: Pick<Entries, 'remove' | 'advance'>
  watch: RedisWatch
  places: Places
  vault: Vault
  /** Bound of what all entries together take in Redis. */
  maxBytes: number
  /** Longest that an entry may live. */
  lifeMs: number
  clock: Clock
}

/**
 * Remembered answers that all instances share: what one remembers is found by each. Before an instance gives anything out it
 * hears what was removed since, in the same step for all who ask at a time.
 */
export const createEntries = (
  options: SharedEntriesOptions,
): { entries: Entries; counts: SharedCounts; restore: (client: RedisClient) => Promise<void> } => {
  const { local, heard, watch, clock } = options
  const answers = createAnswers(options)
  const history = createHistory(options)
  const counts: SharedCounts = { hits: 0, misses: 0, failedLooks: 0, kept: 0, declined: 0, overtaken: 0, lost: 0 }

  // Hearing. Whoever asks while it is under way may need what came after it was sent: he is in the next.

  interface Hearing {
    scopes: Set<string | null>
    done: Promise<void>
  }
  let next: Hearing | null = null
  let applying: Promise<void> = Promise.resolve()
  /** How often something was forgotten here that others removed. */
  let forgotten = 0

  type Asked = readonly (readonly [string | null, number])[]

  const apply = (asked: Asked, { removals, epochs }: News): Promise<void> => {
    const work = async (): Promise<void> => {
      for (const removal of removals) {
        forgotten += 1
        await heard.remove(removal)
      }
      for (const [index, [scope, known]] of asked.entries()) {
        const epoch = epochs[index] ?? known
        if (epoch > known) await heard.advance(scope, epoch)
      }
    }
    applying = applying.then(work, work)
    return applying
  }

  const hear = async (scopes: ReadonlySet<string | null>): Promise<void> => {
    const asked = await Promise.all([...scopes].map(async (scope) => [scope, await local.epoch(scope)] as const))
    const news = await watch.ask((client) => history.hear(client, asked))
    if (news) await apply(asked, news)
  }

  /** Fails with the local store, never with Redis. */
  const keepUp = (scope?: string | null): Promise<void> => {
    if (!watch.isHere()) return Promise.resolve()
    if (!next) {
      const scopes = new Set<string | null>()
      const begin = async (): Promise<void> => {
        await nextTurn()
        next = null
        await hear(scopes)
      }
      next = { scopes, done: begin() }
    }
    if (scope !== undefined) next.scopes.add(scope)
    return next.done
  }

  // Looking.

  type Shared = Awaited<ReturnType<typeof answers.ofKey>>

  const askShared = async (read: (client: RedisClient) => Promise<Shared>): Promise<Shared> => {
    if (!watch.isHere()) return null
    const said = await watch.ask(async (client) => ({ found: await read(client) }))
    if (!said) counts.failedLooks += 1
    else counts[said.found ? 'hits' : 'misses'] += 1
    return said?.found ?? null
  }

  /** Has it here from now on, unless it was removed. */
  const takeIn = (shared: Shared): CacheEntry | null => {
    if (!shared || history.covers(shared.stamp, shared.entry)) return null
    // It is given out whether it can be kept here or not.
    void local.set(shared.entry).catch(() => undefined)
    return shared.entry
  }

  const look = async (
    ask: () => Promise<CacheEntry | null>,
    read: (client: RedisClient) => Promise<Shared>,
  ): Promise<CacheEntry | null> => {
    const before = forgotten
    const known = await ask()
    // Another instance may have renewed what is stale here.
    const isEnough = known !== null && clock.now() < known.expiresAtMs
    const [early] = await Promise.all([isEnough ? null : askShared(read), keepUp()])
    const own = forgotten === before ? known : await ask()
    // What was forgotten here may be there as another.
    const shared = isEnough && own === null ? await askShared(read) : early
    if (!shared || (own && own.createdAtMs >= shared.entry.createdAtMs)) return own
    return takeIn(shared) ?? own
  }

  const readAll = async (ids: readonly string[]): Promise<CacheEntry[]> => {
    await keepUp()
    const own = new Map((await local.read(ids)).map((entry) => [entry.id, entry]))
    const found = await Promise.all(
      ids.map(async (id) => own.get(id) ?? takeIn(await askShared((client) => answers.ofId(client, id)))),
    )
    return found.filter((entry) => entry !== null)
  }

  // Keeping.

  interface Kept {
    entry: CacheEntry
    lease: Lease | null
    /** It was there before, and is another now, e.g. by feedback: the others must not go on with what they have. */
    isChange: boolean
  }

  /** Newest last. A moment without Redis is to lose nothing; what a longer one would keep for it is bounded. */
  const owed = new Map<string, Kept>()

  const owe = (kept: Kept): void => {
    const { key } = kept.entry
    owed.delete(key)
    owed.set(key, kept)
    const [oldest] = owed.keys()
    if (owed.size <= mostOwed || oldest === undefined) return
    owed.delete(oldest)
    counts.lost += 1
  }

  /** Null where it was removed meanwhile, or nothing was ever heard of Redis. */
  const put = async (
    client: RedisClient,
    { entry, lease, isChange }: Kept,
  ): Promise<Awaited<ReturnType<typeof answers.put>> | null> => {
    if (isChange) {
      await history.tell(client, { scope: null, ids: [entry.id] })
      const news = await history.hear(client, [])
      await apply([], news).catch(() => undefined)
      if ((await local.read([entry.id])).length === 0) return null
    }
    const stamp = history.stamp()
    return stamp && answers.put(client, entry, { stamp, lease })
  }

  const restore = async (client: RedisClient): Promise<void> => {
    if (owed.size === 0) return
    const news = await history.hear(client, [])
    await apply([], news).catch(() => undefined)
    for (const [key, kept] of owed) {
      const isThere = (await local.read([kept.entry.id])).length > 0
      const outcome = isThere ? await put(client, kept) : null
      if (outcome) counts[outcome] += 1
      if (owed.get(key) === kept) owed.delete(key)
    }
  }

  const keep = async (entry: CacheEntry, lease: Lease | null): Promise<void> => {
    // An answer that was just made is nobody's yet.
    const isChange = lease === null && (await local.read([entry.id])).length > 0
    if (history.stamp() === null) await keepUp()
    const said = await watch.ask(async (client) => ({ outcome: await put(client, { entry, lease, isChange }) }))
    if (said?.outcome) counts[said.outcome] += 1
    if (said && said.outcome !== 'kept' && said.outcome !== 'declined') return
    await local.set(entry)
    if (!said) owe({ entry, lease, isChange })
  }

  // Removing.

  const countAll = async (query: Removal): Promise<number> => {
    const here = await local.remove({ ...query, dryRun: true })
    const cards = await watch.ask((client) => answers.cards(client, query))
    if (!cards) return here
    const both = await local.remove({ ...query, ids: cards.map(({ id }) => id), dryRun: true })
    return here + cards.length - both
  }

  const removeAll = async (query: Removal): Promise<number> => {
    const isTold = (await watch.ask((client) => history.tell(client, query))) !== null
    const cards = (isTold ? await watch.ask((client) => answers.cards(client, query)) : null) ?? []
    const both = await local.remove({ ...query, ids: cards.map(({ id }) => id), dryRun: true })
    const here = await local.remove(query)
    if (!isTold) throw untold()
    const there = (await watch.ask((client) => answers.drop(client, cards))) ?? 0
    return here + there - Math.min(both, there)
  }

  const entries: Entries = {
    find: (key) =>
      look(
        () => local.find(key),
        (client) => answers.ofKey(client, key),
      ),
    findCanonical: (canonicalKey) =>
      look(
        () => local.findCanonical(canonicalKey),
        (client) => answers.ofCanonicalKey(client, canonicalKey),
      ),
    read: readAll,
    set: (entry, lease = null) => keep(entry, lease),
    stats: async (scope) => {
      await keepUp()
      return local.stats(scope)
    },
    remove: async (query) => {
      await keepUp()
      return query.dryRun ? countAll(query) : removeAll(query)
    },
    epoch: async (scope) => {
      await keepUp(scope)
      return local.epoch(scope)
    },
    advance: async (scope, to) => {
      const known = await local.epoch(scope)
      const epoch = await watch.ask((client) => history.advance(client, scope, known, to))
      const here = await local.advance(scope, epoch ?? to)
      if (epoch === null) throw untold()
      return here
    },
    hasQuestions: local.hasQuestions,
    questionIds: local.questionIds,
    questions: local.questions,
    follow: local.follow,
  }
  return { entries, counts, restore }
}

/** Answers that wait for Redis to be back. */
const mostOwed = 100

const untold = (): GatewayError =>
  new GatewayError(
    'store_unavailable',
    'It is forgotten here, but the other instances could not be told: Redis is away. Ask again once it is back.',
  )
