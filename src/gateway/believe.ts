import type { Usage } from '../contract/chat.ts'
import type { NanoUsd } from '../contract/money.ts'

/** More tokens than any model reads or writes in one call: ten times the largest context window of 2026. */
const mostTokens = 100_000_000

/** A hundred thousand dollars: no call costs as much, and ninety thousand lies as large still add up in 63 bits. */
const mostNanoUsd: NanoUsd = 100_000_000_000_000n

/** Longest name of a model that is repeated in headers, chunks and receipts. */
const longestName = 256

/**
 * A provider's own count, where one call can have used so much; null for a count that would only break the books. A cost
 * that no call has is left out, so that the tokens are priced as everybody's.
 */
export const believeUsage = ({ reportedCostNanoUsd, ...usage }: Usage): Usage | null => {
  if (usage.inputTokens > mostTokens || usage.outputTokens > mostTokens) return null
  const isPlausible = reportedCostNanoUsd !== undefined && reportedCostNanoUsd <= mostNanoUsd
  return isPlausible ? { ...usage, reportedCostNanoUsd } : usage
}

/** The name that a provider gives the model which answered; null where it is none: endless, or not printable text. */
export const believeName = (name: string | null): string | null =>
  name !== null && name.length <= longestName && !/[\p{Cc}\p{Cs}]/u.test(name) ? name : null
