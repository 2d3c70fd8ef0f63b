import { randomUUID } from 'node:crypto'
import type { Asked, Content } from '../contract/operation.ts'
import type { CacheTier } from '../contract/receipt.ts'
import type { Clock } from '../contract/runtime.ts'
import type { CacheSettings } from '../contract/settings.ts'
import type { CacheEntry, CachedAnswer, Entries } from '../contract/store.ts'
import { once } from '../lib/once.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'
import type { AnswerKind, AskedQuestion } from './kind.ts'
import { countUp, createTallies } from './tallies.ts'
import type { Tally } from './tallies.ts'
import { ttlOf } from './ttl.ts'

/** What memory had for a request. A hit is given as it was; a miss says where its answer goes. */
export type Look<Event extends Content = Content> = Hit<Event> | NoHit

export interface Hit<Event extends Content> {
  state: 'hit'
  tier: CacheTier
  entry: CacheEntry<Event>
  ageMs: number
}

export type NoHit =
  /** `key` is equal for equal requests: concurrent ones may share a call. `write`: the answer is to be kept, for `ttlMs`. */
  | {
      state: 'miss'
      key: string
      /** Under which the answer is found in another form of the question; null where the form matters. */
      canonicalKey: string | null
      ttlMs: number
      write: boolean
      force: boolean
    }
  | { state: 'bypass'; reason: BypassReason }

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
  look(request: Request, scope: string): Promise<Look<Event>>
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
  settings: CacheSettings
  /** Whether this gateway's answers come from the sandbox. */
  simulated: boolean
}

/** Answers that were given before to the very same request of the same caller. */
export const createExactCache = ({ entries, clock, settings, simulated }: ExactCacheOptions): ExactCache => {
  const tallies = createTallies()

  const bypass = (scope: string, reason: BypassReason): NoHit => {
    countUp(tallies.of(scope).bypasses, reason)
    return { state: 'bypass', reason }
  }

  /** An entry that a store found, if it may be given to this request. */
  const give = <Event extends Content>(
    found: CacheEntry | null,
    { holds }: AnswerKind<never, Event>,
    { tier, scope, maxAgeMs }: { tier: CacheTier; scope: string; maxAgeMs: number },
  ): Hit<Event> | null => {
    if (!found || found.scope !== scope || !holds(found.answer)) return null
    const entry = { ...found, answer: found.answer }
    const ageMs = Math.max(0, clock.now() - entry.createdAtMs)
    // As RFC 9111: fresh while the age is below max-age, so that 0 takes nothing.
    return ageMs < maxAgeMs ? { state: 'hit', tier, entry, ageMs } : null
  }

  const recall = async <Event extends Content>(
    kind: AnswerKind<never, Event>,
    asked: { key: string; question: () => AskedQuestion<Event> | null; scope: string; maxAgeMs: number },
  ): Promise<Hit<Event> | null> =>
    give(await entries.find(asked.key), kind, { ...asked, tier: 'exact' }) ??
    (await recallCanonical(kind, asked))

  const recallCanonical = async <Event extends Content>(
    kind: AnswerKind<never, Event>,
    asked: { question: () => AskedQuestion<Event> | null; scope: string; maxAgeMs: number },
  ): Promise<Hit<Event> | null> => {
    const question = asked.question()
    if (!question || question.canonicalKey === null) return null
    const hit = give(await entries.findCanonical(question.canonicalKey), kind, { ...asked, tier: 'canonical' })
    return hit && question.fits(hit.entry.answer) ? hit : null
  }

  const memoryOf = <Request extends Asked, Event extends Content>(
    kind: AnswerKind<Request, Event>,
  ): AnswerMemory<Request, Event> => ({
    look: async (request, scope) => {
      if (!settings.enabled) return bypass(scope, 'disabled')
      const verdict = kind.judgeEligibility(request)
      if (!verdict.eligible) return bypass(scope, verdict.reason)
      const key = orNull(() => kind.fingerprint({ request, scope, simulated }))
      if (key === null) return bypass(scope, 'unreadable')

      const question = once(() => orNull(() => kind.readQuestion?.({ request, scope, simulated }) ?? null))
      const tally = tallies.of(scope)
      const { read, write, force, ttlMs: askedMs, maxAgeMs = Infinity } = request.cache
      if (read) {
        const hit = await recall(kind, { key, question, scope, maxAgeMs }).catch(() => {
          tally.failures += 1
          return null
        })
        if (hit) {
          tally.hits[hit.tier] += 1
          tally.savedNanoUsd += hit.entry.answer.costNanoUsd ?? 0n
          return hit
        }
        tally.misses += 1
      } else countUp(tally.bypasses, 'no_cache')

      const ttlMs = ttlOf(kind.name, settings, { askedMs, capMs: verdict.capMs })
      const { canonicalKey = null } = question() ?? {}
      return { state: 'miss', key, canonicalKey, ttlMs, write: write && ttlMs > 0, force }
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
        const { key, canonicalKey, ttlMs } = look
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
    stats: async (scope) => ({ ...tallies.read(scope), ...(await entries.stats(scope)) }),
    clear: (query) => entries.remove(query),
  }
}

/** Null for a request nested so deep that it has no fingerprint: it is then answered like any other, but not remembered. */
const orNull = <Value>(read: () => Value | null): Value | null => {
  try {
    return read()
  } catch {
    return null
  }
}
