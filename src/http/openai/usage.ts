import type { Usage } from '../../contract/chat.ts'

/** Token counts in OpenAI's shape. */
export const usageOf = (usage: Usage) => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.inputTokens + usage.outputTokens,
  prompt_tokens_details: {
    cached_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens + usage.cacheWrite1hTokens,
  },
  completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
})
