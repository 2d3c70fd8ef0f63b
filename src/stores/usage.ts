import type { NanoUsd } from '../contract/money.ts'
import type { CacheState, Outcome } from '../contract/receipt.ts'
import type { UsageGrouping, UsageReport, UsageRow } from '../contract/store.ts'

// What a report's words mean: one place for every store, so that two stores never disagree.

/** Cache states in which somebody else's call, earlier or running, answered. */
export const hitStates = ['exact', 'canonical', 'near', 'shared'] as const satisfies readonly CacheState[]

/** Outcomes that are nobody's wish; a caller who left is not a failure, and is counted apart. */
export const failureOutcomes = ['upstream_error', 'failed', 'deadline_exceeded'] as const satisfies readonly Outcome[]

/** How a request ends whose caller left. */
export const abandonedOutcome = 'client_aborted' satisfies Outcome

/** The group of receipts that have no such field, e.g. no provider because none answered. */
export const noGroup = '(none)'

/** A row before its average is taken. */
export type UsageSum = Omit<UsageRow, 'averageMs'> & { totalMs: number }

/** The report of sums that a store has made for each outcome of each group. */
export const usageReportOf = (
  parts: readonly { outcome: string; sum: UsageSum }[],
  groupBy: UsageGrouping,
): UsageReport => {
  const sums = new Map<string, UsageSum>()
  const outcomes: Record<string, number> = {}
  for (const { outcome, sum } of parts) {
    const others = sums.get(sum.group)
    sums.set(sum.group, others ? addSums(others, sum) : sum)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + sum.requests
  }
  return reportOf([...sums.values()], outcomes, groupBy)
}

/** The report of a store's sums: days and hours in order, anything else by cost, then by requests, then by name. */
export const reportOf = (
  sums: readonly UsageSum[],
  outcomes: UsageReport['outcomes'],
  groupBy: UsageGrouping,
): UsageReport => ({
  total: rowOf(sums.reduce(addSums, emptySum('total'))),
  rows: sums.map(rowOf).toSorted(groupBy === 'day' || groupBy === 'hour' ? byName : byCost),
  outcomes,
})

const emptySum = (group: string): UsageSum => ({
  group,
  requests: 0,
  cacheHits: 0,
  failures: 0,
  abandoned: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 0n,
  savedNanoUsd: 0n,
  unpricedRequests: 0,
  estimatedRequests: 0,
  totalMs: 0,
})

/** Adds two sums under the first one's name. */
export const addSums = (a: UsageSum, b: UsageSum): UsageSum => ({
  group: a.group,
  requests: a.requests + b.requests,
  cacheHits: a.cacheHits + b.cacheHits,
  failures: a.failures + b.failures,
  abandoned: a.abandoned + b.abandoned,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  costNanoUsd: a.costNanoUsd + b.costNanoUsd,
  savedNanoUsd: a.savedNanoUsd + b.savedNanoUsd,
  unpricedRequests: a.unpricedRequests + b.unpricedRequests,
  estimatedRequests: a.estimatedRequests + b.estimatedRequests,
  totalMs: a.totalMs + b.totalMs,
})

const rowOf = ({ totalMs, ...sum }: UsageSum): UsageRow => ({
  ...sum,
  averageMs: sum.requests === 0 ? 0 : totalMs / sum.requests,
})

const byName = (a: UsageRow, b: UsageRow): number => (a.group < b.group ? -1 : 1)

const byCost = (a: UsageRow, b: UsageRow): number =>
  compare(b.costNanoUsd, a.costNanoUsd) || b.requests - a.requests || byName(a, b)

const compare = (a: NanoUsd, b: NanoUsd): number => (a === b ? 0 : a < b ? -1 : 1)
