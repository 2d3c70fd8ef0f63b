import type { ModelChoice } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { Refusal } from '../contract/plan.ts'
import type { RankedRefusal } from './eligible.ts'

/** Models told apart in a message; `detail.refusals` has all of them. */
const modelsTold = 3

/**
 * The error of a request that no model can serve. What the model that got furthest failed on is what the caller would
 * have to change, so that decides the code.
 */
export const refusalError = (choice: ModelChoice, refusals: readonly RankedRefusal[]): GatewayError => {
  const nearest = refusals.toSorted((left, right) => right.passed - left.passed)
  const [first] = nearest
  if (first === undefined) return nothingKnown(choice)
  const detail = { param: paramOf(choice, first), refusals: refusals.map(withoutRank) }
  if (choice.kind === 'named')
    return new GatewayError(
      codeOf(choice, first),
      `Model "${choice.model}" cannot serve this request. ${tell(first)}`,
      detail,
    )

  const furthest = nearest.filter(({ passed }) => passed === first.passed)
  const told = furthest.slice(0, modelsTold).map(tell).join(' ')
  const more = refusals.length > modelsTold ? ` ${refusals.length} models were weighed.` : ''
  return new GatewayError(codeOf(choice, first), `No model can serve this request. Nearest: ${told}${more}`, detail)
}

const codeOf = (choice: ModelChoice, { code }: Refusal): ErrorCode => {
  switch (code) {
    case 'not_configured':
      return choice.kind === 'auto' && choice.provider === undefined ? 'no_provider' : 'provider_not_configured'
    case 'lifecycle':
      return 'model_retired'
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

/** The field whose value would have to change. */
const paramOf = (choice: ModelChoice, { code }: Refusal): string => {
  switch (code) {
    case 'context_window':
      return 'messages'
    case 'price_unknown':
    case 'cost_limit':
      return 'requirements.max_cost_usd'
    case 'latency_limit':
      return 'requirements.max_latency_ms'
    case 'quality_floor':
      return 'requirements.min_quality'
    case 'not_allowed':
      return 'requirements'
    case 'not_configured':
    case 'lifecycle':
    case 'capability':
    case 'wire':
      return choice.kind === 'auto' && choice.provider !== undefined ? 'provider' : 'model'
  }
}

const nothingKnown = ({ provider }: ModelChoice): GatewayError =>
  provider === undefined
    ? new GatewayError('no_provider', 'No model is known.', { param: 'model' })
    : new GatewayError('model_not_found', `No model of provider "${provider}" is known.`, { param: 'provider' })

const tell = ({ model, reason }: Refusal): string => `${model}: ${reason}`

/** How far it got is the router's business. */
export const withoutRank = ({ model, reason, code }: RankedRefusal): Refusal => ({ model, reason, code })
