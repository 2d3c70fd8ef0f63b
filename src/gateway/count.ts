import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import type { RequestContext } from '../contract/journey.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Plan, TaskGuess } from '../contract/plan.ts'
import type { Limiter } from '../limits/limiter.ts'

interface CountParts {
  /** @throws GatewayError rate_limited */
  take: Limiter['take']
  /** Every row that a choice means, the one asked for first. @throws GatewayError model_not_found */
  resolve: (choice: ModelChoice) => readonly ModelCard[]
  classify: (request: ChatRequest) => TaskGuess
  route: (request: ChatRequest, task: TaskGuess) => Plan
  countInput: (request: ChatRequest, card: ModelCard) => number
}

/**
 * Counts the input of a request as its model would, by our own count and what was learned about the model. Admitted like
 * any request, since counting takes time; nothing is called, spent or recorded. A named model need not be able to take
 * the request: who counts may want to know by how much it is too long.
 */
export const createCount =
  ({ take, resolve, classify, route, countInput }: CountParts) =>
  async (request: ChatRequest, context: RequestContext): Promise<number> => {
    const claim = await take({ kind: 'caller', ...context.caller }, { requests: 1 })
    try {
      return countInput(request, cardFor(request))
    } catch (thrown) {
      await claim.settle({})
      throw thrown
    }

    function cardFor(asked: ChatRequest): ModelCard {
      const card =
        asked.model.kind === 'named' ? resolve(asked.model)[0] : route(asked, classify(asked)).candidates[0]?.card
      if (!card) throw new Error('A plan has a candidate, and a name that is found has a card.')
      return card
    }
  }
