import type { Usage } from '../../contract/chat.ts'
import type { Json } from '../../contract/json.ts'
import { countOf, objectOf } from '../shape.ts'
import { readTicks } from '../ticks.ts'

/**
 * Reads a usage object of the Responses wire; null where it is not complete. `input_tokens` includes what was read from
 * the cache or written to it, `output_tokens` includes reasoning.
 */
export const readUsage = (value: Json | undefined): Usage | null => {
  const usage = objectOf(value)
  const inputTokens = countOf(usage?.input_tokens)
  const outputTokens = countOf(usage?.output_tokens)
  if (inputTokens === null || outputTokens === null) return null
  const details = objectOf(usage?.input_tokens_details)
  const cacheReadTokens = Math.min(inputTokens, countOf(details?.cached_tokens) ?? 0)
  const reasoningTokens = countOf(objectOf(usage?.output_tokens_details)?.reasoning_tokens) ?? 0
  return {
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens: Math.min(inputTokens - cacheReadTokens, countOf(details?.cache_write_tokens) ?? 0),
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(reasoningTokens, outputTokens),
    source: 'provider',
    reportedCostNanoUsd: usage ? readTicks(usage) : undefined,
  }
}
