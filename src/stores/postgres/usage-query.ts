import { sql } from 'kysely'
import type { Kysely, RawBuilder } from 'kysely'
import type { UsageGrouping, UsageQuery, UsageReport } from '../../contract/store.ts'
import { abandonedOutcome, failureOutcomes, hitStates, noGroup, usageReportOf } from '../usage.ts'
import { storable } from './storable.ts'
import type { Tables } from './tables.ts'

const received = sql`to_timestamp(received_at_ms / 1000) AT TIME ZONE 'UTC'`

const groupColumns: Readonly<Record<UsageGrouping, (tag: string) => RawBuilder<string | null>>> = {
  provider: () => sql`provider`,
  model: () => sql`model`,
  task: () => sql`task`,
  operation: () => sql`operation`,
  day: () => sql`to_char(${received}, 'YYYY-MM-DD')`,
  hour: () => sql`to_char(${received}, 'YYYY-MM-DD"T"HH24":00Z"')`,
  // The id tells two callers of one name apart; the name tells a reader who it is.
  caller: () => sql`caller_id || CASE WHEN caller_name = caller_id THEN '' ELSE ' ' || caller_name END`,
  user: () => sql`"user"`,
  tag: (tag) => sql`metadata ->> ${storable(tag)}::text`,
  cache: () => sql`cache`,
}

/** Sums receipts as the query says. One pass gives both the sums of the groups and the counts of the outcomes. */
export const queryUsage = async (database: Kysely<Tables>, query: UsageQuery): Promise<UsageReport> => {
  const { groupBy, tag = '', callerId, user } = query
  const group = sql<string>`coalesce(${groupColumns[groupBy](tag)}, ${sql.lit(noGroup)})`
  const { rows } = await sql<SumRow>`
    SELECT name, outcome, ${sums} FROM (
      SELECT ${group} AS name, * FROM receipts
      WHERE received_at_ms >= ${Math.ceil(query.fromMs)} AND received_at_ms < ${Math.ceil(query.untilMs)} AND simulated = ${query.simulated}
      ${callerId === null ? sql`` : sql`AND caller_id = ${callerId}`}
      ${user === undefined ? sql`` : sql`AND "user" = ${storable(user)}`}
    ) AS asked
    GROUP BY name, outcome`.execute(database)
  return usageReportOf(
    rows.map((row) => ({ outcome: row.outcome, sum: sumOf(row) })),
    groupBy,
  )
}

const words = (list: readonly string[]) => sql.join(list.map((word) => sql.lit(word)))

// Sums of 64 bits are not bounded: PostgreSQL makes them `numeric`, and they come as text.
const sums = sql`
  count(*) AS requests,
  count(*) FILTER (WHERE cache IN (${words(hitStates)})) AS hits,
  count(*) FILTER (WHERE outcome IN (${words(failureOutcomes)})) AS failures,
  count(*) FILTER (WHERE outcome = ${sql.lit(abandonedOutcome)}) AS abandoned,
  count(*) FILTER (WHERE cost_nano_usd IS NULL) AS unpriced,
  count(*) FILTER (WHERE usage_source = 'estimated') AS estimated,
  coalesce(sum(input_tokens), 0) AS input,
  coalesce(sum(output_tokens), 0) AS output,
  coalesce(sum(cache_read_tokens), 0) AS cache_read,
  coalesce(sum(reasoning_tokens), 0) AS reasoning,
  coalesce(sum(cost_nano_usd), 0) AS cost,
  coalesce(sum(saved_nano_usd), 0) AS saved,
  coalesce(sum(total_ms), 0) AS total_ms`

type Counted =
  | 'requests'
  | 'hits'
  | 'failures'
  | 'abandoned'
  | 'unpriced'
  | 'estimated'
  | 'input'
  | 'output'
  | 'cache_read'
  | 'reasoning'
  | 'cost'
  | 'saved'

type SumRow = Record<Counted | 'name' | 'outcome', string> & { total_ms: number }

const sumOf = (row: SumRow) => ({
  group: row.name,
  requests: Number(row.requests),
  cacheHits: Number(row.hits),
  failures: Number(row.failures),
  abandoned: Number(row.abandoned),
  inputTokens: Number(row.input),
  outputTokens: Number(row.output),
  cacheReadTokens: Number(row.cache_read),
  reasoningTokens: Number(row.reasoning),
  costNanoUsd: BigInt(row.cost),
  savedNanoUsd: BigInt(row.saved),
  unpricedRequests: Number(row.unpriced),
  estimatedRequests: Number(row.estimated),
  totalMs: Number(row.total_ms),
})
