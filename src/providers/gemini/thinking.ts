import type { Effort } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { UpstreamCall } from '../../contract/provider.ts'
import { chooseEffort } from '../effort.ts'
import type { ChosenEffort } from '../effort.ts'
import { objectOf } from '../shape.ts'
import type { Warn } from '../warn.ts'

/** Tokens that an effort may take, as Google's own OpenAI-compatible endpoint translates it for Gemini 2.5. */
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

/**
 * How the model is told to think. Nothing asked, nothing sent: the model does as it does by default. A caller's own
 * `thinkingConfig`, in Google's words or in those of its OpenAI-compatible endpoint, goes before the effort.
 */
export const chooseThinking = (
  { request, card }: UpstreamCall,
  warn: Warn,
): { config: JsonObject | undefined; effort: ChosenEffort | null } => {
  const native =
    objectOf(objectOf(request.extra.generationConfig)?.thinkingConfig) ??
    objectOf(objectOf(objectOf(request.extra.extra_body)?.google)?.thinking_config)
  if (native) return { config: native, effort: null }
  const effort = chooseEffort(request.reasoningEffort, card, warn)
  if (!effort) return { config: undefined, effort }
  if (effort.level === 'none') return { config: { thinkingBudget: 0 }, effort }
  const amount =
    card.wire.thinking === 'level'
      ? { thinkingLevel: effort.word.toUpperCase() }
      : { thinkingBudget: budgets[effort.level] }
  return { config: { includeThoughts: true, ...amount }, effort }
}
