import { formatUsd } from '../contract/money.ts'
import type { UsageRow } from '../contract/store.ts'

/** A report's sums as both faces write them: the same names, money as decimal and whole nano-dollars, both as text. */
export const showSums = (sum: UsageRow) => ({
  requests: sum.requests,
  cache_hits: sum.cacheHits,
  failures: sum.failures,
  abandoned: sum.abandoned,
  input_tokens: sum.inputTokens,
  output_tokens: sum.outputTokens,
  cached_tokens: sum.cacheReadTokens,
  reasoning_tokens: sum.reasoningTokens,
  cost_usd: formatUsd(sum.costNanoUsd),
  cost_nano_usd: sum.costNanoUsd.toString(),
  saved_usd: formatUsd(sum.savedNanoUsd),
  unpriced_requests: sum.unpricedRequests,
  estimated_requests: sum.estimatedRequests,
  average_ms: sum.averageMs,
})
