import type { ContentPart, Message, ReasoningBlock, TextPart, ToolChoice } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import type { AnthropicBody, AnthropicMessage, AssistantBlock, UserBlock } from './anthropic-body.ts'
import { signThinking } from './anthropic-reply.ts'
import type { Prompt } from './prompt.ts'
import { Refused } from './wire.ts'

/**
 * What an Anthropic messages body asks for.
 * @throws Refused for what the schema cannot say: tool results out of place, thinking that was changed, …
 */
export const anthropicPrompt = (body: AnthropicBody): Prompt => {
  checkFields(body)
  checkToolTurns(body.messages)
  const system = typeof body.system === 'string' ? [{ type: 'text' as const, text: body.system }] : (body.system ?? [])
  const messages = [
    ...(system.length > 0 ? [{ role: 'system', content: system.map(readText) } as const] : []),
    ...body.messages.flatMap(readMessage),
  ]
  const format = body.output_config?.format
  return {
    model: body.model,
    messages: body.cache_control ? withFinalBreakpoint(messages, body.cache_control) : messages,
    tools: (body.tools ?? []).map((tool) => ({
      name: tool.name,
      description: tool.description,
      parameters: tool.input_schema,
      cacheControl: readCacheControl(tool.cache_control),
    })),
    toolChoice: readToolChoice(body),
    parallelToolCalls: !(
      body.tool_choice !== undefined &&
      'disable_parallel_tool_use' in body.tool_choice &&
      body.tool_choice.disable_parallel_tool_use === true
    ),
    format: format ? { type: 'json_schema', name: 'output', schema: format.schema } : { type: 'text' },
    maxOutputTokens: body.max_tokens,
    stop: body.stop_sequences ?? [],
    choices: 1,
    seed: 0,
    effort: thinks(body) ? (body.output_config?.effort ?? 'high') : 'none',
    reasoningTokens: body.thinking?.type === 'enabled' ? body.thinking.budget_tokens : null,
  }
}

const thinks = ({ thinking }: AnthropicBody): boolean => thinking?.type === 'enabled' || thinking?.type === 'adaptive'

const maxBreakpoints = 4

const checkFields = (body: AnthropicBody): void => {
  const { thinking, tool_choice: choice, tools = [] } = body
  if (thinking?.type === 'enabled' && thinking.budget_tokens >= body.max_tokens) {
    throw refuse('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  if (thinks(body) && (choice?.type === 'any' || choice?.type === 'tool')) {
    throw refuse('Thinking may not be enabled when `tool_choice` forces tool use.')
  }
  if (choice !== undefined && choice.type !== 'none' && tools.length === 0) {
    throw refuse('`tool_choice` may only be given with `tools`.')
  }
  if (choice?.type === 'tool' && !tools.some(({ name }) => name === choice.name)) {
    throw refuse(`The tool \`${choice.name}\` is not among \`tools\`.`)
  }
  const breakpoints = JSON.stringify(body).split('"cache_control":{').length - 1
  if (breakpoints > maxBreakpoints) {
    throw refuse(`At most ${maxBreakpoints} blocks may have \`cache_control\`; ${breakpoints} have it.`)
  }
}

/** All results of one turn's calls stand in the very next message, and no others do. */
const checkToolTurns = (messages: readonly AnthropicMessage[]): void => {
  let waiting = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const blocks: readonly (UserBlock | AssistantBlock)[] = typeof message.content === 'string' ? [] : message.content
    for (const block of blocks) {
      if (block.type !== 'tool_result' || waiting.delete(block.tool_use_id)) continue
      throw refuse(
        `messages.${index}: \`tool_result\` ${block.tool_use_id} has no \`tool_use\` in the message before it.`,
      )
    }
    if (waiting.size > 0) break
    const uses = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
    waiting = new Set(uses)
    if (waiting.size < uses.length) throw refuse(`messages.${index}: \`tool_use\` ids must be unique.`)
  }
  if (waiting.size > 0) {
    throw refuse(`\`tool_use\` without \`tool_result\` in the message right after it: ${[...waiting].join(', ')}.`)
  }
}

const refuse = (message: string): Refused => new Refused({ status: 400, message })

/** A user message with tool results becomes several: results first, as they must come, then what the user adds. */
const readMessage = (message: AnthropicMessage): Message[] => {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: blocksOf(message.content).map(readText) }]
    case 'assistant':
      return [readAssistant(blocksOf(message.content))]
    case 'user': {
      const blocks: UserBlock[] = blocksOf(message.content)
      const results = blocks.flatMap((block): Message[] =>
        block.type === 'tool_result'
          ? [
              {
                role: 'tool',
                toolCallId: block.tool_use_id,
                content: markLast(blocksOf(block.content ?? '').map(readPart), block.cache_control),
                isError: block.is_error,
              },
            ]
          : [],
      )
      const rest = blocks.flatMap((block) => (block.type === 'tool_result' ? [] : [readPart(block)]))
      return rest.length > 0 || results.length === 0 ? [...results, { role: 'user', content: rest }] : results
    }
  }
}

const blocksOf = <Block>(content: string | Block[]): (Block | { type: 'text'; text: string })[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

const readAssistant = (blocks: readonly AssistantBlock[]): Message => ({
  role: 'assistant',
  content: blocks.flatMap((block) => (block.type === 'text' ? [readText(block)] : [])),
  reasoning: blocks.flatMap((block): ReasoningBlock[] => {
    if (block.type === 'redacted_thinking') return [{ kind: 'redacted', data: block.data }]
    if (block.type !== 'thinking') return []
    if (block.signature !== signThinking(block.thinking)) throw refuse('Invalid `signature` in `thinking` block.')
    return [{ kind: 'text', text: block.thinking, signature: block.signature }]
  }),
  toolCalls: blocks.flatMap((block) =>
    block.type === 'tool_use' ? [{ id: block.id, name: block.name, argumentsJson: JSON.stringify(block.input) }] : [],
  ),
})

type Cacheable = { cache_control?: { type: string; ttl?: string | undefined } | null | undefined }

const readText = ({ text, cache_control }: { text: string } & Cacheable): TextPart => ({
  type: 'text',
  text,
  cacheControl: readCacheControl(cache_control),
})

const readPart = (block: Exclude<UserBlock, { type: 'tool_result' }>): ContentPart => {
  switch (block.type) {
    case 'text':
      return readText(block)
    case 'image': {
      const { source } = block
      return {
        type: 'image',
        source:
          source.type === 'url'
            ? { kind: 'url', url: source.url }
            : { kind: 'base64', mediaType: source.media_type, data: source.data },
        cacheControl: readCacheControl(block.cache_control),
      }
    }
    case 'document':
      return { type: 'native', value: { type: 'document', source: block.source } }
  }
}

const readCacheControl = (control: Cacheable['cache_control']): JsonObject | undefined =>
  control ? { type: control.type, ttl: control.ttl ?? '5m' } : undefined

const readToolChoice = ({ tool_choice: choice }: AnthropicBody): ToolChoice => {
  switch (choice?.type) {
    case 'any':
      return 'required'
    case 'tool':
      return { name: choice.name }
    case 'none':
      return 'none'
    case 'auto':
    case undefined:
      return 'auto'
  }
}

/** `cache_control` on the request itself stands for a breakpoint at the prompt's end. */
const withFinalBreakpoint = (messages: readonly Message[], control: Cacheable['cache_control']): Message[] =>
  messages.map((message, index): Message =>
    index === messages.length - 1 && message.role === 'user'
      ? { ...message, content: markLast(message.content, control) }
      : message,
  )

const markLast = (parts: readonly ContentPart[], control: Cacheable['cache_control']): ContentPart[] =>
  parts.map((part, index) =>
    control && index === parts.length - 1 && part.type !== 'native'
      ? { ...part, cacheControl: readCacheControl(control) }
      : part,
  )
