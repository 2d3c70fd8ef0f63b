import { randomUUID } from 'node:crypto'
import type { Caller } from '../contract/caller.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { CacheSettings } from '../contract/settings.ts'
import type { CacheEntry, CachedAnswer, Entries } from '../contract/store.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'
import type { AnswerKind } from './kind.ts'
import { curatedScope } from './scope.ts'
import type { ScopeOf } from './scope.ts'
import { countUp, createTallies } from './tallies.ts'
import type { Tally } from './tallies.ts'
import { ttlOf } from './ttl.ts'

/** What memory had for a request. A hit is given as it was; a miss says where its answer goes. */
export type Look<Event extends Content = Content> = Hit<Event> | NoHit

export interface Hit<Event extends Content> {
  state: 'hit'
  entry: CacheEntry<Event>
  ageMs: number
  /** Past its life: a call is to renew it. */
  isStale: boolean
  /** Chosen by an administrator for everybody. */
  isCurated: boolean
}

export type NoHit = Miss | { state: 'bypass'; reason: BypassReason }

interface Miss {
  state: 'miss'
  /** Equal for equal requests: concurrent ones may share a call. */
  key: string
  scope: string
  /** The answer is to be kept … */
  write: boolean
  /** … for so long, and for so long after that while it is renewed. */
  lifeOf: (answer: CachedAnswer) => { ttlMs: number; staleMs: number }
  tags: readonly string[]
  force: boolean
}

/** What became of an answer. */
export type Keeping = { kept: true } | { kept: false; reason: KeepRefusal | 'not_wanted' | 'failed' }

export interface CacheStats extends Tally {
  entries: number
  bytes: number
  maxBytes: number
}

/** Remembered answers of one kind. */
export interface AnswerMemory<Request extends Asked, Event extends Content> {
  /** Never throws: a memory that fails is a miss. */
  look(request: Request, caller: Caller): Promise<Look<Event>>
  /** Remembers a complete answer where its look wants that. Never throws. */
  keep(look: Look, ownerId: string, answer: CachedAnswer<Event>): Promise<Keeping>
}

export interface ExactCache {
  /** The part of it that holds answers of this kind. */
  of<Request extends Asked, Event extends Content>(kind: AnswerKind<Request, Event>): AnswerMemory<Request, Event>
  /** Of one caller and those who share with him, or of all (null). */
  stats(caller: Caller | null): Promise<CacheStats>
  /** Forgets the answers that one caller (null: any) reads and that meet all of what is said. Returns how many. */
  remove(query: {
    caller: Caller | null
    ids?: readonly string[] | undefined
    tag?: string | undefined
    dryRun: boolean
  }): Promise<number>
  /** Makes all that one caller (null: anybody) reads unreachable, in one step. */
  advance(caller: Caller | null): Promise<void>
  /** Gives an answer to everybody who asks the very same, until a moment. Null where there is none of this id. */
  curate(id: string, untilMs: number): Promise<CacheEntry | null>
  /** Takes it back; returns whether it was there. */
  uncurate(id: string): Promise<boolean>
}

interface ExactCacheOptions {
  entries: Entries
  clock: Clock
  settings: CacheSettings
  scopeOf: ScopeOf
  random: Random
  /** Whether this gateway's answers come from the sandbox. */
  simulated: boolean
}

/** Answers that were given before to the very same request of the same caller. */
export const createExactCache = (options: ExactCacheOptions): ExactCache => {
  const { entries, clock, settings, scopeOf, random, simulated } = options
  const tallies = createTallies()

  const bypass = (caller: Caller, reason: BypassReason): NoHit => {
    countUp(tallies.of(caller.id).bypasses, reason)
    return { state: 'bypass', reason }
  }

  /** The scope as it is now: what was kept before its epoch is nobody's any more. */
  const currently = async (scope: string): Promise<string> => `${scope}.${await entries.epoch(scope)}`

  const scopeFor = async (caller: Caller): Promise<string | null> => {
    const scope = scopeOf(caller)
    return scope === null ? null : currently(scope)
  }

  /** One that nobody has, for who belongs to none. */
  const scopeMeant = async (caller: Caller | null): Promise<string | null> =>
    caller && ((await scopeFor(caller)) ?? 'nobody')

  const give = <Event extends Content>(
    found: CacheEntry | null,
    { holds }: AnswerKind<never, Event>,
    { scope, maxAgeMs }: { scope: string; maxAgeMs: number },
  ): Omit<Hit<Event>, 'isCurated'> | null => {
    if (!found || found.scope !== scope || !holds(found.answer)) return null
    const entry = { ...found, answer: found.answer }
    const ageMs = Math.max(0, clock.now() - entry.createdAtMs)
    // As RFC 9111: fresh while the age is below max-age, so that 0 takes nothing.
    return ageMs < maxAgeMs ? { state: 'hit', entry, ageMs, isStale: clock.now() >= entry.expiresAtMs } : null
  }

  /** His own, or else the one that was chosen for everybody. */
  const recall = async <Event extends Content>(
    kind: AnswerKind<never, Event>,
    { question, scope, maxAgeMs }: { question: string; scope: string; maxAgeMs: number },
  ): Promise<Hit<Event> | null> => {
    const own = give(await entries.find(keyOf(scope, question)), kind, { scope, maxAgeMs })
    if (own) return { ...own, isCurated: false }
    const everybodys = await currently(curatedScope)
    const curated = give(await entries.find(keyOf(everybodys, question)), kind, { scope: everybodys, maxAgeMs })
    return curated && { ...curated, isCurated: true }
  }

  const memoryOf = <Request extends Asked, Event extends Content>(
    kind: AnswerKind<Request, Event>,
  ): AnswerMemory<Request, Event> => ({
    look: async (request, caller) => {
      if (!settings.enabled) return bypass(caller, 'disabled')
      const verdict = kind.judgeEligibility(request)
      if (!verdict.eligible) return bypass(caller, verdict.reason)
      const scope = await scopeFor(caller).catch(() => null)
      if (scope === null) return bypass(caller, 'no_scope')
      const question = orNull(() => kind.fingerprint({ request, scope: curatedScope, simulated }))
      if (question === null) return bypass(caller, 'unreadable')

      const tally = tallies.of(caller.id)
      const { read, write, force, ttlMs: askedMs, maxAgeMs = Infinity, tags = [] } = request.cache
      if (read) {
        const hit = await recall(kind, { question, scope, maxAgeMs }).catch(() => {
          tally.failures += 1
          return null
        })
        if (hit) {
          countHit(tally, hit.entry.answer)
          return hit
        }
        tally.misses += 1
      } else countUp(tally.bypasses, 'no_cache')

      const { capMs } = verdict
      return {
        state: 'miss',
        key: keyOf(scope, question),
        scope,
        write: write && askedMs !== 0,
        lifeOf: ({ task }) => ({
          ttlMs: ttlOf(kind.name, settings, { askedMs, capMs, task: task?.task, random }),
          // Who says how long, and what ages by the minute, is not to be given longer.
          staleMs: askedMs === undefined && capMs === Infinity ? settings.staleMs : 0,
        }),
        tags,
        force,
      }
    },

    keep: async (look, ownerId, answer) => {
      if (look.state !== 'miss' || !look.write) return { kept: false, reason: 'not_wanted' }
      const { ttlMs, staleMs } = look.lifeOf(answer)
      if (ttlMs === 0) return { kept: false, reason: 'not_wanted' }
      const tally = tallies.of(ownerId)
      const bounds = { maxEntryBytes: settings.maxEntryBytes, simulated, force: look.force }
      const verdict = kind.judgeAdmission(answer, bounds)
      if (!verdict.admissible) {
        countUp(tally.refusals, verdict.reason)
        return { kept: false, reason: verdict.reason }
      }
      const createdAtMs = clock.now()
      try {
        const { key, scope } = look
        const expiresAtMs = createdAtMs + ttlMs
        await entries.set({
          id: `ent_${randomUUID().replaceAll('-', '')}`,
          key,
          canonicalKey: null,
          scope,
          ownerId,
          tags: tagsOf(answer, look.tags),
          createdAtMs,
          expiresAtMs,
          staleUntilMs: expiresAtMs + staleMs,
          near: null,
          answer,
          bytes: verdict.bytes,
        })
      } catch {
        tally.failures += 1
        return { kept: false, reason: 'failed' }
      }
      tally.kept += 1
      return { kept: true }
    },
  })

  return {
    of: memoryOf,
    stats: async (caller) => ({
      ...tallies.read(caller && caller.id),
      ...(await entries.stats(await scopeMeant(caller))),
    }),
    remove: async ({ caller, ...query }) => entries.remove({ scope: await scopeMeant(caller), ...query }),
    advance: async (caller) => {
      const scope = caller && scopeOf(caller)
      if (caller && scope === null) return
      const before = scope && (await currently(scope))
      await entries.advance(scope)
      // Nobody can reach them; they need not wait for their end.
      void entries.remove({ scope: before, dryRun: false }).catch(() => 0)
    },
    curate: async (id, untilMs) => {
      const [found] = await entries.read([id])
      if (!found) return null
      const scope = await currently(curatedScope)
      const entry: CacheEntry = {
        ...found,
        id: `ent_${randomUUID().replaceAll('-', '')}`,
        key: keyOf(scope, questionIn(found)),
        canonicalKey: null,
        scope,
        ownerId: curatedScope,
        expiresAtMs: untilMs,
        staleUntilMs: untilMs,
        near: null,
      }
      await entries.set(entry)
      return entry
    },
    uncurate: async (id) =>
      (await entries.remove({ scope: await currently(curatedScope), ids: [id], dryRun: false })) > 0,
  }
}

/** A question within a scope. In two parts, so that an answer can be moved to another scope. */
const keyOf = (scope: string, question: string): string => `${scope} ${question}`
const questionIn = ({ scope, key }: CacheEntry): string => key.slice(scope.length + 1)

/** By what an answer came about, and what its caller says of it. */
const tagsOf = ({ model, provider, task }: CachedAnswer, own: readonly string[]): string[] => [
  ...new Set([`model:${model}`, `provider:${provider}`, ...(task ? [`task:${task.task}`] : []), ...own]),
]

const countHit = (tally: Tally, { costNanoUsd, task }: CachedAnswer): void => {
  tally.hits += 1
  tally.savedNanoUsd += costNanoUsd ?? 0n
  const ofTask = (tally.byTask[task?.task ?? 'other'] ??= { hits: 0, savedNanoUsd: 0n })
  ofTask.hits += 1
  ofTask.savedNanoUsd += costNanoUsd ?? 0n
}

/** Null for a request nested so deep that it has no fingerprint: it is then answered like any other, but not remembered. */
const orNull = (fingerprint: () => string): string | null => {
  try {
    return fingerprint()
  } catch {
    return null
  }
}
