import type { ContentPart, ImageSource, Message, TextPart, ToolChoice } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import type { OpenaiBody, OpenaiMessage } from './openai-body.ts'
import type { Prompt } from './prompt.ts'
import { Refused } from './wire.ts'

/**
 * What an OpenAI chat body asks for.
 * @throws Refused for what the schema cannot say: fields that exclude each other, tool results without their calls
 */
export const openaiPrompt = (body: OpenaiBody): Prompt => {
  checkFields(body)
  checkToolTurns(body.messages)
  return {
    model: body.model,
    messages: body.messages.map(readMessage),
    tools: (body.tools ?? []).map(({ function: tool }) => ({
      name: tool.name,
      description: tool.description ?? undefined,
      parameters: tool.parameters ?? undefined,
    })),
    toolChoice: readToolChoice(body),
    parallelToolCalls: body.parallel_tool_calls ?? true,
    format: readFormat(body),
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    stop: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
    choices: body.n ?? 1,
    seed: body.seed ?? 0,
    effort: body.reasoning_effort ?? 'none',
    reasoningTokens: null,
  }
}

const checkFields = (body: OpenaiBody): void => {
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined) {
    throw refuse('max_tokens', "Set 'max_tokens' or 'max_completion_tokens', not both.")
  }
  if (body.stream_options !== undefined && body.stream !== true) {
    throw refuse('stream_options', "'stream_options' needs 'stream' to be true.")
  }
  if (body.tool_choice !== undefined && body.tool_choice !== 'none' && body.tools === undefined) {
    throw refuse('tool_choice', "'tool_choice' needs 'tools'.")
  }
  if (body.parallel_tool_calls !== undefined && body.tools === undefined) {
    throw refuse('parallel_tool_calls', "'parallel_tool_calls' needs 'tools'.")
  }
  const forced = typeof body.tool_choice === 'object' ? body.tool_choice.function.name : undefined
  if (forced !== undefined && !body.tools?.some((tool) => tool.function.name === forced)) {
    throw refuse('tool_choice', `The tool '${forced}' is not among 'tools'.`)
  }
  if (body.response_format?.type === 'json_object' && !/json/i.test(JSON.stringify(body.messages))) {
    throw refuse('messages', "A 'json_object' answer needs the word 'json' in the messages.")
  }
}

/** Every tool call is answered by a tool message before anything else is said, and none is answered that was not made. */
const checkToolTurns = (messages: readonly OpenaiMessage[]): void => {
  let waiting = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (waiting.delete(message.tool_call_id)) continue
      throw refuse(`messages[${index}].tool_call_id`, "A 'tool' message must answer a tool call of the turn before it.")
    }
    if (waiting.size > 0) break
    waiting = new Set(message.role === 'assistant' ? message.tool_calls?.map(({ id }) => id) : [])
  }
  if (waiting.size > 0) {
    throw refuse('messages', `These tool calls have no 'tool' message that answers them: ${[...waiting].join(', ')}.`)
  }
}

const refuse = (param: string, message: string): Refused =>
  new Refused({ status: 400, param, code: 'invalid_value', message })

const readMessage = (message: OpenaiMessage): Message => {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: readText(message.content) }
    case 'user':
      return { role: 'user', content: readContent(message.content) }
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: readText(message.content) }
    case 'assistant':
      return {
        role: 'assistant',
        content: readText(message.content ?? ''),
        reasoning:
          typeof message.reasoning_content === 'string' ? [{ kind: 'text', text: message.reasoning_content }] : [],
        toolCalls: (message.tool_calls ?? []).map(({ id, function: call }) => ({
          id,
          name: call.name,
          argumentsJson: call.arguments,
        })),
      }
  }
}

const readText = (content: string | readonly { text: string }[]): TextPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(({ text }) => ({ type: 'text', text }))

const readContent = (content: Extract<OpenaiMessage, { role: 'user' }>['content']): ContentPart[] => {
  if (typeof content === 'string') return readText(content)
  return content.map((part): ContentPart => {
    switch (part.type) {
      case 'text':
        return { type: 'text', text: part.text }
      case 'image_url':
        return { type: 'image', source: readImage(part.image_url.url), detail: part.image_url.detail ?? 'auto' }
      case 'input_audio':
      case 'file':
        return { type: 'native', value: { type: part.type } }
    }
  })
}

const readImage = (url: string): ImageSource => {
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  if (mediaType !== undefined && data !== undefined) return { kind: 'base64', mediaType, data }
  if (/^https?:\/\//.test(url)) return { kind: 'url', url }
  throw refuse('messages', 'An image needs an http(s) URL or a base64 data URL.')
}

const readToolChoice = ({ tool_choice: choice }: OpenaiBody): ToolChoice =>
  typeof choice === 'object' ? { name: choice.function.name } : (choice ?? 'auto')

const readFormat = ({ response_format: format }: OpenaiBody): Prompt['format'] => {
  if (format?.type !== 'json_schema') return { type: format?.type ?? 'text' }
  const schema: JsonObject = format.json_schema.schema ?? { type: 'object' }
  return { type: 'json_schema', name: format.json_schema.name, schema }
}
