import type { Usage } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import { countOf, listOf, objectOf } from '../shape.ts'

/**
 * Lays a usage object over the one before it, field by field: `message_start` counts the input, `message_delta` the
 * output, and whichever says a field last is right. Nothing is summed: counts are totals so far.
 */
export const mergeUsage = (before: JsonObject, after: JsonObject): JsonObject => {
  const said = Object.entries(after).filter(([, value]) => value !== null)
  return { ...before, ...Object.fromEntries(said) }
}

/**
 * Usage in the gateway's classes; null where it is not complete. Compacting a conversation on the way is counted apart
 * and paid all the same: Anthropic's totals leave it out (`BetaUsage.iterations` in its SDK).
 */
export const readUsage = (usage: JsonObject): Usage | null => {
  const iterations = listOf(usage.iterations).map(objectOf)
  const compactions = iterations.filter((iteration) => iteration?.type === 'compaction')
  return compactions.reduce<Usage | null>((total, compaction) => {
    const counted = compaction && readCounts(compaction)
    return total && counted ? add(total, counted) : total
  }, readCounts(usage))
}

/** Anthropic's `input_tokens` excludes the cache. */
const readCounts = (usage: JsonObject): Usage | null => {
  const uncached = countOf(usage.input_tokens)
  const outputTokens = countOf(usage.output_tokens)
  if (uncached === null || outputTokens === null) return null
  const lives = objectOf(usage.cache_creation)
  const hour = countOf(lives?.ephemeral_1h_input_tokens) ?? 0
  const written = countOf(usage.cache_creation_input_tokens) ?? hour + (countOf(lives?.ephemeral_5m_input_tokens) ?? 0)
  const cacheReadTokens = countOf(usage.cache_read_input_tokens) ?? 0
  const cacheWrite1hTokens = Math.min(hour, written)
  const reasoningTokens = countOf(objectOf(usage.output_tokens_details)?.thinking_tokens) ?? 0
  return {
    inputTokens: uncached + cacheReadTokens + written,
    cacheReadTokens,
    cacheWriteTokens: written - cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens,
    reasoningTokens: Math.min(reasoningTokens, outputTokens),
    source: 'provider',
  }
}

const add = (one: Usage, other: Usage): Usage => ({
  ...one,
  inputTokens: one.inputTokens + other.inputTokens,
  cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
  cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
  cacheWrite1hTokens: one.cacheWrite1hTokens + other.cacheWrite1hTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  reasoningTokens: one.reasoningTokens + other.reasoningTokens,
})
