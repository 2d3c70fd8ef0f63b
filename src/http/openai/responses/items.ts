import type { ReasoningBlock, ToolCall } from '../../../contract/chat.ts'
import { sealThought } from '../../../contract/responses-reasoning.ts'
import type { Logprob } from '../logprobs.ts'

/** Whether an item is there as a whole; `incomplete`: the answer broke off in it. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** OpenAI's prefixes of an item's id. */
export type ItemKind = 'rs' | 'msg' | 'fc'

export const summaryPart = (text: string) => ({ type: 'summary_text', text })
export const textPart = (text: string, logprobs: readonly Logprob[]) => ({
  type: 'output_text',
  text,
  annotations: [],
  logprobs,
})
export const refusalPart = (refusal: string) => ({ type: 'refusal', refusal })

/** A thought: what of it can be read as its summary, and what must come back unchanged. */
export const reasoningItem = (id: string, block: ReasoningBlock, status: ItemStatus) => ({
  id,
  type: 'reasoning',
  summary: block.kind === 'text' && block.text !== '' ? [summaryPart(block.text)] : [],
  encrypted_content: status === 'in_progress' ? null : sealThought(block),
  status,
})

export const messageItem = (id: string, content: readonly object[], status: ItemStatus) => ({
  id,
  type: 'message',
  role: 'assistant',
  content,
  status,
})

export const callItem = (id: string, { id: callId, name, argumentsJson, extra }: ToolCall, status: ItemStatus) => ({
  ...extra,
  id,
  type: 'function_call',
  call_id: callId,
  name,
  arguments: argumentsJson,
  status,
})
