import { z } from 'zod'
import { showPolicy } from '../../admin/near.ts'
import { cachePolicyFields } from '../../contract/cache-feedback.ts'
import { tasks } from '../../contract/plan.ts'
import { nearModes } from '../../contract/settings.ts'
import { defineTool, strictInput } from '../tool.ts'

const output = z.object({
  available: z.boolean().describe('False: there are no near answers here, and nothing else is said.'),
  mode: z.enum(nearModes).nullable(),
  max_false_hit_rate: z.number().nullable(),
  by_class: z.partialRecord(z.enum(tasks), z.number()),
  classes: z.array(z.enum(tasks)).describe('Kinds of work for which near answers are looked for.'),
  similarity_threshold: z.number().nullable().describe('Set: the plain cosine rule holds instead of the verifier.'),
  evidence: z
    .array(
      z.object({
        class: z.enum(tasks),
        compared: z.int().describe('Near answers held against one made for the question.'),
        differed: z.int(),
        worst_share: z
          .number()
          .describe('Share of wrong ones that the comparisons leave possible, with 95 % confidence.'),
        broken: z.boolean().describe('True: too many differed, and near answers of this class are only shadowed.'),
      }),
    )
    .describe('What comparisons have shown.'),
})

export const cachePolicy = defineTool({
  name: 'cache_policy',
  title: 'Look at or set how sure near answers must be',
  description:
    'Shows how many near answers of the cache may be wrong, for which kinds of work they are given, and what comparisons have shown; with any argument it changes that until config/cache.yaml does. ' +
    'Use it to allow more or fewer near answers, or to shadow them after bad ones. ' +
    'Not for a single answer: cache_feedback bans that. Changing takes an admin key. Free.',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: strictInput(cachePolicyFields),
  output,
  run: async ({ args, caller, services: { admin } }) => {
    const isChange = Object.values(args).some((value) => value !== undefined)
    const policy = isChange
      ? await admin.changeCachePolicy(caller, {
          mode: args.mode,
          maxFalseHitRate: args.max_false_hit_rate,
          byClass: args.by_class,
        })
      : admin.cachePolicy()
    const data = showPolicy(policy)
    const broken = data.evidence.filter((seen) => seen.broken).map((seen) => seen.class)
    return {
      text: [
        policy === null
          ? 'There are no near answers here.'
          : `Near answers: ${policy.mode}, at most ${policy.maxFalseHitRate * 100} % wrong.${broken.length > 0 ? ` Only shadowed, because the bound broke: ${broken.join(', ')}.` : ''}`,
      ],
      data,
    }
  },
})
