import { z } from 'zod'
import { defineTool, strictInput } from '../tool.ts'

const input = strictInput({
  action: z
    .enum(['stats', 'clear'])
    .describe('"stats": how much is remembered; "clear": forget it (see dry_run). Required.'),
  scope: z
    .enum(['mine', 'all'])
    .default('mine')
    .describe(
      '"mine": answers remembered for the key you use; "all": for everybody, takes an admin key. Default: "mine".',
    ),
  dry_run: z
    .boolean()
    .default(true)
    .describe('With clear: true only counts what would go, false deletes it. Default: true.'),
})

const output = z.object({
  action: z.enum(['stats', 'clear']),
  scope: z.enum(['mine', 'all']),
  dry_run: z.boolean().nullable().describe('Null for stats.'),
  cleared: z.int().nullable().describe('Entries deleted, or that would be; null for stats.'),
  entries: z.int().describe('Entries in the scope now.'),
  bytes: z.int().describe('Their size.'),
  max_bytes: z.int().describe('Bound of the whole cache.'),
})

export const manageCache = defineTool({
  name: 'manage_cache',
  title: 'Look at or clear the cache',
  description:
    'Shows how many answers the gateway remembers, or makes it forget them. ' +
    'Use it to clear answers that are out of date: it only counts them until dry_run is false. ' +
    'Not for skipping the cache once: send use_cache false to unified_completion. Free; cleared answers cost money when asked again.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input,
  output,
  takesAdmin: ({ scope }) => scope === 'all',
  run: async ({ args, caller, services }) => {
    const { action, scope, dry_run: dryRun } = args
    const cleared =
      action === 'clear' ? (await services.admin.clearCache({ caller, whose: scope, dryRun })).entries : null
    const { entries, bytes, maxBytes } = await services.admin.cacheStats({ caller, whose: scope })

    const whose = scope === 'all' ? 'everybody' : 'you'
    const now = `${entries} ${entries === 1 ? 'answer' : 'answers'} remembered for ${whose}, ${bytes} bytes; the whole cache may hold ${maxBytes}.`
    const did =
      cleared === null
        ? []
        : [
            dryRun
              ? `Dry run: ${cleared} would be forgotten. Send dry_run false to do it.`
              : `Forgot ${cleared} ${cleared === 1 ? 'answer' : 'answers'}.`,
          ]
    return {
      text: [[...did, now].join('\n')],
      data: {
        action,
        scope,
        dry_run: action === 'clear' ? dryRun : null,
        cleared,
        entries,
        bytes,
        max_bytes: maxBytes,
      },
    }
  },
})
