import type { NanoUsd } from '../contract/money.ts'
import type { CacheTier } from '../contract/receipt.ts'
import { addCounts } from './count-up.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'
import { addNearCounts, noNearCounts } from './near/counts.ts'
import type { NearCounts } from './near/counts.ts'

/** What a cache did since it began. */
export interface Tally {
  /** By how alike the questions were. */
  hits: Record<CacheTier, number>
  misses: number
  /** Requests for which memory was not asked, by reason. */
  bypasses: Partial<Record<BypassReason, number>>
  kept: number
  /** Answers that were not remembered, by reason. */
  refusals: Partial<Record<KeepRefusal, number>>
  /** Reads and writes that the store failed. */
  failures: number
  near: NearCounts
  /** What the hits would have cost; those whose price is unknown count nothing. */
  savedNanoUsd: NanoUsd
  /** How much longer their making had taken. */
  savedMs: number
}

interface Tallies {
  /** The running tally of a scope, to be counted up. */
  of(scope: string): Tally
  /** A copy of one scope's tally, or of their sum (null). */
  read(scope: string | null): Tally
}

/** Counts apart for each scope: what somebody else's requests met is not everybody's to know. */
export const createTallies = (): Tallies => {
  const tallies = new Map<string, Tally>()

  return {
    of: (scope) => {
      const tally = tallies.get(scope) ?? emptyTally()
      tallies.set(scope, tally)
      return tally
    },
    read: (scope) => {
      const read = scope === null ? [...tallies.values()] : [tallies.get(scope) ?? emptyTally()]
      return read.reduce(addTallies, emptyTally())
    },
  }
}

const emptyTally = (): Tally => ({
  hits: { exact: 0, canonical: 0, near: 0 },
  misses: 0,
  bypasses: {},
  kept: 0,
  refusals: {},
  failures: 0,
  near: noNearCounts(),
  savedNanoUsd: 0n,
  savedMs: 0,
})

const addTallies = (a: Tally, b: Tally): Tally => ({
  hits: {
    exact: a.hits.exact + b.hits.exact,
    canonical: a.hits.canonical + b.hits.canonical,
    near: a.hits.near + b.hits.near,
  },
  misses: a.misses + b.misses,
  bypasses: addCounts(a.bypasses, b.bypasses),
  kept: a.kept + b.kept,
  refusals: addCounts(a.refusals, b.refusals),
  failures: a.failures + b.failures,
  near: addNearCounts(a.near, b.near),
  savedNanoUsd: a.savedNanoUsd + b.savedNanoUsd,
  savedMs: a.savedMs + b.savedMs,
})
