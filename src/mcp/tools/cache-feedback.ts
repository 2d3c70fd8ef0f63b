import { z } from 'zod'
import { cacheFeedbackFields } from '../../contract/cache-feedback.ts'
import { defineTool, strictInput } from '../tool.ts'

const outcomes = {
  noted: 'Thank you, it is counted.',
  pair_banned: 'The answer is not given to this question again.',
  only_exact_now: 'The answer is given to no other question than its own again.',
  forgotten: 'The answer is forgotten.',
  not_found: 'The answer is not in your part of the cache, or not any more: nobody is given it by this name.',
} as const

export const cacheFeedback = defineTool({
  name: 'cache_feedback',
  title: 'Say whether an answer from the cache was right',
  description:
    'Tells the gateway that an answer from its cache was good or bad. A bad near answer is not given to that question again, and counts against near answers of its kind; any other bad answer is forgotten. ' +
    'Use it when an answer with cache "near", "canonical" or "exact" does not answer what was asked; then ask again. ' +
    'Not for answers that a model made just now. Free.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: strictInput(cacheFeedbackFields),
  output: z.object({
    entry_id: z.string(),
    outcome: z.enum(['noted', 'pair_banned', 'only_exact_now', 'forgotten', 'not_found']),
  }),
  run: async ({ args, caller, services }) => {
    const { entryId, outcome } = await services.admin.cacheFeedback(caller, {
      requestId: args.request_id,
      entryId: args.entry_id,
      verdict: args.verdict,
    })
    return { text: [outcomes[outcome]], data: { entry_id: entryId, outcome } }
  },
})
