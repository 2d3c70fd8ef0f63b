import type { ContentPart, ImagePart, Message, TextPart } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ModelCard } from '../../contract/model.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import { compact, objectOf, textOf } from '../shape.ts'
import { createToolIds } from '../tool-ids.ts'
import type { ToolIds } from '../tool-ids.ts'
import type { Warn } from '../warn.ts'
import { unsealReasoning } from './reasoning.ts'

interface Wire {
  card: ModelCard
  row: ProviderRow
}

/** Longer ids of calls are refused; other gateways give out ids of several hundred characters. */
const idThatFits = /^[^]{1,64}$/

/** The conversation as input items: a turn of the assistant's is its thoughts, its text and its calls, each an item. */
export const writeInput = (messages: readonly Message[], wire: Wire, warn: Warn): JsonObject[] => {
  const ids = createToolIds({ pattern: idThatFits, unique: true })
  if (messages.some((message) => 'name' in message && message.name !== undefined))
    warn('dropped_parameter', 'messages', `${wire.row.title} does not take names of speakers on this wire.`)
  return messages.flatMap((message): JsonObject[] => {
    switch (message.role) {
      case 'system':
        return [{ role: wire.card.wire.systemRole, content: contentOf(message.content, wire) }]
      case 'user':
        return [{ role: 'user', content: contentOf(message.content, wire) }]
      case 'assistant':
        return writeAssistant(message, wire, ids)
      case 'tool': {
        const callId = ids.ofResult(message.toolCallId)
        return [{ type: 'function_call_output', call_id: callId, output: contentOf(message.content, wire) }]
      }
    }
  })
}

const writeAssistant = (
  { content, refusal, reasoning, toolCalls }: Extract<Message, { role: 'assistant' }>,
  { row }: Wire,
  ids: ToolIds,
): JsonObject[] => {
  const said = [...writeSaid(content, refusal), ...toolCalls.map((call) => writeCall(call, ids))]
  const thoughts = reasoning.flatMap((block): JsonObject[] => {
    if (block.kind !== 'text' || block.signature === undefined) return []
    const item = unsealReasoning(block.signature, block.text, row)
    return item ? [item] : []
  })
  // Thoughts that nothing followed are refused.
  return said.length > 0 ? [...thoughts, ...said] : []
}

const writeSaid = (content: readonly TextPart[], refusal: string | undefined): JsonObject[] => {
  const texts = content.map(({ text }) => text).filter((text) => text !== '')
  const [only] = texts
  if (only !== undefined && texts.length === 1 && !refusal) return [{ role: 'assistant', content: only }]
  const parts = texts.map((text): JsonObject => ({ type: 'output_text', text }))
  if (refusal) parts.push({ type: 'refusal', refusal })
  return parts.length > 0 ? [{ role: 'assistant', content: parts }] : []
}

const writeCall = (call: { id: string; name: string; argumentsJson: string }, ids: ToolIds): JsonObject => ({
  type: 'function_call',
  call_id: ids.ofCall(call.id),
  name: call.name,
  arguments: call.argumentsJson || '{}',
})

/** One plain text is written as a string. */
const contentOf = (parts: readonly ContentPart[], wire: Wire): Json => {
  const [first] = parts
  if (first === undefined) return ''
  const written = parts.map((part) => writePart(part, wire))
  return first.type === 'text' && parts.length === 1 && written[0]?.prompt_cache_breakpoint === undefined
    ? first.text
    : written
}

const writePart = (part: ContentPart, { row }: Wire): JsonObject => {
  switch (part.type) {
    case 'text':
      return compact({ type: 'input_text', text: part.text, prompt_cache_breakpoint: breakpointOf(part, row) })
    case 'image': {
      const { source, detail = 'auto' } = part
      const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
      return compact({
        type: 'input_image',
        image_url: url,
        detail,
        prompt_cache_breakpoint: breakpointOf(part, row),
      })
    }
    case 'native':
      return writeFile(part.value, row)
  }
}

const breakpointOf = (part: TextPart | ImagePart, { wire }: ProviderRow): JsonObject | undefined =>
  wire.openaiExtras ? part.promptCacheBreakpoint : undefined

/** Content without a name is refused. */
const nameOf = ({ filename, file_data: data }: JsonObject): string | undefined =>
  textOf(filename) || (textOf(data) === '' ? undefined : 'document.pdf')

/** @throws GatewayError provider_rejected for parts that this wire has no word for: an answer without them would mislead */
const writeFile = (part: JsonObject, { title, wire }: ProviderRow): JsonObject => {
  const file = objectOf(part.file)
  if (part.type === 'file' && file)
    return compact({
      type: 'input_file',
      filename: nameOf(file),
      file_data: textOf(file.file_data) || undefined,
      file_url: textOf(file.file_url) || undefined,
      file_id: textOf(file.file_id) || undefined,
      prompt_cache_breakpoint: wire.openaiExtras ? part.prompt_cache_breakpoint : undefined,
    })
  throw new GatewayError(
    'provider_rejected',
    `${title} takes text, images and files on this wire, not content of type "${textOf(part.type)}".`,
    { param: 'messages' },
  )
}
