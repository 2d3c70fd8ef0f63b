import { z } from 'zod'
import { tasks } from './plan.ts'
import { nearModes } from './settings.ts'

/** What callers say of an answer from memory, as `cache_feedback` and `POST /api/cache/feedback` take it. */
export const cacheFeedbackFields = {
  verdict: z.enum(['good', 'bad']).describe('Whether it answered what was asked. Required.'),
  request_id: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Of the request that got it. Send this or entry_id; only this tells which question it was wrong for. Default: none.',
    ),
  entry_id: z
    .string()
    .min(1)
    .optional()
    .describe('Of the remembered answer: one that is wrong for its own question. Default: none.'),
}

const rate = z.number().positive().max(0.2)

/** When near answers are given, as `cache_policy` and `PUT /api/cache/policy` take it. What is left out stays. */
export const cachePolicyFields = {
  mode: z.enum(nearModes).optional().describe('"on", "shadow" (counted, not given) or "off". Default: as it is.'),
  max_false_hit_rate: rate
    .optional()
    .describe('Share of near answers that may be wrong, above 0 and at most 0.2. Default: as it is.'),
  by_class: z
    .partialRecord(z.enum(tasks), rate.nullable())
    .optional()
    .describe('The same for single kinds of work; null takes one back. Default: as it is.'),
}
