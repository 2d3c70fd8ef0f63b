import type { Usage } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { NanoUsd } from '../../contract/money.ts'
import { parseUsd } from '../../contract/money.ts'
import { amountOf, countOf, objectOf } from '../shape.ts'
import { readTicks } from '../ticks.ts'

/**
 * Reads a usage object of the chat wire; null where it is not complete. `prompt_tokens` includes what was cached, under
 * whichever name: `prompt_tokens_details.cached_tokens` (OpenAI and most), `prompt_cache_hit_tokens` (DeepSeek),
 * `num_cached_tokens` (Mistral, vLLM), `cached_tokens` (Moonshot).
 */
export const readUsage = (value: Json | undefined): Usage | null => {
  const usage = objectOf(value)
  const inputTokens = countOf(usage?.prompt_tokens)
  const completionTokens = countOf(usage?.completion_tokens)
  if (!usage || inputTokens === null || completionTokens === null) return null

  const prompt = objectOf(usage.prompt_tokens_details)
  const cacheReadTokens = Math.min(
    inputTokens,
    countOf(prompt?.cached_tokens) ??
      countOf(usage.prompt_cache_hit_tokens) ??
      countOf(usage.num_cached_tokens) ??
      countOf(usage.cached_tokens) ??
      0,
  )
  const cacheWriteTokens = Math.min(inputTokens - cacheReadTokens, countOf(prompt?.cache_write_tokens) ?? 0)
  // xAI and Google count reasoning beside `completion_tokens`, everybody else within it, and Google names it nowhere: the
  // total tells. (gemini-2.5-pro, 2025: prompt 66, completion 6, total 100.)
  const besideTokens = Math.max(0, (countOf(usage.total_tokens) ?? 0) - inputTokens - completionTokens)
  const named = countOf(objectOf(usage.completion_tokens_details)?.reasoning_tokens)
  const reasoningTokens = named ?? besideTokens
  const outputTokens = besideTokens === reasoningTokens ? completionTokens + reasoningTokens : completionTokens
  return {
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(reasoningTokens, outputTokens),
    source: 'provider',
    reportedCostNanoUsd: reportedCost(usage),
  }
}

/**
 * What the provider says that the call cost: OpenRouter in dollars, xAI in ticks. With a key of the account's own at the
 * model's maker (`is_byok`) `cost` is OpenRouter's fee alone, and the maker's price stands beside it.
 */
const reportedCost = (usage: JsonObject): NanoUsd | undefined => {
  const cost = amountOf(usage.cost)
  if (cost === null) return readTicks(usage)
  const makers = amountOf(objectOf(usage.cost_details)?.upstream_inference_cost)
  return parseUsd(cost) + (usage.is_byok === true && makers !== null ? parseUsd(makers) : 0n)
}
