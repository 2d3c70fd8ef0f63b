import { z } from 'zod'
import { invalid, json, read, readFields, unread } from './border.ts'
import type { Message, ReasoningBlock, ToolCall } from './chat.ts'
import { readAssistantParts, readContentParts, readTextParts } from './openai-parts.ts'

const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const

const name = z.string().min(1).optional()
const conversation = z.array(z.unknown()).min(1)
const roleOf = z.object({ role: z.enum(roles) })
const systemMessage = z.object({ content: unread, name })
const toolMessage = z.object({ content: unread, tool_call_id: z.string().min(1) })
const functionMessage = z.object({ content: unread, name: z.string().min(1) })
const functionCall = z.object({ name: z.string().min(1), arguments: z.string() })
const assistantMessage = z.object({
  content: unread,
  name,
  audio: z.never('is not taken: send what was said as "content".').optional(),
  refusal: z.string().optional(),
  tool_calls: z.array(z.unknown()).optional(),
  function_call: functionCall.optional(),
  // What DeepSeek's clients, and then OpenRouter's, send back of a thinking model's turn.
  reasoning_content: z.string().optional(),
  reasoning: z.string().optional(),
  reasoning_details: z.array(z.unknown()).optional(),
})
const toolCall = z
  .object({ id: z.string().min(1), type: z.literal('function').optional(), function: functionCall, index: unread })
  .catchall(json)
const reasoningDetail = z.object({
  type: z.string(),
  text: z.string().optional(),
  summary: z.string().optional(),
  signature: z.string().optional(),
  data: z.string().optional(),
})

/**
 * Reads OpenAI's `messages`: at least one, each by its role. `developer` is `system`; the old `function_call` and
 * `function` turns become tool calls and their results.
 * @throws GatewayError invalid_request, with the path of the field at fault
 */
export const readMessages = (value: unknown, param: string): Message[] => {
  const messages = read(conversation, value, param)
  const functions = createFunctionIds()
  return messages.map((message, index) => readMessage(message, `${param}[${index}]`, functions))
}

const readMessage = (message: unknown, at: string, functions: FunctionIds): Message => {
  const { role } = read(roleOf, message, at)
  switch (role) {
    case 'system':
    case 'developer': {
      const said = readFields(systemMessage, message, at)
      return { role: 'system', content: readTextParts(said.content, `${at}.content`), name: said.name }
    }
    case 'user': {
      const said = readFields(systemMessage, message, at)
      return { role: 'user', content: readContentParts(said.content, `${at}.content`), name: said.name }
    }
    case 'assistant':
      return readAssistant(message, at, functions)
    case 'tool': {
      const said = readFields(toolMessage, message, at)
      return { role: 'tool', toolCallId: said.tool_call_id, content: readContentParts(said.content, `${at}.content`) }
    }
    case 'function': {
      const said = readFields(functionMessage, message, at)
      const toolCallId = functions.answered(said.name)
      if (toolCallId === undefined)
        throw invalid(`${at}.name`, 'answers no "function_call" of an assistant message before it.')
      return { role: 'tool', toolCallId, content: readContentParts(said.content ?? '', `${at}.content`) }
    }
  }
}

const readAssistant = (message: unknown, at: string, functions: FunctionIds): Message => {
  const said = readFields(assistantMessage, message, at)
  const { text, refusal } =
    said.content === undefined ? { text: [], refusal: undefined } : readAssistantParts(said.content, `${at}.content`)
  const toolCalls = (said.tool_calls ?? []).map((call, index) => readToolCall(call, `${at}.tool_calls[${index}]`))
  if (said.function_call) {
    const { name: called, arguments: argumentsJson } = said.function_call
    toolCalls.push({ id: functions.called(called), name: called, argumentsJson })
  }
  if (said.content === undefined && said.refusal === undefined && toolCalls.length === 0)
    throw invalid(`${at}.content`, 'is missing: an assistant message needs content, a refusal or tool calls.')
  return {
    role: 'assistant',
    content: text,
    refusal: said.refusal ?? refusal,
    reasoning: readReasoning(said, at),
    toolCalls,
    name: said.name,
  }
}

const readToolCall = (value: unknown, at: string): ToolCall => {
  const { id, type: _type, function: called, index: _index, ...extra } = readFields(toolCall, value, at)
  return {
    id,
    name: called.name,
    argumentsJson: called.arguments,
    extra: Object.keys(extra).length === 0 ? undefined : extra,
  }
}

/** `reasoning_details` carry signatures and so say more than the plain text beside them. */
const readReasoning = (said: z.infer<typeof assistantMessage>, at: string): ReasoningBlock[] => {
  const blocks: ReasoningBlock[] = []
  for (const [index, value] of (said.reasoning_details ?? []).entries()) {
    const detail = readFields(reasoningDetail, value, `${at}.reasoning_details[${index}]`)
    if (detail.data !== undefined) blocks.push({ kind: 'redacted', data: detail.data })
    else if (detail.text !== undefined || detail.summary !== undefined || detail.signature !== undefined)
      blocks.push({ kind: 'text', text: detail.text ?? detail.summary ?? '', signature: detail.signature })
  }
  const plain = said.reasoning_content ?? said.reasoning
  if (blocks.length === 0 && plain) blocks.push({ kind: 'text', text: plain })
  return blocks
}

/** Old function calls have no ids: each call gets one, and a result answers the oldest open call of its name. */
interface FunctionIds {
  called(name: string): string
  answered(name: string): string | undefined
}

const createFunctionIds = (): FunctionIds => {
  const open: { id: string; name: string }[] = []
  let count = 0
  return {
    called(name) {
      const id = `call_function_${count++}`
      open.push({ id, name })
      return id
    },
    answered(name) {
      const index = open.findIndex((call) => call.name === name)
      return index < 0 ? undefined : open.splice(index, 1)[0]?.id
    },
  }
}
