import { z } from 'zod'
import { nonNegative, positive } from './words.ts'

/** config/cache.yaml */
export const cacheFile = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether answers are remembered.'),
  chat_ttl_seconds: nonNegative.default(300).describe('Life of a remembered answer, in seconds; 0: not kept.'),
  embeddings_ttl_seconds: nonNegative
    .default(86_400)
    .describe('Life of a remembered embedding, in seconds; 0: not kept.'),
  models_ttl_seconds: nonNegative.default(21_600).describe("Life of a provider's model list, in seconds; 0: not kept."),
  max_ttl_seconds: nonNegative.default(604_800).describe('Longest life that a caller may ask for, in seconds.'),
  max_bytes: positive.default(67_108_864).describe('Bound of all entries together, in bytes.'),
  max_entry_bytes: positive.default(1_048_576).describe('Bound of one entry, in bytes.'),
})
export type CacheEntrySettings = z.infer<typeof cacheFile>
