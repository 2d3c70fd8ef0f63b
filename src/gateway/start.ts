import type { Served } from '../contract/journey.ts'
import type { First } from './call.ts'
import type { Trail } from './trail.ts'

/** The first event of every answer. */
export const startOf = (
  { answeredModel: model, candidate, simulated }: First,
  { cache, context, limits, task }: Trail,
): { type: 'start'; served: Served } => ({
  type: 'start',
  served: {
    requestId: context.requestId,
    provider: candidate.card.provider,
    model,
    task: task?.task ?? null,
    cache,
    simulated,
    limits,
    inputTokens: candidate.forecast.inputTokens,
  },
})
