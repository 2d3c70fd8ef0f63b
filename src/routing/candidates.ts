import type { Warning } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate, Forecast } from '../contract/plan.ts'
import type { FactorWeights } from '../contract/settings.ts'
import type { Ask } from './gates.ts'
import { lifecycleNote } from './lifecycle.ts'
import type { HealthOf } from './order.ts'
import { explainFacts, scoreFacts } from './score.ts'

/** Makes candidates of what passed the gates of one request. */
export const createCandidates =
  (context: {
    ask: Ask
    healthOf: HealthOf
    weights: FactorWeights
    cheapestNanoUsd: NanoUsd | null
    defaultQuality: number
  }) =>
  ({ card, forecast }: { card: ModelCard; forecast: Forecast }): Candidate => {
    const { ask, healthOf, weights, cheapestNanoUsd, defaultQuality } = context
    const health = healthOf(card.provider)
    const facts = { card, task: ask.task, forecast, health, cheapestNanoUsd, defaultQuality }
    const warnings = warningsOf(card, forecast, ask)
    return {
      card,
      score: scoreFacts(facts, weights),
      factors: () => explainFacts(facts, weights),
      forecast,
      ...(warnings.length > 0 ? { warnings } : {}),
    }
  }

const warningsOf = (card: ModelCard, { maxOutputTokens }: Forecast, { request, atMs }: Ask): Warning[] => {
  const warnings: Warning[] = []
  const note = lifecycleNote(card, atMs)
  if (note !== null) warnings.push({ code: 'model_deprecated', param: 'model', message: `${card.key} ${note}.` })
  if (request.maxOutputTokens !== undefined && maxOutputTokens < request.maxOutputTokens)
    warnings.push({
      code: 'changed_parameter',
      param: 'max_tokens',
      message: `${card.key} may write at most ${maxOutputTokens} tokens here, not ${request.maxOutputTokens}.`,
    })
  return warnings
}
