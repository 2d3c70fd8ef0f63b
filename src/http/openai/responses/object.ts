import type { FinishReason, Usage } from '../../../contract/chat.ts'
import type { Answer, AnswerChoice } from '../../../contract/journey.ts'
import type { ResponseEcho } from '../../../contract/responses-request.ts'
import { gatewayObject } from '../../gateway-object.ts'
import { logprobsOf } from '../logprobs.ts'
import { callItem, messageItem, reasoningItem, refusalPart, textPart } from './items.ts'
import type { ItemKind, ItemStatus } from './items.ts'

/** Ids of a response and of the items in it, made of the request's. */
export const idsOf = (requestId: string) => {
  const stem = requestId.replace(/^req_/, '')
  return { response: `resp_${stem}`, item: (kind: ItemKind, index: number) => `${kind}_${stem}_${index}` }
}

/** What is the same in every state of a response. */
export interface ResponseHead {
  requestId: string
  model: string
  createdS: number
  echo: ResponseEcho
}

/** How a response stands. */
export type ResponseState =
  | { status: 'in_progress' }
  | { status: 'completed' | 'incomplete'; completedS: number; reason: FinishReason; usage: Usage }
  | { status: 'failed'; message: string; isRateLimit: boolean }

/** The state of a whole answer: who stopped it early says so. */
export const stateOf = (
  reason: FinishReason,
  { usage, receipt: { receivedAtMs, timings } }: Pick<Answer, 'usage' | 'receipt'>,
): ResponseState => ({
  status: reason === 'length' || reason === 'content_filter' ? 'incomplete' : 'completed',
  completedS: Math.floor((receivedAtMs + timings.totalMs) / 1000),
  reason,
  usage,
})

/** OpenAI's `response`, with the fields that its specification requires even when they are null. */
export const responseObject = (
  { requestId, model, createdS, echo }: ResponseHead,
  output: readonly object[],
  state: ResponseState,
) => ({
  id: idsOf(requestId).response,
  object: 'response',
  created_at: createdS,
  status: state.status,
  background: false,
  completed_at: state.status === 'completed' ? state.completedS : null,
  error:
    state.status === 'failed'
      ? { code: state.isRateLimit ? 'rate_limit_exceeded' : 'server_error', message: state.message }
      : null,
  incomplete_details:
    state.status === 'incomplete'
      ? { reason: state.reason === 'length' ? 'max_output_tokens' : 'content_filter' }
      : null,
  ...echo,
  model,
  output,
  ...('usage' in state && { usage: responseUsage(state.usage) }),
})

/** An answer in one piece: its thoughts, its text and its calls, each an item. */
export const responseDocument = ({ served, choices, usage, receipt, warnings }: Answer, echo: ResponseEcho) => {
  const createdS = Math.floor(receipt.receivedAtMs / 1000)
  const head = { requestId: served.requestId, model: served.model, createdS, echo }
  const [choice] = choices
  const reason = choice?.finish.reason ?? 'stop'
  return {
    ...responseObject(head, choice ? itemsOf(choice, head.requestId) : [], stateOf(reason, { usage, receipt })),
    gateway: gatewayObject({ served, receipt, warnings, usage }),
  }
}

const itemsOf = ({ reasoning, text, refusal, logprobs, toolCalls, finish }: AnswerChoice, requestId: string) => {
  const { item: id } = idsOf(requestId)
  const content = [
    ...(text === '' ? [] : [textPart(text, logprobsOf(logprobs?.content))]),
    ...(refusal === null ? [] : [refusalPart(refusal)]),
  ]
  const last = endStatus(finish.reason)
  const write = [
    ...reasoning.map((block) => (index: number, status: ItemStatus) => reasoningItem(id('rs', index), block, status)),
    ...(content.length === 0
      ? []
      : [(index: number, status: ItemStatus) => messageItem(id('msg', index), content, status)]),
    ...toolCalls.map((call) => (index: number, status: ItemStatus) => callItem(id('fc', index), call, status)),
  ]
  return write.map((item, index) => item(index, index === write.length - 1 ? last : 'completed'))
}

/** How the last item stands when the answer ends for this reason. */
export const endStatus = (reason: FinishReason): ItemStatus =>
  reason === 'length' || reason === 'content_filter' ? 'incomplete' : 'completed'

/** Token counts in this wire's words. */
const responseUsage = (usage: Usage) => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: {
    cached_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens + usage.cacheWrite1hTokens,
  },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  total_tokens: usage.inputTokens + usage.outputTokens,
})
