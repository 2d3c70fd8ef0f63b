import { z } from 'zod'
import { foreignBlock, readBlocks, readContent, readContentBlock, readText, readTextBlocks } from './anthropic-parts.ts'
import type { Block, Note } from './anthropic-parts.ts'
import { originalToolId } from './anthropic-tool-ids.ts'
import { invalid, json, jsonObject, read, readFields, unread } from './border.ts'
import type { ContentPart, Message, ReasoningBlock, ToolCall } from './chat.ts'

type AssistantMessage = Extract<Message, { role: 'assistant' }>

const conversation = z.array(z.unknown()).min(1)
const turn = z.object({ role: z.enum(['user', 'assistant', 'system']), content: unread })
const mark = { cache_control: jsonObject.optional() }
const toolUse = z
  .object({
    type: unread,
    id: z.string().min(1),
    name: z.string().min(1),
    input: jsonObject,
    // Who called, and of which set of tools: of Anthropic's own servers, which are not asked here.
    caller: unread,
    toolset_name: unread,
    ...mark,
  })
  .catchall(json)
const toolResult = z.object({
  tool_use_id: z.string().min(1),
  content: unread,
  is_error: z.boolean().optional(),
  ...mark,
})
const thinkingBlock = z.object({ thinking: z.string(), signature: z.string().optional() })
const redactedBlock = z.object({ data: z.string().min(1) })

/**
 * Reads Anthropic's `messages`: at least one. Results of tools become messages of their own, before what else the user
 * says in that turn.
 * @throws GatewayError invalid_request, with the path of the field at fault
 */
export const readTurns = (value: unknown, param: string, note: Note): Message[] =>
  read(conversation, value, param).flatMap((entry, index) => {
    const at = `${param}[${index}]`
    const { role, content } = read(turn, entry, at)
    const from = `${at}.content`
    if (content === undefined) throw invalid(from, 'is missing: send a string or an array of content blocks.')
    if (Array.isArray(content) && content.length === 0) throw invalid(from, 'must not be empty.')
    switch (role) {
      case 'system':
        return [{ role, content: readTextBlocks(content, from, note) }]
      case 'user':
        return readUserTurn(content, from, note)
      case 'assistant':
        return readAssistantTurn(content, from, note)
    }
  })

const readUserTurn = (content: unknown, param: string, note: Note): Message[] => {
  if (typeof content === 'string') return [{ role: 'user', content: [{ type: 'text', text: content }] }]
  const results: Message[] = []
  const said: ContentPart[] = []
  for (const { block, at } of readBlocks(content, param)) {
    if (block.type === 'tool_result') results.push(readToolResult(block, at, note))
    else said.push(...readContentBlock(block, at, note))
  }
  return said.length > 0 ? [...results, { role: 'user', content: said }] : results
}

const readToolResult = (block: Block, at: string, note: Note): Message => {
  const given = readFields(toolResult, block, at)
  return {
    role: 'tool',
    toolCallId: originalToolId(given.tool_use_id),
    content: given.content === undefined ? [] : readContent(given.content, `${at}.content`, note),
    isError: given.is_error,
    cacheControl: given.cache_control,
  }
}

/** Thoughts between texts keep their place: they begin a message of their own, but never between calls of one turn. */
const readAssistantTurn = (content: unknown, param: string, note: Note): Message[] => {
  if (typeof content === 'string') return [{ ...silence(), content: [{ type: 'text', text: content }] }]
  let current = silence()
  const messages = [current]
  for (const { block, at } of readBlocks(content, param)) {
    switch (block.type) {
      case 'text':
        current.content.push(readText(block, at, note))
        break
      case 'thinking':
      case 'redacted_thinking':
        if (current.content.length > 0 && current.toolCalls.length === 0) {
          current = silence()
          messages.push(current)
        }
        current.reasoning.push(readThought(block, at))
        break
      case 'tool_use':
        current.toolCalls.push(readToolUse(block, at))
        break
      default:
        throw foreignBlock(block.type, at)
    }
  }
  return messages
}

const silence = (): AssistantMessage => ({ role: 'assistant', content: [], reasoning: [], toolCalls: [] })

/** A thought of a model that signs none came with an empty signature. */
const readThought = (block: Block, at: string): ReasoningBlock => {
  if (block.type === 'redacted_thinking') return { kind: 'redacted', data: readFields(redactedBlock, block, at).data }
  const { thinking: text, signature } = readFields(thinkingBlock, block, at)
  return { kind: 'text', text, signature: signature === '' ? undefined : signature }
}

const readToolUse = (block: Block, at: string): ToolCall => {
  const given = readFields(toolUse, block, at)
  const {
    id,
    name,
    input,
    cache_control: cacheControl,
    type: _type,
    caller: _caller,
    toolset_name: _set,
    ...extra
  } = given
  return {
    id: originalToolId(id),
    name,
    argumentsJson: JSON.stringify(input),
    extra: Object.keys(extra).length === 0 ? undefined : extra,
    cacheControl,
  }
}
