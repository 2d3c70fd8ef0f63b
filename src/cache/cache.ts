import { randomUUID } from 'node:crypto'
import type { Caller } from '../contract/caller.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { CacheTier, TierLook } from '../contract/receipt.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { CacheSettings } from '../contract/settings.ts'
import type { CacheEntry, CachedAnswer, Entries, NearQuestion } from '../contract/store.ts'
import { once } from '../lib/once.ts'
import { countUp } from './count-up.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'
import { nothingToExplain } from './explain.ts'
import type { MemoryExplanation } from './explain.ts'
import { createFeedback } from './feedback.ts'
import type { FeedbackOutcome, FeedbackQuery } from './feedback.ts'
import type { AnswerKind, AskedQuestion } from './kind.ts'
import type { NearCounts } from './near/counts.ts'
import type { NearMemory } from './near/memory.ts'
import type { Examination, NearAsked, NearMiss, Waiting } from './near/near.ts'
import { curatedScope } from './scope.ts'
import type { ScopeOf } from './scope.ts'
import { createTallies } from './tallies.ts'
import type { Tally } from './tallies.ts'
import { createCanonicalTier, createExactTier, createNearTierOf } from './tiers.ts'
import type { Hit, Sought } from './tiers.ts'
import { ttlOf } from './ttl.ts'

/** What memory had for a request. A hit is given as it was; a miss says where its answer goes. */
export type Look<Event extends Content = Content> = Hit<Event> | NoHit

export type NoHit = Miss | { state: 'bypass'; reason: BypassReason }

interface Miss {
  state: 'miss'
  /** Equal for equal requests: concurrent ones may share a call. */
  key: string
  scope: string
  /** Under which the answer is found in another form of the question; null where the form matters. */
  canonicalKey: string | null
  /** The question among others; null where it is compared with none. */
  asked: NearAsked | null
  /** The same as it would be stored, where it was perceived already. */
  question: NearQuestion | null
  /** Why no near answer served; null where none was looked for. */
  nearMiss: NearMiss | null
  /** The answer that a shadow would have given: the one that is made now is held against it. */
  shadow: CacheEntry | null
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

type TellLook = (look: TierLook) => void

/** Remembered answers of one kind. */
export interface AnswerMemory<Request extends Asked, Event extends Content> {
  /** Never throws but the signal's reason: a memory that fails is a miss, and one that takes too long as well. `looked` is told of each tier. */
  look(request: Request, caller: Caller, waiting: Waiting & { looked?: TellLook }): Promise<Look<Event>>
  /** What each tier would do, and why. Never throws but the signal's reason. */
  explain(request: Request, caller: Caller, waiting: Waiting): Promise<MemoryExplanation>
  /** Remembers a complete answer where its look wants that. Never throws. */
  keep(look: Look, ownerId: string, answer: CachedAnswer<Event>): Promise<Keeping>
}

export interface Cache {
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
  /** Takes what a caller says of an answer; of his own scope unless he is an admin. */
  feedback(caller: Caller, query: Omit<FeedbackQuery, 'scope' | 'callerId'>): Promise<FeedbackOutcome>
  /** When near answers are given; null where there are none. */
  near: Pick<NearMemory, 'policy' | 'changePolicy' | 'compare'> | null
  /** What the near tier did for all together. */
  nearCounts(): NearCounts
  /** Counts of near answers of one caller, to be counted up. */
  countsOf(callerId: string): NearCounts
  /** Takes it back; returns whether it was there. */
  uncurate(id: string): Promise<boolean>
}

interface CacheOptions {
  entries: Entries
  clock: Clock
  settings: Omit<CacheSettings, 'near'>
  scopeOf: ScopeOf
  random: Random
  /** Whether this gateway's answers come from the sandbox. */
  simulated: boolean
  /** Null: only the same question serves, in whatever form. */
  near: NearMemory | null
}

/**
 * Answers that were given before to the same caller: to the very same request, to another form of it, to another question
 * for the same.
 */
export const createCache = (options: CacheOptions): Cache => {
  const { entries, clock, settings, scopeOf, random, simulated, near } = options
  const tallies = createTallies()
  const giveFeedback = createFeedback(options)
  const tiers = {
    exact: createExactTier(options),
    canonical: createCanonicalTier(options),
    near: createNearTierOf(options),
  }

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

  /** The tiers in their order, the surest first; of the first his own answer, or else the one that was chosen for everybody. */
  const recall = async <Event extends Content>(
    { exact, question }: { exact: string; question: () => AskedQuestion | null },
    sought: Sought<Event>,
    near: { waiting: Waiting; counts: NearCounts; looked: TellLook },
  ): Promise<{ hit: Hit<Event> | null; examination: Examination | null }> => {
    const timed = async <Found>(tier: CacheTier, work: () => Promise<Found>, has: (found: Found) => boolean) => {
      const [startedAtMs, startedMs] = [clock.now(), performance.now()]
      const found = await work()
      near.looked({ tier, startedAtMs, tookMs: performance.now() - startedMs, found: has(found) })
      return found
    }
    const lookExactly = async (): Promise<Hit<Event> | null> => {
      const own = await tiers.exact(keyOf(sought.scope, exact), sought)
      if (own) return own
      const everybodys = await currently(curatedScope)
      const curated = await tiers.exact(keyOf(everybodys, exact), { ...sought, scope: everybodys })
      return curated && { ...curated, isCurated: true }
    }
    const isThere = (hit: Hit<Event> | null): boolean => hit !== null
    const same = await timed('exact', lookExactly, isThere)
    if (same) return { hit: same, examination: null }
    const asked = question()
    if (!asked) return nothing
    const canonical = await timed('canonical', () => tiers.canonical(asked, sought), isThere)
    if (canonical) return { hit: canonical, examination: null }
    const lookNearby = () => tiers.near(asked, sought, near)
    return (await timed('near', lookNearby, (found) => found !== null && found.hit !== null)) ?? nothing
  }

  const memoryOf = <Request extends Asked, Event extends Content>(
    kind: AnswerKind<Request, Event>,
  ): AnswerMemory<Request, Event> => ({
    look: async (request, caller, { looked = () => undefined, ...waiting }) => {
      if (!settings.enabled) return bypass(caller, 'disabled')
      const verdict = kind.judgeEligibility(request)
      if (!verdict.eligible) return bypass(caller, verdict.reason)
      const scope = await scopeFor(caller).catch(() => null)
      if (scope === null) return bypass(caller, 'no_scope')
      const exact = orNull(() => kind.fingerprint({ request, scope: curatedScope, simulated }))
      if (exact === null) return bypass(caller, 'unreadable')
      const question = once(() => orNull(() => kind.readQuestion?.({ request, scope, simulated }) ?? null))

      const tally = tallies.of(caller.id)
      const { read, write, force, ttlMs: askedMs, maxAgeMs = Infinity, tags = [] } = request.cache
      const sought = { kind, scope, maxAgeMs }
      const found = read
        ? await recall({ exact, question }, sought, { waiting, counts: tally.near, looked }).catch(() => {
            waiting.signal.throwIfAborted()
            tally.failures += 1
            return nothing
          })
        : nothing
      if (found.hit) {
        countHit(tally, found.hit.tier, found.hit.entry.answer)
        return found.hit
      }
      if (read) tally.misses += 1
      else countUp(tally.bypasses, 'no_cache')

      const { canonicalKey = null, near: asked = null } = question() ?? {}
      const { examination } = found
      const { capMs } = verdict
      return {
        state: 'miss',
        key: keyOf(scope, exact),
        scope,
        canonicalKey,
        asked,
        question: examination?.question ?? null,
        nearMiss: examination?.miss ?? null,
        shadow: examination?.miss === 'shadow' ? (examination.best?.entry ?? null) : null,
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

    explain: async (request, caller, waiting) => {
      if (!settings.enabled) return nothingToExplain('disabled')
      const verdict = kind.judgeEligibility(request)
      if (!verdict.eligible) return nothingToExplain(verdict.reason)
      const scope = await scopeFor(caller).catch(() => null)
      if (scope === null) return nothingToExplain('no_scope')
      const exact = orNull(() => kind.fingerprint({ request, scope: curatedScope, simulated }))
      if (exact === null) return nothingToExplain('unreadable')
      const question = orNull(() => kind.readQuestion?.({ request, scope, simulated }) ?? null)
      const sought = { kind, scope, maxAgeMs: Infinity }
      const same = await tiers.exact(keyOf(scope, exact), sought)
      const alike = question && (await tiers.canonical(question, sought))
      const mayRead = (entry: CacheEntry): boolean => entry.scope === scope
      return {
        bypass: null,
        exact: same?.entry.id ?? null,
        canonical: alike?.entry.id ?? null,
        formMatters: question?.canonicalKey === null,
        task: question?.near?.task ?? null,
        near: near && question?.near ? await near.examine(question.near, mayRead, waiting) : null,
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
        const { key, scope, canonicalKey, asked } = look
        const question = look.question ?? (asked && near ? await near.questionFor(asked, nobodyLeaves) : null)
        const expiresAtMs = createdAtMs + ttlMs
        await entries.set({
          id: `ent_${randomUUID().replaceAll('-', '')}`,
          key,
          canonicalKey,
          scope,
          ownerId,
          tags: tagsOf(answer, look.tags),
          createdAtMs,
          expiresAtMs,
          staleUntilMs: expiresAtMs + staleMs,
          near: question,
          answer,
          bytes: verdict.bytes,
        })
      } catch {
        tally.failures += 1
        return { kept: false, reason: 'failed' }
      }
      tally.kept += 1
      // Off the caller's path.
      if (look.shadow && look.asked)
        void near?.compare({ task: look.asked.task, given: look.shadow.answer, made: answer }, tally.near)
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
    feedback: async (caller, query) => {
      const scope = caller.scope === 'admin' ? null : await scopeMeant(caller)
      return giveFeedback({ ...query, callerId: caller.id, scope }, tallies.of(caller.id).near)
    },
    near,
    nearCounts: tallies.near,
    countsOf: (callerId) => tallies.of(callerId).near,
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

const countHit = (tally: Tally, tier: CacheTier, { costNanoUsd, madeInMs = 0, task }: CachedAnswer): void => {
  tally.hits += 1
  tally.hitsByTier[tier] += 1
  tally.savedMs += madeInMs
  tally.savedNanoUsd += costNanoUsd ?? 0n
  tally.savedByTier[tier] += costNanoUsd ?? 0n
  const ofTask = (tally.byTask[task?.task ?? 'other'] ??= { hits: 0, savedNanoUsd: 0n })
  ofTask.hits += 1
  ofTask.savedNanoUsd += costNanoUsd ?? 0n
}

const nothing = { hit: null, examination: null }

/** For what goes on after the caller has his answer. */
const nobodyLeaves = new AbortController().signal

/** Null for a request nested so deep that it has no fingerprint: it is then answered like any other, but not remembered. */
const orNull = <Value>(read: () => Value | null): Value | null => {
  try {
    return read()
  } catch {
    return null
  }
}
