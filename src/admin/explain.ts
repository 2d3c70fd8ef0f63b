import type { ChatRequest } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Plan, Refusal } from '../contract/plan.ts'
import type { Gateway } from '../gateway/gateway.ts'

/** What would happen to a request: a plan, or why there is none. */
export type Explanation =
  | { kind: 'planned'; plan: Plan }
  | { kind: 'refused'; error: GatewayError; refusals: readonly Refusal[] }

/**
 * A dry run of classify and route. A request that no model can answer is an explanation too, with each model's reason;
 * whatever else goes wrong is thrown.
 */
export const createExplain =
  (gateway: Pick<Gateway, 'explain'>) =>
  async (request: ChatRequest): Promise<Explanation> => {
    try {
      return { kind: 'planned', plan: await gateway.explain(request) }
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      const refusals = error.detail.refusals ?? []
      if (refusals.length === 0) throw error
      return { kind: 'refused', error, refusals }
    }
  }
