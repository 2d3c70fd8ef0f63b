import { z } from 'zod'
import type { Stats, StatsQuestion } from '../../admin/stats.ts'
import { showSums } from '../../admin/sums.ts'
import { usagePeriods } from '../../admin/usage.ts'
import type { UsageAnswer, UsageQuestion } from '../../admin/usage.ts'
import { usageGroupings } from '../../contract/store.ts'
import { writeCsv } from './csv.ts'
import { parameters, wholeNumber } from './query.ts'

const span = {
  period: z.enum(usagePeriods).default('30d'),
  from: z.string().optional(),
  until: z.string().optional(),
  user: z.string().optional(),
  scope: z.enum(['mine', 'all']).optional(),
}

/** Query of `GET /api/stats`. */
export const statsQuery = parameters(span).transform(({ scope: whose, ...rest }): Omit<StatsQuestion, 'caller'> => ({
  ...rest,
  whose,
}))

/** Query of `GET /api/usage`. `key` is what people call a caller. */
export const usageQuery = parameters({
  ...span,
  group_by: z.enum([...usageGroupings, 'key']).default('model'),
  tag: z.string().optional(),
  format: z.enum(['json', 'csv']).optional(),
  limit: wholeNumber(1, 100_000).default(10_000),
}).transform(({ scope: whose, group_by, format, limit, ...rest }) => ({
  question: { ...rest, whose, groupBy: group_by === 'key' ? 'caller' : group_by } satisfies Omit<
    UsageQuestion,
    'caller'
  >,
  format,
  limit,
}))

/** Real rows first, then the sandbox's, each so marked. */
const rowsOf = ({ real, simulated }: UsageAnswer) => [
  ...real.rows.map((row) => ({ group: row.group, simulated: false, ...showSums(row) })),
  ...simulated.rows.map((row) => ({ group: row.group, simulated: true, ...showSums(row) })),
]

const showSpan = ({ fromMs, untilMs, whose }: UsageAnswer) => ({
  from: new Date(fromMs).toISOString(),
  until: new Date(untilMs).toISOString(),
  scope: whose,
})

const showTotals = ({ real, simulated }: UsageAnswer) => ({
  total: showSums(real.total),
  simulated_total: showSums(simulated.total),
  outcomes: { ...real.outcomes },
})

/** The totals are of all rows, also of those that `limit` leaves out. */
export const showUsage = (answer: UsageAnswer, groupBy: string, limit: number) => {
  const rows = rowsOf(answer)
  return {
    ...showSpan(answer),
    group_by: groupBy,
    ...showTotals(answer),
    rows: rows.slice(0, limit),
    rows_total: rows.length,
  }
}

/** One line a row; `group` bears the name of what it is. */
export const usageCsv = (answer: UsageAnswer, groupBy: string, limit: number): string => {
  const rows = rowsOf(answer).slice(0, limit)
  const columns = Object.keys(showSums(answer.real.total))
  return writeCsv(
    [groupBy, 'simulated', ...columns],
    rows.map(({ group, simulated, ...sums }) => [group, simulated, ...Object.values(sums)]),
  )
}

export const showStats = ({ usage, cache, providers, ...status }: Stats) => ({
  version: status.version,
  ready: status.ready,
  reasons: status.reasons,
  uptime_seconds: Math.floor(status.uptimeMs / 1000),
  ...showSpan(usage),
  ...showTotals(usage),
  cache: { entries: cache.entries, bytes: cache.bytes, max_bytes: cache.maxBytes },
  providers: providers.map(({ id, simulated, health }) => ({
    id,
    simulated,
    circuit: health?.circuit ?? null,
    retry_at: health?.retryAtMs == null ? null : new Date(health.retryAtMs).toISOString(),
    in_flight: health?.inFlight ?? null,
    waiting: health?.waiting ?? null,
    max_concurrent: health?.maxConcurrent ?? null,
    recent_calls: health?.calls ?? null,
    recent_failures: health?.failures ?? null,
  })),
})
