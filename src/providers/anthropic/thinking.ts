import type { ChatRequest, Effort, Message } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { ModelCard } from '../../contract/model.ts'
import { chooseEffort } from '../effort.ts'
import type { ChosenEffort } from '../effort.ts'
import { effortOfBudget } from '../foreign-extra.ts'
import { countOf, objectOf, textOf } from '../shape.ts'
import { isMarked } from '../signature.ts'
import type { Warn } from '../warn.ts'

export interface Thinking {
  /** The `thinking` field. */
  field?: JsonObject | undefined
  effort: ChosenEffort | null
  /** Sampling parameters are then refused. */
  isOn: boolean
}

interface Circumstances {
  request: ChatRequest
  card: ModelCard
  maxTokens: number
  /** The model must call a tool. */
  isForced: boolean
}

/**
 * How the model is told to think. Nothing asked, nothing sent: the model does as it does by default. A caller's own
 * `thinking` in Anthropic's words goes before the effort.
 */
export const chooseThinking = (circumstances: Circumstances, warn: Warn): Thinking => {
  const { request, card } = circumstances
  if (request.extraIn === 'anthropic') return asWritten(circumstances, warn)
  const native = objectOf(request.extra.thinking)
  if (native) {
    const effort = card.wire.thinking === 'adaptive' ? chooseEffort(request.reasoningEffort, card, warn) : null
    return { field: native, effort: levelOnly(effort), isOn: native.type !== 'disabled' }
  }
  switch (card.wire.thinking) {
    case 'none':
    case 'level':
      return { effort: levelOnly(chooseEffort(request.reasoningEffort, card, warn)), isOn: false }
    case 'adaptive':
      return unlessForced(
        adaptive(chooseEffort(request.reasoningEffort, card, warn)),
        circumstances,
        'reasoning_effort',
        warn,
      )
    case 'budget':
      return withBudget(circumstances, warn)
  }
}

/** What a client of Anthropic's wrote goes on as it came, unless it was written for another generation of models. */
const asWritten = (circumstances: Circumstances, warn: Warn): Thinking => {
  const { request, card } = circumstances
  const field = objectOf(request.extra.thinking)
  const fit = (message: string): void => warn('changed_parameter', 'thinking', message)
  const isOn = field !== null && field.type !== 'disabled'
  switch (card.wire.thinking) {
    case 'none':
    case 'level':
      if (isOn) warn('dropped_parameter', 'thinking', `${card.id} does not think.`)
      return { effort: levelOnly(chooseEffort(request.reasoningEffort, card, warn)), isOn: false }
    case 'budget':
      if (isOn && field.type !== 'enabled') {
        fit(`${card.id} thinks by a budget of tokens, which was given in place of "${textOf(field.type)}".`)
        return withBudget(
          { ...circumstances, request: { ...request, reasoningEffort: request.reasoningEffort ?? 'high' } },
          warn,
        )
      }
      if (request.reasoningEffort !== undefined)
        warn('dropped_parameter', 'reasoning_effort', `The effort of ${card.id} cannot be set.`)
      return isOn ? ownBudget(field, circumstances, warn) : { field: field ?? undefined, effort: null, isOn }
    case 'adaptive': {
      const asked = request.reasoningEffort
      // The models that refuse sampling refuse budgets too: 4.7 and later.
      if (field?.type === 'enabled' && card.wire.sampling === 'never') {
        fit(`${card.id} takes no budget of tokens: it was told to think as it sees fit, with an effort.`)
        const thinking = adaptive(chooseEffort(asked ?? effortOfBudget(request), card, warn))
        return unlessForced(thinking, circumstances, 'thinking', warn)
      }
      const effort = levelOnly(chooseEffort(asked, card, warn))
      if (field?.type === 'enabled') return { ...ownBudget(field, circumstances, warn), effort }
      if (field?.type !== 'disabled' || typeof card.wire.effortLevels.none === 'string')
        return unlessForced({ field: field ?? undefined, effort, isOn }, circumstances, 'thinking', warn)
      fit(`${card.id} always thinks.`)
      return { effort, isOn: true }
    }
  }
}

/** A budget as the caller gave it, below the output that it is a part of: that may have been lowered since. */
const ownBudget = (field: JsonObject, circumstances: Circumstances, warn: Warn): Thinking => {
  const { card, maxTokens } = circumstances
  const obstacle = obstacleOf(circumstances)
  if (obstacle !== null) {
    warn('changed_parameter', 'thinking', `${card.id} does not think here: ${obstacle}.`)
    return { effort: null, isOn: false }
  }
  if ((countOf(field.budget_tokens) ?? 0) < maxTokens) return { field, effort: null, isOn: true }
  warn('changed_parameter', 'thinking', `A budget must be below max_tokens, which is ${maxTokens}: it was lowered.`)
  return { field: { ...field, budget_tokens: maxTokens - 1 }, effort: null, isOn: true }
}

/** `none` is no effort of Anthropic's: there, thinking is switched off or never on. */
const levelOnly = (effort: ChosenEffort | null): ChosenEffort | null => (effort?.level === 'none' ? null : effort)

const adaptive = (effort: ChosenEffort | null): Thinking => {
  if (!effort) return { effort, isOn: false }
  if (effort.level === 'none') return { field: { type: 'disabled' }, effort: null, isOn: false }
  // From 4.7 on thoughts are left out of the answer unless they are asked for.
  return { field: { type: 'adaptive', display: 'summarized' }, effort, isOn: true }
}

/** Share of the output that may be thought, as OpenRouter documents it for the same translation. */
const shares: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
}

/** Anthropic's lower bound of a budget, which must also be below `max_tokens`. */
const smallestBudget = 1024

const withBudget = (circumstances: Circumstances, warn: Warn): Thinking => {
  const { request, card, maxTokens } = circumstances
  const off: Thinking = { effort: null, isOn: false }
  const asked = request.reasoningEffort
  if (asked === undefined || asked === 'none') return off
  const obstacle = obstacleOf(circumstances)
  if (obstacle !== null) {
    warn('changed_parameter', 'reasoning_effort', `${card.id} does not think here: ${obstacle}.`)
    return off
  }
  const budget = Math.max(smallestBudget, Math.floor(maxTokens * shares[asked]))
  return {
    field: { type: 'enabled', budget_tokens: Math.min(budget, maxTokens - 1) },
    effort: null,
    isOn: true,
  }
}

/** A model that is made to call a tool must not be told to think. */
const unlessForced = (
  thinking: Thinking,
  { card, isForced }: Circumstances,
  param: 'thinking' | 'reasoning_effort',
  warn: Warn,
): Thinking => {
  const { field, effort } = thinking
  if (!isForced || field === undefined || field.type === 'disabled') return thinking
  warn('changed_parameter', param, `${card.id} does not think here: ${forcedTool}.`)
  return { effort, isOn: false }
}

const forcedTool = 'it cannot while it is made to call a tool'

/** Why Anthropic would refuse to let the model think by a budget; null where it would not. */
const obstacleOf = ({ request, maxTokens, isForced }: Circumstances): string | null => {
  if (maxTokens <= smallestBudget) return `it needs more than ${smallestBudget} output tokens for it`
  if (isForced) return forcedTool
  if (isMidCallUnsigned(request.messages)) return 'the thoughts before its open tool calls are not in the history'
  return null
}

/** Whether the answer goes on after tool results, and the turn that made the calls lacks its signed thoughts. */
const isMidCallUnsigned = (messages: readonly Message[]): boolean => {
  if (messages.at(-1)?.role !== 'tool') return false
  const caller = messages.findLast((message) => message.role === 'assistant')
  return !caller?.reasoning.some((block) => {
    const signature = block.kind === 'redacted' ? block.data : block.signature
    return signature !== undefined && !isMarked(signature)
  })
}
