import type { ContentPart, ReasoningBlock, TextPart, ToolCall } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { readArguments } from '../arguments.ts'
import { compact, objectOf, textOf } from '../shape.ts'
import { isMarked } from '../signature.ts'
import type { Warn } from '../warn.ts'

/** Text blocks; blank ones are refused by Anthropic and say nothing. */
export const writeTexts = (parts: readonly TextPart[]): JsonObject[] =>
  parts.flatMap(({ text, cacheControl }) =>
    text.trim() === '' ? [] : [compact({ type: 'text', text, cache_control: cacheControl })],
  )

/** @throws GatewayError provider_rejected for parts that Anthropic has no word for: an answer without them would mislead */
export const writeParts = (parts: readonly ContentPart[]): JsonObject[] =>
  parts.flatMap((part) => {
    switch (part.type) {
      case 'text':
        return writeTexts([part])
      case 'image': {
        const { source, cacheControl } = part
        const written =
          source.kind === 'url'
            ? { type: 'url', url: source.url }
            : { type: 'base64', media_type: source.mediaType, data: source.data }
        return [compact({ type: 'image', source: written, cache_control: cacheControl })]
      }
      case 'native':
        return [writeFile(part.value, part.cacheControl)]
    }
  })

/** OpenAI's `file` part with a PDF in it, or the address of one, is Anthropic's document. */
const writeFile = (part: JsonObject, cacheControl: JsonObject | undefined): JsonObject => {
  const file = objectOf(part.file)
  const url = textOf(file?.file_url)
  const data = /^data:application\/pdf;base64,(.+)$/s.exec(textOf(file?.file_data))?.[1]
  if (part.type !== 'file' || (data === undefined && url === ''))
    throw new GatewayError(
      'provider_rejected',
      `Anthropic takes text, images and PDF files (as data URLs), not content of type "${textOf(part.type)}".`,
      { param: 'messages' },
    )
  return compact({
    type: 'document',
    source: data === undefined ? { type: 'url', url } : { type: 'base64', media_type: 'application/pdf', data },
    title: textOf(file?.filename) || undefined,
    cache_control: cacheControl,
  })
}

/** Thoughts go back signed or not at all: Anthropic refuses those that it did not sign. */
export const writeReasoning = (blocks: readonly ReasoningBlock[]): JsonObject[] =>
  blocks.flatMap((block): JsonObject[] => {
    if (isMarked(block.kind === 'redacted' ? block.data : block.signature)) return []
    if (block.kind === 'redacted') return [{ type: 'redacted_thinking', data: block.data }]
    const { text, signature } = block
    return signature === undefined ? [] : [{ type: 'thinking', thinking: text, signature }]
  })

export const writeToolUse = (call: ToolCall, wireId: string, warn: Warn): JsonObject =>
  compact({
    type: 'tool_use',
    id: wireId,
    name: call.name,
    input: readArguments(call, warn),
    cache_control: call.cacheControl,
  })
