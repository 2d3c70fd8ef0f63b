import { z } from 'zod'
import { tasks } from '../../contract/plan.ts'
import { nearModes, shares } from '../../contract/settings.ts'
import { nonNegative, positive } from './words.ts'

/** A share of answers. Above a fifth nothing is bounded any more. */
const falseHitRate = z.number().positive().max(0.2)

const near = z.strictObject({
  mode: z
    .enum(nearModes)
    .default('on')
    .describe(
      '`on`: the answer to one question serves another that the verifier takes for the same; `shadow`: it is looked for and counted, but nobody is given it; `off`.',
    ),
  max_false_hit_rate: falseHitRate
    .default(0.01)
    .describe(
      'Share of the near answers that may be wrong, at most 0.2. Without a threshold that keeps it, near answers are only shadowed.',
    ),
  by_class: z
    .partialRecord(z.enum(tasks), falseHitRate)
    .default({})
    .describe('The same for single kinds of work: `{ math: 0.002 }`.'),
  classes: z
    .array(z.enum(tasks))
    .default(['qa', 'chat', 'reasoning', 'math', 'classification'])
    .describe(
      'Kinds of work for which near answers are looked for. Health, law, money and actions never are, whatever stands here.',
    ),
  similarity_threshold: z
    .number()
    .min(0.5)
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'UNSAFE. Where set, the plain rule replaces the verifier and its guards: whatever question is so near by cosine gets the answer. At 0.95 a quarter of all deliberately wrong neighbours pass.',
    ),
  deadline_ms: positive.default(50).describe('Longest that a request waits for a near answer, in milliseconds.'),
  canary: z
    .strictObject({
      share: z
        .number()
        .min(0)
        .max(1)
        .default(0.02)
        .describe('Share of the near answers that are compared with one made for the question.'),
      budget_usd_per_day: z
        .number()
        .min(0)
        .default(0)
        .describe('What the calls for it may cost in a day (UTC), US dollars; 0: none is made.'),
    })
    .prefault({})
    .describe('Calls that check near answers off the path of callers. They are booked on receipts of their own.'),
})

/** A chat ages soonest; what is said about a text that was sent along does not age at all. */
const taskTtlSeconds = {
  qa: 86_400,
  summarization: 86_400,
  translation: 86_400,
  classification: 86_400,
  extraction: 86_400,
  rewrite: 86_400,
  math: 86_400,
  code: 3_600,
  reasoning: 3_600,
}

/** config/cache.yaml */
export const cacheFile = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether answers are remembered.'),
  chat_ttl_seconds: nonNegative
    .default(300)
    .describe('Life of a remembered answer whose task has no life of its own, in seconds; 0: not kept.'),
  task_ttl_seconds: z
    .partialRecord(z.enum(tasks), nonNegative)
    .default(taskTtlSeconds)
    .describe('Life of a remembered answer by its task, in seconds; 0: not kept.'),
  embeddings_ttl_seconds: nonNegative
    .default(86_400)
    .describe('Life of a remembered embedding, in seconds; 0: not kept.'),
  models_ttl_seconds: nonNegative.default(21_600).describe("Life of a provider's model list, in seconds; 0: not kept."),
  max_ttl_seconds: nonNegative.default(604_800).describe('Longest life that a caller may ask for, in seconds.'),
  stale_while_revalidate_seconds: nonNegative
    .default(0)
    .describe(
      'For how long after its end an answer is still given to the very same request, while one call renews it, in seconds.',
    ),
  share: z
    .enum(shares)
    .default('user')
    .describe('Who reads whose answers: each key its own, a team, or a whole tenant.'),
  max_bytes: positive.default(67_108_864).describe('Bound of all entries in memory together, in bytes.'),
  max_disk_bytes: positive
    .default(1_073_741_824)
    .describe('Bound of all entries on disk together, in bytes before they are compressed; needs CACHE_KEY.'),
  max_news_bytes: nonNegative
    .default(134_217_728)
    .describe(
      'Bound of what Redis keeps of answers that all instances can find by the sense of a question, for instances that start or were away, in bytes as it is sent; needs REDIS_URL and CACHE_KEY. 0: each instance finds its own only.',
    ),
  max_entry_bytes: positive.default(1_048_576).describe('Bound of one entry, in bytes.'),
  near: near.prefault({}).describe('Answers to other questions that mean the same: docs/cache.md.'),
})
export type CacheEntrySettings = z.infer<typeof cacheFile>
