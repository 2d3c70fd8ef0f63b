import type { Usage } from '../../contract/chat.ts'
import type { ReplyReader } from '../../contract/endpoints.ts'
import type { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { CopyFact, ProviderRow, UpstreamEvent } from '../../contract/provider.ts'
import { createAnswer as createMessagesAnswer } from '../anthropic/answer.ts'
import { createAnswer as createGeminiAnswer } from '../gemini/answer.ts'
import { createCallSignatures } from '../gemini/signatures.ts'
import { createAnswer as createChatAnswer } from '../openai-chat/answer.ts'
import { readUsage } from '../openai-chat/usage.ts'
import { createAnswer as createResponsesAnswer } from '../openai-responses/answer.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'

/** Reads along in a copy of a reply, as the dialect would that asked for it. */
interface CopyReader {
  event(chunk: JsonObject): (UpstreamEvent | CopyFact)[]
  document(value: JsonObject): (UpstreamEvent | CopyFact)[]
  end(): (UpstreamEvent | CopyFact)[]
}

interface CopyOptions {
  row: ProviderRow
  isStream: boolean
  refuse: (error: Json) => GatewayError
}

/** A reader for each kind of reply. What it throws is what the reply reports. */
export const readers: Readonly<Record<ReplyReader, (options: CopyOptions) => CopyReader>> = {
  chat: ({ row, isStream, refuse }) => {
    const answer = createChatAnswer({ row, isWhole: !isStream, warnings: [], refuse })
    return { event: answer.chunk, document: answer.chunk, end: answer.end }
  },
  responses: ({ row, refuse }) => {
    const answer = createResponsesAnswer({ row, warnings: [], refuse })
    return { event: answer.event, document: answer.response, end: answer.end }
  },
  messages: ({ row, refuse }) => {
    const answer = createMessagesAnswer({ row, warnings: [], answerTool: null, refuse })
    return { event: answer.event, document: answer.message, end: answer.end }
  },
  generate: ({ row, isStream, refuse }) => {
    const answer = createGeminiAnswer({ row, warnings: [], signatures: createCallSignatures() })
    const source = { kind: isStream ? 'stream' : 'document', refuse } as const
    const chunk = (value: JsonObject): UpstreamEvent[] => answer.chunk(value, source)
    return { event: chunk, document: chunk, end: answer.end }
  },
  completion: () =>
    plainReader(({ choices }) =>
      listOf(choices)
        .map((choice) => textOf(objectOf(choice)?.text))
        .join(''),
    ),
  embedding: () => plainReader(() => ''),
  image: () => plainReader(() => ''),
}

/** For replies of which only model, usage and perhaps a text are of interest. */
const plainReader = (written: (value: JsonObject) => string): CopyReader => {
  const read = (value: JsonObject): CopyFact[] => {
    const usage = plainUsage(value)
    return [
      { type: 'identity', model: textOf(value.model) || null, responseId: textOf(value.id) || null },
      { type: 'written', text: written(value) },
      ...(usage ? [{ type: 'usage' as const, usage }] : []),
    ]
  }
  return { event: read, document: read, end: () => [] }
}

/** OpenAI's usage of completions and embeddings, that of images, or Google's of embeddings. */
const plainUsage = ({ usage, usageMetadata }: JsonObject): Usage | null => {
  const counted = objectOf(usage)
  const metadata = objectOf(usageMetadata)
  return readUsage({
    ...counted,
    prompt_tokens: counted?.prompt_tokens ?? counted?.input_tokens ?? countOf(metadata?.promptTokenCount),
    completion_tokens: counted?.completion_tokens ?? counted?.output_tokens ?? 0,
  })
}
