import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import type { Wire } from '../providers/recordings.ts'

/** A provider of the AI SDK, and the wire that it speaks. */
export interface Oracle {
  name: string
  wire: Wire
  /** The model `rocket-1` at this base URL. */
  model: (baseUrl: string) => LanguageModelV4
}

const model = 'rocket-1'
const apiKey = 'not-a-key'

export const oracles: readonly Oracle[] = [
  {
    name: '@ai-sdk/openai chat',
    wire: 'openai-chat',
    model: (baseURL) => createOpenAI({ baseURL, apiKey }).chat(model),
  },
  {
    name: '@ai-sdk/openai-compatible',
    wire: 'openai-chat',
    model: (baseURL) => createOpenAICompatible({ name: 'acme', baseURL, apiKey }).chatModel(model),
  },
  {
    name: '@ai-sdk/openai responses',
    wire: 'openai-responses',
    model: (baseURL) => createOpenAI({ baseURL, apiKey }).responses(model),
  },
  { name: '@ai-sdk/anthropic', wire: 'anthropic', model: (baseURL) => createAnthropic({ baseURL, apiKey })(model) },
  { name: '@ai-sdk/google', wire: 'gemini', model: (baseURL) => createGoogle({ baseURL, apiKey })(model) },
]

interface Reply {
  content: LanguageModelV4Content[]
  finishReason: LanguageModelV4FinishReason
  usage: LanguageModelV4Usage
}

/**
 * Asks for a stream or a document, and puts a stream together.
 * @throws what the provider throws, or tells inside a stream
 */
export const askModel = async (
  asked: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  stream: boolean,
): Promise<Reply> => {
  if (!stream) return asked.doGenerate(options)
  const reply: Reply = { content: [], finishReason: unfinished, usage: uncounted }
  const { stream: parts } = await asked.doStream(options)
  for await (const part of parts) add(reply, part)
  return reply
}

const unfinished: LanguageModelV4FinishReason = { unified: 'interrupted', raw: undefined }
const uncounted: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
}

const add = (reply: Reply, part: LanguageModelV4StreamPart): void => {
  switch (part.type) {
    case 'text-delta':
      reply.content.push({ type: 'text', text: part.delta })
      break
    case 'reasoning-delta':
      reply.content.push({ type: 'reasoning', text: part.delta })
      break
    case 'tool-call':
      reply.content.push(part)
      break
    case 'finish':
      reply.finishReason = part.finishReason
      reply.usage = part.usage
      break
    case 'error':
      throw part.error
    default:
  }
}
