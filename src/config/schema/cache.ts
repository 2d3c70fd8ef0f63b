import { z } from 'zod'
import { tasks } from '../../contract/plan.ts'
import { shares } from '../../contract/settings.ts'
import { nonNegative, positive } from './words.ts'

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
  max_entry_bytes: positive.default(1_048_576).describe('Bound of one entry, in bytes.'),
})
export type CacheEntrySettings = z.infer<typeof cacheFile>
