import type { NanoUsd } from '../contract/money.ts'
import { tasks } from '../contract/plan.ts'
import type { Task } from '../contract/plan.ts'
import type { KeepRefusal } from './admissible.ts'
import type { BypassReason } from './eligible.ts'

/** What a cache did since it began. */
export interface Tally {
  hits: number
  misses: number
  /** Requests for which memory was not asked, by reason. */
  bypasses: Partial<Record<BypassReason, number>>
  kept: number
  /** Answers that were not remembered, by reason. */
  refusals: Partial<Record<KeepRefusal, number>>
  /** Reads and writes that the store failed. */
  failures: number
  /** What the hits would have cost; those whose price is unknown count nothing. */
  savedNanoUsd: NanoUsd
  /** The hits by the task of their answers; `other` for those that have none. */
  byTask: Partial<Record<Task | 'other', { hits: number; savedNanoUsd: NanoUsd }>>
}

interface Tallies {
  /** The running tally of a caller, to be counted up. */
  of(callerId: string): Tally
  /** A copy of one caller's tally, or of their sum (null). */
  read(callerId: string | null): Tally
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
  }
}

/** One more for a reason. */
export const countUp = <Reason extends string>(counts: Partial<Record<Reason, number>>, reason: Reason): void => {
  counts[reason] = (counts[reason] ?? 0) + 1
}

const emptyTally = (): Tally => ({
  hits: 0,
  misses: 0,
  bypasses: {},
  kept: 0,
  refusals: {},
  failures: 0,
  savedNanoUsd: 0n,
  byTask: {},
})

const addTallies = (a: Tally, b: Tally): Tally => ({
  hits: a.hits + b.hits,
  misses: a.misses + b.misses,
  bypasses: addCounts(a.bypasses, b.bypasses),
  kept: a.kept + b.kept,
  refusals: addCounts(a.refusals, b.refusals),
  failures: a.failures + b.failures,
  savedNanoUsd: a.savedNanoUsd + b.savedNanoUsd,
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

type Counts = Readonly<Record<string, number>>

const addCounts = (a: Counts, b: Counts): Record<string, number> => {
  const sum: Record<string, number> = { ...a }
  for (const [reason, count] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + count
  return sum
}
