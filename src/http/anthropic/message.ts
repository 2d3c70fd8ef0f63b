import { legalToolId } from '../../contract/anthropic-tool-ids.ts'
import type { ReasoningBlock, ToolCall, Warning } from '../../contract/chat.ts'
import type { Answer, AnswerChoice, Served } from '../../contract/journey.ts'
import { gatewayObject } from '../gateway-object.ts'
import { stopOf } from './stop.ts'
import { usageOf } from './usage.ts'

/** What every message has, before anything is said. */
export const messageHead = (served: Served) => ({
  id: `msg_${served.requestId.replace(/^req_/, '')}`,
  type: 'message',
  role: 'assistant',
  model: served.model,
  container: null,
  diagnostics: null,
})

/** An answer as Anthropic's `message`. */
export const messageOf = (answer: Answer) => {
  const [choice] = answer.choices
  const unreadable: Warning[] = []
  return {
    ...messageHead(answer.served),
    content: choice ? contentOf(choice, unreadable) : [],
    ...stopOf(choice?.finish, choice?.refusal ?? null),
    usage: usageOf(answer.usage),
    gateway: gatewayObject({ ...answer, warnings: [...answer.warnings, ...unreadable] }),
  }
}

const contentOf = ({ reasoning, text, toolCalls }: AnswerChoice, unreadable: Warning[]): object[] => [
  ...reasoning.map(thoughtOf),
  ...(text === '' ? [] : [{ type: 'text', text, citations: null }]),
  ...toolCalls.map((call) => ({ ...toolUse(call), input: inputOf(call, unreadable) })),
]

const thoughtOf = (block: ReasoningBlock): object =>
  block.kind === 'redacted'
    ? { type: 'redacted_thinking', data: block.data }
    : { type: 'thinking', thinking: block.text, signature: block.signature ?? '' }

/** A call without its arguments. What its maker wants back beside it stays in the block. */
export const toolUse = ({ id, name, extra }: Pick<ToolCall, 'id' | 'name' | 'extra'>) => ({
  ...extra,
  type: 'tool_use',
  id: legalToolId(id),
  name,
  input: {},
  caller: { type: 'direct' },
})

/** Arguments are an object on this wire: text that is none, or was cut off, is carried in one. */
const inputOf = ({ name, argumentsJson }: ToolCall, unreadable: Warning[]): object => {
  const value = objectOf(argumentsJson.trim() || '{}')
  if (value) return value
  unreadable.push({
    code: 'changed_parameter',
    param: 'tools',
    message: `The arguments of a call of ${name.slice(0, 128)} are no JSON object: they stand in one as "text".`,
  })
  return { text: argumentsJson }
}

/** The object that a JSON text is; null where it is none. */
const objectOf = (text: string): object | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
