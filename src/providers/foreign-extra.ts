import type { ChatRequest, Effort } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import type { UpstreamCall } from '../contract/provider.ts'
import { countOf, objectOf } from './shape.ts'
import type { Warn } from './warn.ts'

/**
 * For wires other than Anthropic's: the call without what a client of Anthropic's asked for in words that only Anthropic
 * knows, which is told, except for what says nothing new. `takes` are fields that the wire knows by the same name.
 */
export const withoutForeignExtra = (call: UpstreamCall, takes: ReadonlySet<string>, warn: Warn): UpstreamCall => {
  const { request, row } = call
  if (request.extraIn === undefined) return call
  const extra: JsonObject = {}
  for (const [name, value] of Object.entries(request.extra)) {
    if (takes.has(name)) extra[name] = value
    else if (name !== 'thinking' && !(name === 'service_tier' && value === 'auto'))
      warn('dropped_parameter', name, `${row.title} does not take ${name}.`)
  }
  return { ...call, request: { ...request, extra, extraIn: undefined, reasoningEffort: effortOf(call, warn) } }
}

/** An effort that was said goes before a budget of tokens; who lets the model think as it likes asks for nothing. */
const effortOf = ({ request, card }: UpstreamCall, warn: Warn): Effort | undefined => {
  const thinking = objectOf(request.extra.thinking)
  if (request.reasoningEffort !== undefined || !thinking) return request.reasoningEffort
  if (thinking.type === 'disabled') return 'none'
  const effort = effortOfBudget(request)
  if (effort !== undefined && card.capabilities.reasoning)
    warn('changed_parameter', 'thinking', `${card.id} takes no budget of tokens: effort "${effort}" stands for it.`)
  return effort
}

/** Between the amounts that Google gives for low (1,024), medium (8,192) and high (24,576), by their geometric means. */
const mostOfLow = 2_896
const mostOfMedium = 14_189

/** The effort that is nearest to a budget for thinking; undefined where none was given. */
export const effortOfBudget = ({ extra }: ChatRequest): Effort | undefined => {
  const budget = countOf(objectOf(extra.thinking)?.budget_tokens)
  if (budget === null) return undefined
  if (budget <= mostOfLow) return 'low'
  return budget <= mostOfMedium ? 'medium' : 'high'
}
