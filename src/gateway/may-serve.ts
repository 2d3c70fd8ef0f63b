import type { ChatRequest } from '../contract/chat.ts'
import type { Plan, TaskGuess } from '../contract/plan.ts'
import type { CachedAnswer } from '../contract/store.ts'

/**
 * Whether the model of a remembered answer is one that may answer this request now. A request that names its model has it
 * in every key; with `auto` the choice depends on the text and on what is configured.
 */
export const createMayServe =
  (parts: { classify: (request: ChatRequest) => TaskGuess; route: (request: ChatRequest, task: TaskGuess) => Plan }) =>
  (request: ChatRequest, { provider, model }: Pick<CachedAnswer, 'provider' | 'model'>): boolean => {
    if (request.model.kind === 'named') return true
    try {
      const { candidates } = parts.route(request, parts.classify(request))
      return candidates.some(({ card }) => card.provider === provider && card.id === model)
    } catch {
      return false
    }
  }
