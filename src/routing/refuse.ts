import type { ModelChoice } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { Refusal } from '../contract/plan.ts'
import type { GateRefusal } from './eligible.ts'

/** Models told apart in a message; `detail.refusals` has all of them, the nearest first. */
const modelsTold = 3

/**
 * The error of a request that no model can serve. The model that passed most gates is the nearest to serving it, so what
 * refused that one decides the code and the field to change.
 */
export const refusalError = (choice: ModelChoice, refused: readonly GateRefusal[]): GatewayError => {
  const most = Math.max(...refused.map(({ passed }) => passed))
  const nearest = refused.filter(({ passed }) => passed === most)
  const [first] = nearest
  if (first === undefined) return nothingKnown(choice)
  const who = choice.kind === 'named' ? `Model "${choice.model}"` : 'No model'
  const told = nearest.slice(0, modelsTold).map(({ refusal }) => `${refusal.model}: ${refusal.reason}`)
  const rest = refused.length > told.length ? ` (${refused.length} were weighed.)` : ''
  return new GatewayError(
    codeOf(choice, first.refusal),
    `${who} can${choice.kind === 'named' ? 'not' : ''} serve this request. ${told.join(' ')}${rest}`,
    { param: first.param, refusals: refused.toSorted(byNearness).map(({ refusal }) => refusal) },
  )
}

const byNearness = (one: GateRefusal, other: GateRefusal): number => other.passed - one.passed

const codeOf = (choice: ModelChoice, { code }: Refusal): ErrorCode => {
  switch (code) {
    case 'not_configured':
      return choice.kind === 'auto' && choice.provider === undefined ? 'no_provider' : 'provider_not_configured'
    case 'lifecycle':
      return choice.kind === 'named' ? 'model_retired' : 'no_eligible_model'
    case 'context_window':
      return 'context_length_exceeded'
    case 'price_unknown':
      return 'price_unknown'
    case 'cost_limit':
    case 'latency_limit':
      return 'limit_unsatisfiable'
    case 'capability':
    case 'wire':
    case 'not_allowed':
    case 'quality_floor':
      return 'no_eligible_model'
  }
}

const nothingKnown = ({ provider }: ModelChoice): GatewayError =>
  provider === undefined
    ? new GatewayError('no_provider', 'The catalogue has no model.', { param: 'model' })
    : new GatewayError('model_not_found', `The catalogue has no model of provider "${provider}".`, {
        param: 'provider',
      })
