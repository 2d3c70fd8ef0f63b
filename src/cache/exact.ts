import { randomUUID } from 'node:crypto'
import type { Asked, Content } from '../contract/operation.ts'
import type { Clock } from '../contract/runtime.ts'
import type { CacheSettings } from '../contract/settings.ts'
import type { CacheEntry, CachedAnswer, Entries, NearQuestion } from '../contract/store.ts'
import { once } from '../lib/once.ts'
import { countUp } from './count-up.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'
import type { AnswerKind, AskedQuestion } from './kind.ts'
import type { NearCounts } from './near/counts.ts'
import type { NearMemory } from './near/memory.ts'
import type { Examination, NearAsked, NearMiss, Waiting } from './near/near.ts'
import { createCanonicalTier, createExactTier, createNearTierOf } from './tiers.ts'
import type { Hit, Sought } from './tiers.ts'
import { createTallies } from './tallies.ts'
import type { Tally } from './tallies.ts'
import { ttlOf } from './ttl.ts'

/** What memory had for a request. A hit is given as it was; a miss says where its answer goes. */
export type Look<Event extends Content = Content> = Hit<Event> | NoHit

export type NoHit = Miss | { state: 'bypass'; reason: BypassReason }

export interface Miss {
  state: 'miss'
  /** Equal for equal requests: concurrent ones may share a call. */
  key: string
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
  /** The answer is to be kept, for so long. */
  write: boolean
  ttlMs: number
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
  /** Never throws but the signal's reason: a memory that fails is a miss, and one that takes too long as well. */
  look(request: Request, scope: string, waiting: Waiting): Promise<Look<Event>>
  /** Remembers a complete answer where its look wants that. Never throws. */
  keep(look: Look, scope: string, answer: CachedAnswer<Event>): Promise<Keeping>
}

export interface ExactCache {
  /** The part of it that holds answers of this kind. */
  of<Request extends Asked, Event extends Content>(kind: AnswerKind<Request, Event>): AnswerMemory<Request, Event>
  /** Of one scope, or of all (null). */
  stats(scope: string | null): Promise<CacheStats>
  /** Forgets a scope's answers (null: all); a dry run only counts them. Returns how many. */
  clear(query: { scope: string | null; dryRun: boolean }): Promise<number>
}

interface ExactCacheOptions {
  entries: Entries
  clock: Clock
  settings: Omit<CacheSettings, 'near'>
  /** Whether this gateway's answers come from the sandbox. */
  simulated: boolean
  /** Null: only the same question serves, in whatever form. */
  near: NearMemory | null
}

/** Answers that were given before to the same caller: to the very same request, to another form of it, to another question for the same. */
export const createExactCache = (options: ExactCacheOptions): ExactCache => {
  const { entries, clock, settings, simulated, near } = options
  const tallies = createTallies()
  const tiers = {
    exact: createExactTier(options),
    canonical: createCanonicalTier(options),
    near: createNearTierOf(options),
  }

  const bypass = (scope: string, reason: BypassReason): NoHit => {
    countUp(tallies.of(scope).bypasses, reason)
    return { state: 'bypass', reason }
  }

  /** The tiers in their order, the surest first. */
  const recall = async <Event extends Content>(
    { key, question }: { key: string; question: () => AskedQuestion | null },
    sought: Sought<Event>,
    near: { waiting: Waiting; counts: NearCounts },
  ): Promise<{ hit: Hit<Event> | null; examination: Examination | null }> => {
    const exact = await tiers.exact(key, sought)
    const asked = exact ? null : question()
    if (!asked) return { hit: exact, examination: null }
    const canonical = await tiers.canonical(asked, sought)
    if (canonical) return { hit: canonical, examination: null }
    return (await tiers.near(asked, sought, near)) ?? { hit: null, examination: null }
  }

  const memoryOf = <Request extends Asked, Event extends Content>(
    kind: AnswerKind<Request, Event>,
  ): AnswerMemory<Request, Event> => ({
    look: async (request, scope, waiting) => {
      if (!settings.enabled) return bypass(scope, 'disabled')
      const verdict = kind.judgeEligibility(request)
      if (!verdict.eligible) return bypass(scope, verdict.reason)
      const key = orNull(() => kind.fingerprint({ request, scope, simulated }))
      if (key === null) return bypass(scope, 'unreadable')

      const question = once(() => orNull(() => kind.readQuestion?.({ request, scope, simulated }) ?? null))
      const tally = tallies.of(scope)
      const { read, write, force, ttlMs: askedMs, maxAgeMs = Infinity } = request.cache
      const found = read
        ? await recall({ key, question }, { kind, scope, maxAgeMs }, { waiting, counts: tally.near }).catch(() => {
            waiting.signal.throwIfAborted()
            tally.failures += 1
            return nothing
          })
        : nothing
      if (found.hit) {
        tally.hits[found.hit.tier] += 1
        tally.savedMs += found.hit.entry.answer.madeInMs ?? 0
        tally.savedNanoUsd += found.hit.entry.answer.costNanoUsd ?? 0n
        return found.hit
      }
      if (read) tally.misses += 1
      else countUp(tally.bypasses, 'no_cache')

      const { canonicalKey = null, near: asked = null } = question() ?? {}
      const { examination } = found
      const ttlMs = ttlOf(kind.name, settings, { askedMs, capMs: verdict.capMs })
      return {
        state: 'miss',
        key,
        canonicalKey,
        asked,
        question: examination?.question ?? null,
        nearMiss: examination?.miss ?? null,
        shadow: examination?.miss === 'shadow' ? (examination.best?.entry ?? null) : null,
        write: write && ttlMs > 0,
        ttlMs,
        force,
      }
    },

    keep: async (look, scope, answer) => {
      if (look.state !== 'miss' || !look.write) return { kept: false, reason: 'not_wanted' }
      const tally = tallies.of(scope)
      const bounds = { maxEntryBytes: settings.maxEntryBytes, simulated, force: look.force }
      const verdict = kind.judgeAdmission(answer, bounds)
      if (!verdict.admissible) {
        countUp(tally.refusals, verdict.reason)
        return { kept: false, reason: verdict.reason }
      }
      const createdAtMs = clock.now()
      try {
        const { key, canonicalKey, asked, ttlMs } = look
        const question = look.question ?? (asked && near ? await near.questionFor(asked, nobodyLeaves) : null)
        const expiresAtMs = createdAtMs + ttlMs
        await entries.set({
          id: `ent_${randomUUID().replaceAll('-', '')}`,
          key,
          canonicalKey,
          scope,
          ownerId: scope,
          tags: [],
          createdAtMs,
          expiresAtMs,
          staleUntilMs: expiresAtMs,
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
    stats: async (scope) => ({ ...tallies.read(scope), ...(await entries.stats(scope)) }),
    clear: (query) => entries.remove(query),
  }
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
