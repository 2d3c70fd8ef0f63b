import { tasks } from '../../contract/plan.ts'
import type { Task } from '../../contract/plan.ts'
import { addCounts } from '../count-up.ts'

/** Bounds on wrong answers at which an operator sees what they would bring. */
export const shownRates = [0.01, 0.02, 0.05] as const

/** What the near tier did since it began. */
export interface NearCounts {
  /** Questions that it was asked about, after all that memory knows word for word. */
  asked: number
  /** Those that it did not look for, by reason. */
  refusals: Partial<Record<string, number>>
  /** Candidates that a guard refused, by guard. */
  vetoes: Partial<Record<string, number>>
  /** Questions whose best candidate would have served at a bound: "0.01", "0.02", "0.05". */
  wouldServe: Partial<Record<string, number>>
  /** Of those given or shadowed that were compared with an answer made for them. */
  canaries: { agree: number; differ: number; unclear: number }
  /** What callers said of near answers. */
  feedback: { good: number; bad: number }
  /** By kind of work: what was given, and what a shadow would have given. */
  byTask: Partial<Record<Task, { hits: number; shadowed: number }>>
}

export const noNearCounts = (): NearCounts => ({
  asked: 0,
  refusals: {},
  vetoes: {},
  wouldServe: {},
  canaries: { agree: 0, differ: 0, unclear: 0 },
  feedback: { good: 0, bad: 0 },
  byTask: {},
})

export const countTask = (counts: NearCounts, task: Task, what: 'hits' | 'shadowed'): void => {
  const row = (counts.byTask[task] ??= { hits: 0, shadowed: 0 })
  row[what] += 1
}

export const addNearCounts = (a: NearCounts, b: NearCounts): NearCounts => ({
  asked: a.asked + b.asked,
  refusals: addCounts(a.refusals, b.refusals),
  vetoes: addCounts(a.vetoes, b.vetoes),
  wouldServe: addCounts(a.wouldServe, b.wouldServe),
  canaries: {
    agree: a.canaries.agree + b.canaries.agree,
    differ: a.canaries.differ + b.canaries.differ,
    unclear: a.canaries.unclear + b.canaries.unclear,
  },
  feedback: { good: a.feedback.good + b.feedback.good, bad: a.feedback.bad + b.feedback.bad },
  byTask: addTasks(a.byTask, b.byTask),
})

const addTasks = (a: NearCounts['byTask'], b: NearCounts['byTask']): NearCounts['byTask'] => {
  const sum: NearCounts['byTask'] = {}
  for (const task of tasks) {
    const rows = [a[task], b[task]].filter((row) => row !== undefined)
    if (rows.length === 0) continue
    sum[task] = {
      hits: rows.reduce((total, { hits }) => total + hits, 0),
      shadowed: rows.reduce((total, { shadowed }) => total + shadowed, 0),
    }
  }
  return sum
}
