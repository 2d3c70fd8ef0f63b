import type { ChatRequest } from '../contract/chat.ts'
import type { Clock } from '../contract/runtime.ts'
import type { CacheSettings } from '../contract/settings.ts'
import type { CacheEntry, CachedAnswer, Entries } from '../contract/store.ts'
import { judgeAdmission } from './admissible.ts'
import type { KeepRefusal } from './admissible.ts'
import { judgeEligibility } from './eligible.ts'
import type { BypassReason } from './eligible.ts'
import { fingerprint } from './fingerprint.ts'
import { countUp, createTallies } from './tallies.ts'
import type { Tally } from './tallies.ts'
import { ttlOf } from './ttl.ts'

/** What memory had for a request. A hit is given as it was; a miss says where its answer goes. */
export type Look =
  | { state: 'hit'; entry: CacheEntry; ageMs: number }
  /** `key` is equal for equal requests: concurrent ones may share a call. `write`: the answer is to be kept, for `ttlMs`. */
  | { state: 'miss'; key: string; ttlMs: number; write: boolean; force: boolean }
  | { state: 'bypass'; reason: BypassReason }

/** What became of an answer. */
export type Keeping = { kept: true } | { kept: false; reason: KeepRefusal | 'not_wanted' | 'failed' }

export interface CacheStats extends Tally {
  entries: number
  bytes: number
  maxBytes: number
}

export interface ExactCache {
  /** Never throws: a memory that fails is a miss. */
  look(request: ChatRequest, scope: string): Promise<Look>
  /** Remembers a complete answer where its look wants that. Never throws. */
  keep(look: Look, scope: string, answer: CachedAnswer): Promise<Keeping>
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

  const bypass = (scope: string, reason: BypassReason): Look => {
    countUp(tallies.of(scope).bypasses, reason)
    return { state: 'bypass', reason }
  }

  const recall = async (key: string, scope: string, maxAgeMs: number): Promise<Look | null> => {
    const entry = await entries.get(key)
    if (!entry || entry.scope !== scope) return null
    const ageMs = Math.max(0, clock.now() - entry.createdAtMs)
    // As RFC 9111: fresh while the age is below max-age, so that 0 takes nothing.
    return ageMs < maxAgeMs ? { state: 'hit', entry, ageMs } : null
  }

  return {
    look: async (request, scope) => {
      if (!settings.enabled) return bypass(scope, 'disabled')
      const verdict = judgeEligibility(request)
      if (!verdict.eligible) return bypass(scope, verdict.reason)
      const key = keyOf({ request, scope, simulated })
      if (key === null) return bypass(scope, 'unreadable')

      const tally = tallies.of(scope)
      const { read, write, force, ttlMs: askedMs, maxAgeMs = Infinity } = request.cache
      if (read) {
        const hit = await recall(key, scope, maxAgeMs).catch(() => {
          tally.failures += 1
          return null
        })
        if (hit?.state === 'hit') {
          tally.hits += 1
          tally.savedNanoUsd += hit.entry.answer.costNanoUsd ?? 0n
          return hit
        }
        tally.misses += 1
      } else countUp(tally.bypasses, 'no_cache')

      const ttlMs = ttlOf('chat', settings, { askedMs, capMs: verdict.capMs })
      return { state: 'miss', key, ttlMs, write: write && ttlMs > 0, force }
    },

    keep: async (look, scope, answer) => {
      if (look.state !== 'miss' || !look.write) return { kept: false, reason: 'not_wanted' }
      const tally = tallies.of(scope)
      const bounds = { maxEntryBytes: settings.maxEntryBytes, simulated, force: look.force }
      const verdict = judgeAdmission(answer, bounds)
      if (!verdict.admissible) {
        countUp(tally.refusals, verdict.reason)
        return { kept: false, reason: verdict.reason }
      }
      const createdAtMs = clock.now()
      try {
        const { key, ttlMs } = look
        await entries.set({ key, scope, createdAtMs, expiresAtMs: createdAtMs + ttlMs, answer, bytes: verdict.bytes })
      } catch {
        tally.failures += 1
        return { kept: false, reason: 'failed' }
      }
      tally.kept += 1
      return { kept: true }
    },

    stats: async (scope) => ({ ...tallies.read(scope), ...(await entries.stats(scope)) }),
    clear: (query) => entries.clear(query),
  }
}

/** Null for a request nested so deep that it has no fingerprint: it is then answered like any other, but not remembered. */
const keyOf = (parts: Parameters<typeof fingerprint>[0]): string | null => {
  try {
    return fingerprint(parts)
  } catch {
    return null
  }
}
