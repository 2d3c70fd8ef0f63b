import { showLimits } from '../contract/limit.ts'
import type { GatewayError } from '../contract/errors.ts'
import type { Refusal } from '../contract/plan.ts'

const refusalsShown = 10

/** What the gateway adds to an error, in whatever shape the error is. */
export const errorExtension = (error: GatewayError, requestId: string) => ({
  request_id: requestId,
  advice: error.advice,
  retryable: error.retryable,
  ...(error.detail.refusals && showRefusals(error.detail.refusals)),
  ...(error.detail.limits && { limits: showLimits(error.detail.limits) }),
  ...(error.detail.structuredOutput && { structured_output: error.detail.structuredOutput }),
})

/** The nearest ones: with `auto` the whole catalogue may have been refused. explain_route shows all. */
const showRefusals = (refusals: readonly Refusal[]) => ({
  refusals: refusals.slice(0, refusalsShown),
  refusals_total: refusals.length,
})
