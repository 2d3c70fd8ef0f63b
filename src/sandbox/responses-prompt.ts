import type { ContentPart, ImageSource, Message, ToolChoice } from '../contract/chat.ts'
import type { Prompt } from './prompt.ts'
import type { InputItem, InputPart, ResponsesBody } from './responses-body.ts'
import { decryptThoughts } from './responses-thoughts.ts'
import { Refused } from './wire.ts'

/**
 * What a Responses body asks for.
 * @throws Refused for what the schema cannot say: results without their calls, thoughts that were changed, …
 */
export const responsesPrompt = (body: ResponsesBody): Prompt => {
  const items: readonly InputItem[] =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
  checkFields(body, items)
  checkCalls(items)
  checkThoughts(items)
  const format = body.text?.format
  return {
    model: body.model,
    messages: [...readSystem(body.instructions), ...items.reduce<Message[]>(addItem, [])],
    tools: (body.tools ?? []).map(({ name, description, parameters }) => ({
      name,
      description: description ?? undefined,
      parameters: parameters ?? undefined,
    })),
    toolChoice: readToolChoice(body),
    parallelToolCalls: body.parallel_tool_calls ?? true,
    format:
      format?.type === 'json_schema'
        ? { type: 'json_schema', name: format.name, schema: format.schema }
        : { type: format?.type ?? 'text' },
    maxOutputTokens: body.max_output_tokens ?? null,
    stop: [],
    choices: 1,
    seed: 0,
    effort: body.reasoning?.effort ?? 'none',
    reasoningTokens: null,
  }
}

const refuse = (param: string, message: string, code = 'invalid_value'): Refused =>
  new Refused({ status: 400, param, code, message })

const checkFields = (body: ResponsesBody, items: readonly InputItem[]): void => {
  const { tools = [], tool_choice: choice } = body
  if (choice !== undefined && choice !== 'none' && choice !== 'auto' && tools.length === 0)
    throw refuse('tool_choice', "'tool_choice' needs 'tools'.")
  if (typeof choice === 'object' && !tools.some(({ name }) => name === choice.name))
    throw refuse('tool_choice', `The tool '${choice.name}' is not among 'tools'.`)
  if (body.text?.format?.type === 'json_object' && !/json/i.test(JSON.stringify([body.instructions, items])))
    throw refuse('input', "A 'json_object' answer needs the word 'json' in the input.")
  if (body.top_logprobs !== undefined && body.include?.includes('message.output_text.logprobs') !== true)
    throw refuse('top_logprobs', "'top_logprobs' needs 'message.output_text.logprobs' in 'include'.")
}

/** Every call has its output somewhere behind it, and no output is without a call. */
const checkCalls = (items: readonly InputItem[]): void => {
  const open = new Set<string>()
  for (const item of items) {
    if (item.type === 'function_call') open.add(item.call_id)
    else if (item.type === 'function_call_output' && !open.delete(item.call_id))
      throw refuse('input', `No tool call found for function call output with call_id ${item.call_id}.`)
  }
  for (const id of open) throw refuse('input', `No tool output found for function call ${id}.`)
}

/** Thoughts are taken back as they were given out, and only before what they led to. */
const checkThoughts = (items: readonly InputItem[]): void => {
  for (const [index, item] of items.entries()) {
    if (item.type !== 'reasoning') continue
    if (typeof item.encrypted_content === 'string' && decryptThoughts(item.encrypted_content) === null)
      throw refuse('input', 'The encrypted content could not be verified.', 'invalid_encrypted_content')
    const next = items[index + 1]
    const isFollowed =
      next?.type === 'function_call' ||
      next?.type === 'reasoning' ||
      (next && 'role' in next && next.role === 'assistant')
    if (isFollowed !== true)
      throw refuse('input', "An item of type 'reasoning' was provided without its required following item.")
  }
}

const readSystem = (instructions: string | undefined): Message[] =>
  instructions === undefined ? [] : [{ role: 'system', content: [{ type: 'text', text: instructions }] }]

/** Items of one turn of the assistant's become one message. */
const addItem = (messages: Message[], item: InputItem): Message[] => {
  switch (item.type) {
    case 'reasoning': {
      const text = decryptThoughts(item.encrypted_content ?? '') ?? item.summary.map((part) => part.text).join('\n\n')
      assistantOf(messages).reasoning.push({ kind: 'text', text })
      break
    }
    case 'function_call': {
      const { call_id: id, name, arguments: argumentsJson } = item
      assistantOf(messages).toolCalls.push({ id, name, argumentsJson })
      break
    }
    case 'function_call_output':
      messages.push({ role: 'tool', toolCallId: item.call_id, content: readContent(item.output) })
      break
    case 'message':
    case undefined:
    case null:
      if (item.role === 'assistant') {
        const parts = typeof item.content === 'string' ? [item.content] : item.content.map(readSaid)
        assistantOf(messages).content.push(...parts.map((text) => ({ type: 'text' as const, text })))
      } else if (item.role === 'user') messages.push({ role: 'user', content: readContent(item.content) })
      else messages.push({ role: 'system', content: readContent(item.content).filter((part) => part.type === 'text') })
  }
  return messages
}

const assistantOf = (messages: Message[]): Extract<Message, { role: 'assistant' }> => {
  const last = messages.at(-1)
  if (last?.role === 'assistant') return last
  const begun = { role: 'assistant' as const, content: [], reasoning: [], toolCalls: [] }
  messages.push(begun)
  return begun
}

const readSaid = (part: { type: 'output_text'; text: string } | { type: 'refusal'; refusal: string }): string =>
  part.type === 'refusal' ? part.refusal : part.text

const readContent = (content: string | readonly InputPart[]): ContentPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(readPart)

const readPart = (part: InputPart): ContentPart => {
  switch (part.type) {
    case 'input_text':
      return { type: 'text', text: part.text }
    case 'input_image': {
      const detail = part.detail === 'low' || part.detail === 'high' ? part.detail : 'auto'
      return { type: 'image', source: readImage(part.image_url), detail }
    }
    case 'input_file':
      return { type: 'native', value: { type: part.type } }
  }
}

const readImage = (url: string): ImageSource => {
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  if (mediaType !== undefined && data !== undefined) return { kind: 'base64', mediaType, data }
  if (/^https?:\/\//.test(url)) return { kind: 'url', url }
  throw refuse('input', 'An image needs an http(s) URL or a base64 data URL.')
}

const readToolChoice = ({ tool_choice: choice }: ResponsesBody): ToolChoice =>
  typeof choice === 'object' ? { name: choice.name } : (choice ?? 'auto')
