import type { DatabaseSync } from 'node:sqlite'
import type { UsageGrouping, UsageQuery, UsageReport } from '../../contract/store.ts'
import { abandonedOutcome, failureOutcomes, hitStates, noGroup, usageReportOf } from '../usage.ts'
import type { UsageSum } from '../usage.ts'
import { amountOf, numberOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'

const groupColumns: Readonly<Record<UsageGrouping, string>> = {
  provider: 'provider',
  model: 'model',
  task: 'task',
  operation: 'operation',
  day: "strftime('%Y-%m-%d', received_at_ms / 1000, 'unixepoch')",
  hour: "strftime('%Y-%m-%dT%H:00Z', received_at_ms / 1000, 'unixepoch')",
  // The id tells two callers of one name apart; the name tells a reader who it is.
  caller: "caller_id || iif(caller_name = caller_id, '', ' ' || caller_name)",
  user: 'user',
  // Not in the index: this one reads the rows.
  tag: '(SELECT value FROM json_each(metadata) WHERE key = :tag)',
  cache: 'cache',
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ')

/**
 * Sums receipts as the query says, from one snapshot of the database. Amounts are summed as integers: beyond 63 bits,
 * 9.2 billion dollars, the report fails rather than rounds.
 */
export const queryUsage = (connection: DatabaseSync, query: UsageQuery): UsageReport => {
  const statement = connection.prepare(usageSql(query))
  statement.setReadBigInts(true)
  const rows = statement.all({
    fromMs: query.fromMs,
    untilMs: query.untilMs,
    simulated: query.simulated ? 1 : 0,
    ...(query.callerId === null ? {} : { callerId: query.callerId }),
    ...(query.user === undefined ? {} : { user: query.user }),
    ...(query.groupBy === 'tag' ? { tag: query.tag ?? '' } : {}),
  })
  return usageReportOf(
    rows.map((row) => ({ outcome: textOf(row, 'outcome'), sum: sumOf(row) })),
    query.groupBy,
  )
}

/** One pass gives both the sums of the groups and the counts of the outcomes. */
export const usageSql = ({ groupBy, callerId, user }: UsageQuery): string => {
  const group = `ifnull(${groupColumns[groupBy]}, '${noGroup}')`
  const mine = callerId === null ? '' : 'AND caller_id = :callerId'
  const marked = user === undefined ? '' : 'AND user = :user'
  return `
    SELECT ${group} AS name, outcome, ${sumColumns} FROM receipts
    WHERE received_at_ms >= :fromMs AND received_at_ms < :untilMs AND simulated = :simulated ${mine} ${marked}
    GROUP BY ${group}, outcome`
}

const sumColumns = `
  count(*) AS requests,
  count(*) FILTER (WHERE cache IN (${quoted(hitStates)})) AS hits,
  count(*) FILTER (WHERE outcome IN (${quoted(failureOutcomes)})) AS failures,
  count(*) FILTER (WHERE outcome = '${abandonedOutcome}') AS abandoned,
  count(*) FILTER (WHERE cost_nano_usd IS NULL) AS unpriced,
  count(*) FILTER (WHERE usage_source = 'estimated') AS estimated,
  ifnull(sum(input_tokens), 0) AS input,
  ifnull(sum(output_tokens), 0) AS output,
  ifnull(sum(cache_read_tokens), 0) AS cache_read,
  ifnull(sum(reasoning_tokens), 0) AS reasoning,
  ifnull(sum(cost_nano_usd), 0) AS cost,
  sum(saved_nano_usd) AS saved,
  total(total_ms) AS total_ms`

const sumOf = (row: Row): UsageSum => ({
  group: textOf(row, 'name'),
  requests: numberOf(row, 'requests'),
  cacheHits: numberOf(row, 'hits'),
  failures: numberOf(row, 'failures'),
  abandoned: numberOf(row, 'abandoned'),
  inputTokens: numberOf(row, 'input'),
  outputTokens: numberOf(row, 'output'),
  cacheReadTokens: numberOf(row, 'cache_read'),
  reasoningTokens: numberOf(row, 'reasoning'),
  costNanoUsd: amountOf(row, 'cost'),
  savedNanoUsd: amountOf(row, 'saved'),
  unpricedRequests: numberOf(row, 'unpriced'),
  estimatedRequests: numberOf(row, 'estimated'),
  totalMs: numberOf(row, 'total_ms'),
})
