import { z } from 'zod'
import { invalid } from './border.ts'

export const cacheActions = ['stats', 'clear', 'invalidate', 'curate', 'uncurate'] as const

/** How long a curated answer is given where nobody says. */
const curatedDays = 30
const dayMs = 86_400_000

const entryId = z.string().regex(/^ent_[0-9a-f]{32}$/, 'must be ids of entries, such as a hit shows.')

/** Longest tag, and how many of them an answer may have. */
const maxTagChars = 64
const maxTags = 16

const tag = z
  .string()
  .min(1)
  .max(maxTagChars)
  .regex(/^[^\p{Cc}]+$/u, 'must be on one line.')

/** `cache_tags`, as HTTP bodies and MCP tools take it. */
export const cacheTags = z.array(tag).max(maxTags).optional()

/** What the cache is told to do, as `manage_cache` and `POST /api/cache` take it. */
export const cacheOrderFields = {
  action: z
    .enum(cacheActions)
    .describe(
      '"stats": what is remembered and what that saved; "clear": forget all of it; "invalidate": forget what ids, tag or epoch say; ' +
        '"curate": give the answers of ids to everybody who asks the very same; "uncurate": take them back. Required.',
    ),
  scope: z
    .enum(['mine', 'all'])
    .default('mine')
    .describe(
      '"mine": answers remembered for the key you use; "all": for everybody, takes an admin key. Default: "mine".',
    ),
  dry_run: z
    .boolean()
    .default(true)
    .describe('With clear and invalidate: true only counts what would go, false forgets it. Default: true.'),
  tag: tag
    .optional()
    .describe('With invalidate: what bears this tag: yours, or "model:…", "provider:…", "task:…". Default: any.'),
  ids: z
    .array(entryId)
    .min(1)
    .max(100)
    .optional()
    .describe('With invalidate, curate, uncurate: these entries. Default: none.'),
  epoch: z
    .boolean()
    .default(false)
    .describe('With invalidate: make everything in the scope unreachable in one step. Default: false.'),
  until: z
    .string()
    .optional()
    .describe(`With curate: until when, as "2026-12-31T00:00:00Z". Default: ${curatedDays} days from now.`),
}

const cacheOrder = z.strictObject(cacheOrderFields)
type Given = z.output<typeof cacheOrder>

/** What the cache is told to do, in the gateway's own words. */
export type CacheOrder = { whose: 'mine' | 'all' } & (
  | { action: 'stats' }
  | { action: 'remove'; ids: readonly string[] | undefined; tag: string | undefined; dryRun: boolean }
  | { action: 'advance'; dryRun: boolean }
  | { action: 'curate'; ids: readonly string[]; untilMs: number }
  | { action: 'uncurate'; ids: readonly string[] }
)

/** @throws GatewayError invalid_request for fields that do not go together */
export const readCacheOrder = (given: Given, nowMs: number): CacheOrder => {
  const { action, scope: whose, dry_run: dryRun, ids, tag, epoch, until } = given
  switch (action) {
    case 'stats':
      return { whose, action }
    case 'clear':
      if (ids || tag !== undefined || epoch) throw invalid('action', 'is clear, which forgets all: say invalidate.')
      return { whose, action: 'remove', ids: undefined, tag: undefined, dryRun }
    case 'invalidate':
      if (epoch && (ids || tag !== undefined)) throw invalid('epoch', 'makes everything unreachable: send it alone.')
      if (epoch) return { whose, action: 'advance', dryRun }
      if (!ids && tag === undefined) throw invalid('action', 'is invalidate: say what, by ids, tag or epoch.')
      return { whose, action: 'remove', ids, tag, dryRun }
    case 'curate': {
      const untilMs = until === undefined ? nowMs + curatedDays * dayMs : Date.parse(until)
      if (Number.isNaN(untilMs)) throw invalid('until', 'must be a time such as 2026-12-31T00:00:00Z.')
      if (untilMs <= nowMs) throw invalid('until', 'is over already.')
      return { whose, action, ids: needIds(ids), untilMs }
    }
    case 'uncurate':
      return { whose, action, ids: needIds(ids) }
  }
}

const needIds = (ids: readonly string[] | undefined): readonly string[] => {
  if (!ids) throw invalid('ids', 'must say which entries.')
  return ids
}
