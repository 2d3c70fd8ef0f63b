import type { Usage } from '../../contract/chat.ts'

/** Token counts in Anthropic's shape, whose `input_tokens` leaves out what the provider's cache read or wrote. */
export const usageOf = (usage: Usage) => {
  const written = usage.cacheWriteTokens + usage.cacheWrite1hTokens
  return {
    input_tokens: Math.max(0, usage.inputTokens - usage.cacheReadTokens - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWriteTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
    ...unsaid,
  }
}

/** Before the provider has counted: what we expect. The end of the stream has the truth. */
export const expectedUsage = (inputTokens: number) => ({
  input_tokens: inputTokens,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  cache_creation: null,
  output_tokens: 0,
  output_tokens_details: null,
  ...unsaid,
})

/** Fields that Anthropic always has and that say nothing here. */
const unsaid = { server_tool_use: null, service_tier: null, inference_geo: null, speed: null }
