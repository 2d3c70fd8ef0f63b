import type { NanoUsd } from '../contract/money.ts'
import type { CacheTier } from '../contract/receipt.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { addCounts } from './count-up.ts'
import { tasks } from '../contract/plan.ts'
import type { Task } from '../contract/plan.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'
import { addNearCounts, noNearCounts } from './near/counts.ts'
import type { NearCounts } from './near/counts.ts'

/** What a cache did since it began. */
export interface Tally {
  hits: number
  /** The hits by how alike the questions were. */
  hitsByTier: Record<CacheTier, number>
  /** What those would have cost; they add up to `savedNanoUsd`. */
  savedByTier: Record<CacheTier, NanoUsd>
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
  /** The hits by the task of their answers; `other` for those that have none. */
  byTask: Partial<Record<Task | 'other', { hits: number; savedNanoUsd: NanoUsd }>>
}

interface Tallies {
  /** The running tally of a caller, to be counted up. */
  of(callerId: string): Tally
  /** A copy of one caller's tally, or of their sum (null). */
  read(callerId: string | null): Tally
  /** What the near tier did for all together. */
  near(): NearCounts
}

/** Counts apart for each caller: what somebody else's requests met is not everybody's to know. */
export const createTallies = (): Tallies => {
  const tallies = new Map<string, Tally>()

  return {
    of: (callerId) => {
      const tally = tallies.get(callerId) ?? emptyTally()
      tallies.set(callerId, tally)
      return tally
    },
    read: (callerId) => {
      const read = callerId === null ? [...tallies.values()] : [tallies.get(callerId) ?? emptyTally()]
      return read.reduce(addTallies, emptyTally())
    },
    near: () => [...tallies.values()].map(({ near }) => near).reduce(addNearCounts, noNearCounts()),
  }
}

const emptyTally = (): Tally => ({
  hits: 0,
  hitsByTier: { exact: 0, canonical: 0, near: 0 },
  savedByTier: { exact: 0n, canonical: 0n, near: 0n },
  misses: 0,
  bypasses: {},
  kept: 0,
  refusals: {},
  failures: 0,
  near: noNearCounts(),
  savedNanoUsd: 0n,
  savedMs: 0,
  byTask: {},
})

const addTallies = (a: Tally, b: Tally): Tally => ({
  hits: a.hits + b.hits,
  hitsByTier: {
    exact: a.hitsByTier.exact + b.hitsByTier.exact,
    canonical: a.hitsByTier.canonical + b.hitsByTier.canonical,
    near: a.hitsByTier.near + b.hitsByTier.near,
  },
  savedByTier: {
    exact: a.savedByTier.exact + b.savedByTier.exact,
    canonical: a.savedByTier.canonical + b.savedByTier.canonical,
    near: a.savedByTier.near + b.savedByTier.near,
  },
  misses: a.misses + b.misses,
  bypasses: addCounts(a.bypasses, b.bypasses),
  kept: a.kept + b.kept,
  refusals: addCounts(a.refusals, b.refusals),
  failures: a.failures + b.failures,
  near: addNearCounts(a.near, b.near),
  savedNanoUsd: a.savedNanoUsd + b.savedNanoUsd,
  savedMs: a.savedMs + b.savedMs,
  byTask: addByTask(a.byTask, b.byTask),
})

const addByTask = (a: Tally['byTask'], b: Tally['byTask']): Tally['byTask'] => {
  const sum: Tally['byTask'] = { ...a }
  for (const task of [...tasks, 'other'] as const) {
    const [mine, others] = [a[task], b[task]]
    if (others)
      sum[task] = {
        hits: (mine?.hits ?? 0) + others.hits,
        savedNanoUsd: (mine?.savedNanoUsd ?? 0n) + others.savedNanoUsd,
      }
  }
  return sum
}

/** Counts an answer that memory gave. */
export const countHit = (tally: Tally, tier: CacheTier, { costNanoUsd, madeInMs = 0, task }: CachedAnswer): void => {
  tally.hits += 1
  tally.hitsByTier[tier] += 1
  tally.savedMs += madeInMs
  tally.savedNanoUsd += costNanoUsd ?? 0n
  tally.savedByTier[tier] += costNanoUsd ?? 0n
  const ofTask = (tally.byTask[task?.task ?? 'other'] ??= { hits: 0, savedNanoUsd: 0n })
  ofTask.hits += 1
  ofTask.savedNanoUsd += costNanoUsd ?? 0n
}
