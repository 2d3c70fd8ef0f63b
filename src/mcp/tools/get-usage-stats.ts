import { z } from 'zod'
import type { Whose } from '../../admin/scope.ts'
import { showSums } from '../../admin/sums.ts'
import { usagePeriods } from '../../admin/usage.ts'
import { formatUsd } from '../../contract/money.ts'
import { usageGroupings } from '../../contract/store.ts'
import type { UsageRow } from '../../contract/store.ts'
import { oneLine } from '../error.ts'
import { cursor, cutMark, nextCursor, takePage } from '../page.ts'
import { defineTool, looksOnly, strictInput } from '../tool.ts'

const input = strictInput({
  period: z
    .enum(usagePeriods)
    .default('30d')
    .describe('Span in UTC: "today", "yesterday", "7d", "30d" or "month" (since the first of it). Default: "30d".'),
  from: z.string().optional().describe('Start, ISO 8601 date or time, inclusive; overrides the start of period.'),
  until: z.string().optional().describe('End, ISO 8601 date or time, exclusive; overrides the end of period.'),
  group_by: z.enum(usageGroupings).default('model').describe('One row for each of these. Default: "model".'),
  tag: z
    .string()
    .min(1)
    .optional()
    .describe('With group_by "tag": the field of metadata to group by, such as "project". Default: none.'),
  user: z
    .string()
    .min(1)
    .optional()
    .describe('Only requests that were marked with this user, for what one team or person spent. Default: all.'),
  scope: z
    .enum(['mine', 'all'])
    .optional()
    .describe(
      '"mine": of the key you use; "all": of everybody, takes an admin key. Default: "all" for an admin key, else "mine".',
    ),
  limit: z.int().min(1).max(100).default(50).describe('Most rows a page, 1 to 100. Default: 50.'),
  cursor,
})

const count = z.int().min(0)

const sums = z.object({
  requests: count,
  cache_hits: count.describe('Answered from the cache or by an identical call that was running.'),
  failures: count,
  abandoned: count.describe('The caller left before the end; what was used is paid.'),
  input_tokens: count,
  output_tokens: count,
  cached_tokens: count,
  reasoning_tokens: count,
  cost_usd: z.string(),
  cost_nano_usd: z.string(),
  saved_usd: z.string().describe('What the cache spared.'),
  unpriced_requests: count.describe('Requests whose price is unknown: missing from cost_usd.'),
  estimated_requests: count.describe("Requests whose tokens are the gateway's own count."),
  average_ms: z.number().min(0),
})

const output = z.object({
  from: z.string(),
  until: z.string(),
  scope: z.enum(['mine', 'all']),
  group_by: z.enum(usageGroupings),
  total: sums,
  simulated_total: sums.describe('Answers of the sandbox, priced as if real, never in total.'),
  rows: z.array(sums.extend({ group: z.string(), simulated: z.boolean() })),
  outcomes: z.record(z.string(), count).describe('Requests by how they ended, simulated ones left out.'),
  next_cursor: nextCursor,
})

export const getUsageStats = defineTool({
  name: 'get_usage_stats',
  title: 'Usage and spend',
  description:
    'Reports what was asked and spent through the gateway: requests, tokens, cost, savings by the cache and failures, grouped by provider, model, task, day, hour, caller, user, tag or cache state. ' +
    'Use it for bills, trends and the share of cached answers. ' +
    'Not for the price of a request to come: estimate_cost has that. Free. You see what you sent yourself; an admin key sees all.',
  annotations: looksOnly,
  input,
  output,
  takesAdmin: ({ scope }) => scope === 'all',
  run: async ({ args, caller, services }) => {
    const { period, from, until, group_by: groupBy, tag, user, scope: whose, limit } = args
    const answer = await services.admin.usage({ caller, whose, groupBy, tag, user, period, from, until })
    const marked = (simulated: boolean) => (row: UsageRow) => ({ ...row, simulated })
    const rows = [...answer.real.rows.map(marked(false)), ...answer.simulated.rows.map(marked(true))]
    const page = takePage(rows, args.cursor, limit)
    const span = { from: new Date(answer.fromMs).toISOString(), until: new Date(answer.untilMs).toISOString() }
    return {
      text: [
        [
          `${span.from} to ${span.until}, ${sayWhose(answer.whose, user)}, by ${groupBy}:`,
          `total: ${saySums(answer.real.total)}`,
          ...(answer.simulated.total.requests === 0
            ? []
            : [`simulated, not in the total: ${saySums(answer.simulated.total)}`]),
          ...page.items.map((row) => `  ${row.group}${row.simulated ? ' (simulated)' : ''}: ${saySums(row)}`),
          ...cutMark(page),
        ].join('\n'),
      ],
      data: {
        ...span,
        scope: answer.whose,
        group_by: groupBy,
        total: showSums(answer.real.total),
        simulated_total: showSums(answer.simulated.total),
        rows: page.items.map((row) => ({ group: row.group, simulated: row.simulated, ...showSums(row) })),
        outcomes: { ...answer.real.outcomes },
        next_cursor: page.nextCursor,
      },
    }
  },
})

const sayWhose = (whose: Whose, user: string | undefined): string =>
  (whose === 'all' ? 'everybody' : 'you') + (user === undefined ? '' : `, user ${oneLine(user)}`)

const saySums = (sum: UsageRow): string =>
  [
    `${sum.requests} ${sum.requests === 1 ? 'request' : 'requests'}`,
    `$${formatUsd(sum.costNanoUsd)}`,
    `saved $${formatUsd(sum.savedNanoUsd)}`,
    `${sum.inputTokens} tokens in, ${sum.outputTokens} out`,
    `${sum.cacheHits} from cache`,
    `${sum.failures} failed`,
    ...(sum.abandoned > 0 ? [`${sum.abandoned} abandoned by their caller`] : []),
    ...(sum.unpricedRequests > 0 ? [`${sum.unpricedRequests} of unknown price, not in the sum`] : []),
  ].join(', ')
