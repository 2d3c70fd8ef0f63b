import { z } from 'zod'
import { showCacheStats } from '../../admin/cache.ts'
import { cacheActions, cacheOrderFields, readCacheOrder } from '../../contract/cache-order.ts'
import { tasks } from '../../contract/plan.ts'
import { defineTool, strictInput } from '../tool.ts'

const input = strictInput(cacheOrderFields)

const counts = z.record(z.string(), z.int())

const output = z.object({
  action: z.enum(cacheActions),
  scope: z.enum(['mine', 'all']),
  dry_run: z.boolean().nullable().describe('Null but for clear and invalidate.'),
  cleared: z.int().nullable().describe('Entries forgotten or taken back, or that would be; null for stats and curate.'),
  curated: z.array(z.string()).describe('What "uncurate" takes back.'),
  entries: z.int().describe('Entries in the scope now.'),
  bytes: z.int().describe('Their size.'),
  max_bytes: z.int().describe('Bound of the whole cache.'),
  hits: z.int().describe('This and what follows: since the gateway started.'),
  misses: z.int(),
  kept: z.int().describe('Answers that were remembered.'),
  failures: z.int().describe('Reads and writes that the store failed.'),
  bypasses: counts.describe('Requests for which the cache was not asked, by reason.'),
  refusals: counts.describe('Answers that were not remembered, by reason.'),
  saved_usd: z.string().describe('What the hits would have cost, in US dollars.'),
  saved_ms: z.number().describe('How much longer the making of what was remembered had taken.'),
  hits_by_tier: counts,
  saved_usd_by_tier: z.record(z.string(), z.string()),
  near: z
    .object({
      asked: z.int(),
      refusals: counts.describe('Questions without a near answer, by reason; "shadow": it would have served.'),
      vetoes: counts.describe('Neighbours that a guard refused, by guard.'),
      would_serve: counts.describe(
        'Questions with a neighbour that would serve if so many near answers might be wrong.',
      ),
      canaries: counts,
      feedback: counts,
      by_task: z.partialRecord(z.enum(tasks), z.object({ hits: z.int(), shadowed: z.int() })),
    })
    .describe('Answers to other questions that mean the same.'),
  by_task: z.record(z.string(), z.object({ hits: z.int(), saved_usd: z.string() })),
})

export const manageCache = defineTool({
  name: 'manage_cache',
  title: 'Look at, clear or curate the cache',
  description:
    'Shows how many answers the gateway remembers and what they saved, makes it forget them, or gives chosen ones to everybody. ' +
    'Use it to clear answers that are out of date: it only counts them until dry_run is false. ' +
    'Not for skipping the cache once: send use_cache false to unified_completion. Free; cleared answers cost money when asked again.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input,
  output,
  takesAdmin: ({ scope }) => scope === 'all',
  run: async ({ args, caller, services }) => {
    const order = readCacheOrder(args, Date.now())
    const { affected, curated, stats } = await services.admin.manageCache(caller, order)
    const isDryRun = 'dryRun' in order ? order.dryRun : null

    const whose = args.scope === 'all' ? 'everybody' : 'you'
    const now =
      `${answers(stats.entries)} remembered for ${whose}, ${stats.bytes} bytes; the whole cache may hold ${stats.maxBytes}. ` +
      `Since the start: ${stats.hits} hits, ${stats.misses} misses.`
    const did = affected === null ? [] : [sayDone(order.action, affected, isDryRun === true)]
    return {
      text: [[...did, now].join('\n')],
      data: {
        action: args.action,
        scope: args.scope,
        dry_run: isDryRun,
        cleared: order.action === 'curate' ? null : affected,
        curated: [...curated],
        ...showCacheStats(stats),
      },
    }
  },
})

const answers = (count: number): string => `${count} ${count === 1 ? 'answer' : 'answers'}`

const sayDone = (action: ReturnType<typeof readCacheOrder>['action'], affected: number, isDryRun: boolean): string => {
  if (isDryRun) return `Dry run: ${affected} would be forgotten. Send dry_run false to do it.`
  switch (action) {
    case 'curate':
      return `Gave ${answers(affected)} to everybody.`
    case 'uncurate':
      return `Took ${answers(affected)} back from everybody.`
    case 'stats':
    case 'remove':
    case 'advance':
      return `Forgot ${answers(affected)}.`
  }
}
