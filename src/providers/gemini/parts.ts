import type { ContentPart, ImageSource, TextPart } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { compact, objectOf, textOf } from '../shape.ts'

/** Text parts; empty ones say nothing, and Vertex refuses them. */
export const writeTexts = (parts: readonly TextPart[]): JsonObject[] =>
  parts.flatMap(({ text }) => (text === '' ? [] : [{ text }]))

/** @throws GatewayError provider_rejected for parts that Gemini has no word for: an answer without them would mislead */
export const writeParts = (parts: readonly ContentPart[]): JsonObject[] =>
  parts.flatMap((part) => {
    switch (part.type) {
      case 'text':
        return writeTexts([part])
      case 'image':
        return [writeImage(part.source)]
      case 'native':
        return [writeNative(part.value)]
    }
  })

/** Media types that a name may stand for: Google fetches an address itself (Gemini 2.5 and later) and is told what it finds. */
const typesByExtension: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
}

const writeImage = (source: ImageSource): JsonObject => {
  if (source.kind === 'base64') return inline(source.mediaType, source.data)
  const extension = /\.(\w+)$/.exec(new URL(source.url).pathname)?.[1]?.toLowerCase() ?? ''
  return { fileData: compact({ fileUri: source.url, mimeType: typesByExtension[extension] }) }
}

const inline = (mimeType: string, data: string): JsonObject => ({ inlineData: { mimeType, data } })

const audioTypes: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mp3' }

/** OpenAI's `file` with its content in it, of any type that has one; a PDF's address, and `input_audio`. */
const writeNative = (part: JsonObject): JsonObject => {
  const file = part.type === 'file' ? objectOf(part.file) : null
  const fileUri = textOf(file?.file_url)
  if (fileUri !== '') return { fileData: { fileUri, mimeType: 'application/pdf' } }
  const [, mimeType, data] = /^data:([\w.+-]+\/[\w.+-]+);base64,(.+)$/s.exec(textOf(file?.file_data)) ?? []
  if (mimeType !== undefined && data !== undefined) return inline(mimeType, data)

  const audio = objectOf(part.input_audio)
  const audioType = audioTypes[textOf(audio?.format)]
  if (part.type === 'input_audio' && audioType !== undefined) return inline(audioType, textOf(audio?.data))
  throw new GatewayError(
    'provider_rejected',
    `Gemini takes text, images, audio (WAV, MP3) and files as data URLs, not this content of type "${textOf(part.type)}".`,
    { param: 'messages' },
  )
}
