import type { Usage } from '../contract/chat.ts'
import type { GatewayError } from '../contract/errors.ts'
import type { GatewayEvent } from '../contract/journey.ts'
import type { Outcome, Receipt } from '../contract/receipt.ts'
import type { Trail } from './trail.ts'

/** How a request ended that did not end well. */
export const outcomeOf = (error: GatewayError, trail: Trail): Outcome => {
  if (error.code === 'deadline_exceeded') return 'deadline_exceeded'
  if (error.code === 'caller_left') return 'client_aborted'
  return trail.firstTokenAtMs === null ? 'failed' : 'upstream_error'
}

/** Of what used nothing, or was never counted. */
export const noUsage: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  source: 'estimated',
}

/** The last event of every answer. */
export const endOf = (trail: Trail, receipt: Receipt): Extract<GatewayEvent, { type: 'end' }> => ({
  type: 'end',
  finishes: trail.finishes,
  usage: receipt.usage ?? noUsage,
  warnings: trail.warnings,
  receipt,
})
