import type { ContentPart, ImagePart, Message, ReasoningBlock, TextPart } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ModelCard } from '../../contract/model.ts'
import type { RowFlags } from '../../contract/provider.ts'
import { compact, objectOf, parseJson } from '../shape.ts'
import { detailMaker } from './reasoning.ts'
import { isMarked, unmarkSignature } from '../signature.ts'
import { createToolIds } from '../tool-ids.ts'
import type { ToolIds } from '../tool-ids.ts'

interface Wire {
  card: ModelCard
  row: RowFlags
}

/** Mistral takes nothing but nine letters and digits; everybody else whatever they once gave out. */
const anyId = /^/
const nineCharacters = /^[a-zA-Z0-9]{9}$/

/** The conversation as OpenAI's chat wire has it. */
export const writeMessages = (messages: readonly Message[], wire: Wire): JsonObject[] => {
  const ids = createToolIds({ pattern: wire.card.wire.shortToolCallIds ? nineCharacters : anyId, unique: false })
  const written: JsonObject[] = []
  let images: JsonObject[] = []

  for (const message of messages) {
    if (message.role !== 'tool' && images.length > 0) {
      written.push({ role: 'user', content: images })
      images = []
    }
    switch (message.role) {
      case 'system':
        written.push(named(message.name, { role: wire.card.wire.systemRole, content: partsOf(message.content, wire) }))
        break
      case 'user':
        written.push(named(message.name, { role: 'user', content: partsOf(message.content, wire) }))
        break
      case 'assistant':
        written.push(writeAssistant(message, wire, ids))
        break
      case 'tool': {
        // A tool's result is text on this wire: its images follow in a turn of the user's, after the last result.
        const pictures = message.content.filter(({ type }) => type === 'image')
        if (pictures.length > 0) images.push(textPart(`Images from tool call ${message.toolCallId}:`))
        images.push(...pictures.map((part) => writePart(part, wire)))
        const rest = message.content.filter(({ type }) => type !== 'image')
        const content = rest.length === 0 && pictures.length > 0 ? 'The images follow.' : partsOf(rest, wire)
        written.push({ role: 'tool', tool_call_id: ids.ofResult(message.toolCallId), content })
      }
    }
  }
  if (images.length > 0) written.push({ role: 'user', content: images })
  return written
}

const writeAssistant = (message: Extract<Message, { role: 'assistant' }>, wire: Wire, ids: ToolIds): JsonObject => {
  const { content, refusal, toolCalls, reasoning } = message
  // Only OpenAI has a field for refusals; elsewhere a refusal was text when it was said.
  const said = refusal && !wire.row.openaiExtras ? [...content, { type: 'text' as const, text: refusal }] : content
  return named(
    message.name,
    compact({
      role: 'assistant',
      content: said.length > 0 ? partsOf(said, wire) : toolCalls.length > 0 || refusal ? null : '',
      refusal: wire.row.openaiExtras ? refusal : undefined,
      ...writeReasoning(reasoning, toolCalls.length > 0, wire),
      tool_calls:
        toolCalls.length > 0
          ? toolCalls.map(({ id, name, argumentsJson, extra }) => ({
              // A signature for another model: strict servers refuse the field, the others have no use for it.
              ...(wire.row.callExtras === false ? {} : extra),
              id: ids.ofCall(id),
              type: 'function',
              function: { name, arguments: argumentsJson || '{}' },
            }))
          : undefined,
    }),
  )
}

/** Thoughts go back only to who asks for them: others refuse the field. */
const writeReasoning = (blocks: readonly ReasoningBlock[], hasCalls: boolean, { card, row }: Wire): JsonObject => {
  const text = blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('')
  if (row.openrouterExtras) {
    const own = blocks.filter((block) => isForOpenRouter(block.kind === 'redacted' ? block.data : block.signature))
    const isBound = own.some((block) => block.kind === 'redacted' || block.signature !== undefined)
    if (isBound) return { reasoning_details: own.map(writeDetail) }
    return text ? { reasoning: text } : {}
  }
  // DeepSeek refuses a turn with tool calls that lacks the field, even where nothing was thought.
  return card.wire.reasoningContentInHistory && hasCalls ? { reasoning_content: text } : {}
}

const isForOpenRouter = (signature: string | undefined): boolean =>
  !isMarked(signature) || unmarkSignature(detailMaker, signature) !== null

/** What came as a whole `reasoning_details` entry goes back as it was. */
const writeDetail = (block: ReasoningBlock, index: number): JsonObject => {
  if (block.kind === 'text')
    return compact({ type: 'reasoning.text', text: block.text, signature: block.signature, index })
  const detail = objectOf(parseJson(unmarkSignature(detailMaker, block.data) ?? ''))
  return detail ?? { type: 'reasoning.encrypted', data: block.data, index }
}

/** One plain text is written as a string, which every server takes. */
const partsOf = (parts: readonly ContentPart[], wire: Wire): Json => {
  const [first] = parts
  if (first === undefined) return ''
  const written = parts.map((part) => writePart(part, wire))
  const isPlain = first.type === 'text' && Object.keys(marksOf(first, wire)).length === 0
  return parts.length === 1 && isPlain ? first.text : written
}

/** The marks that the provider reads; others refuse the field. */
const marksOf = (part: TextPart | ImagePart, { row }: Wire): JsonObject =>
  compact({
    cache_control: row.openrouterExtras ? part.cacheControl : undefined,
    prompt_cache_breakpoint: row.openaiExtras ? part.promptCacheBreakpoint : undefined,
  })

const writePart = (part: ContentPart, wire: Wire): JsonObject => {
  switch (part.type) {
    case 'text':
      return { ...textPart(part.text), ...marksOf(part, wire) }
    case 'image': {
      const { source, detail } = part
      const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
      return { type: 'image_url', image_url: compact({ url, detail }), ...marksOf(part, wire) }
    }
    case 'native':
      return writeNative(part.value)
  }
}

/** What the gateway does not read goes as it came; a file needs its content on this wire, and a name. */
const writeNative = (part: JsonObject): JsonObject => {
  const file = part.type === 'file' ? objectOf(part.file) : null
  if (file?.file_url !== undefined)
    throw new GatewayError(
      'provider_rejected',
      'A document by its address is not taken on this wire: send its content as base64.',
      { param: 'messages' },
    )
  return file?.file_data === undefined ? part : { ...part, file: { filename: 'document.pdf', ...file } }
}

const textPart = (text: string): JsonObject => ({ type: 'text', text })

const named = (name: string | undefined, message: JsonObject): JsonObject =>
  name === undefined ? message : { ...message, name }
