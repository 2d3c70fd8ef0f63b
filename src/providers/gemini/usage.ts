import type { Usage } from '../../contract/chat.ts'
import type { Json } from '../../contract/json.ts'
import { countOf, objectOf } from '../shape.ts'

/**
 * Usage in the gateway's classes; null where it is not complete. `promptTokenCount` includes what was cached, and not what
 * tools of Google's own read; thoughts are counted beside the candidates. A count of zero is left out on this wire, and
 * early models left the thoughts out altogether: the total tells.
 */
export const readUsage = (value: Json | undefined): Usage | null => {
  const usage = objectOf(value)
  const prompt = countOf(usage?.promptTokenCount)
  const candidates = countOf(usage?.candidatesTokenCount)
  const total = countOf(usage?.totalTokenCount)
  if (prompt === null || (candidates === null && total === null)) return null
  const thoughts = countOf(usage?.thoughtsTokenCount) ?? 0
  const inputTokens = prompt + (countOf(usage?.toolUsePromptTokenCount) ?? 0)
  const outputTokens = Math.max((candidates ?? 0) + thoughts, (total ?? 0) - inputTokens)
  return {
    inputTokens,
    cacheReadTokens: Math.min(countOf(usage?.cachedContentTokenCount) ?? 0, inputTokens),
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: thoughts,
    source: 'provider',
  }
}

/** Usage of an answer that took several requests: each is billed, its input again too. */
export const addUsage = (before: Usage | null, now: Usage | null): Usage | null =>
  before && now
    ? {
        ...now,
        inputTokens: before.inputTokens + now.inputTokens,
        cacheReadTokens: before.cacheReadTokens + now.cacheReadTokens,
        outputTokens: before.outputTokens + now.outputTokens,
        reasoningTokens: before.reasoningTokens + now.reasoningTokens,
      }
    : now
