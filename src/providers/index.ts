import type { Dialect } from '../contract/provider.ts'
import { createAnthropic } from './anthropic.ts'
import { createGemini } from './gemini.ts'
import type { Perceive } from '../contract/perception.ts'
import type { UpstreamHttp } from './http.ts'
import { createLocalEmbedder } from './local-embedder.ts'
import { createOpenAiChat } from './openai-chat.ts'
import { createOpenAiResponses } from './openai-responses.ts'

/**
 * Every wire that the gateway speaks, by the name that a provider's row gives in `dialect`; its own embedding model is
 * among them where it has one.
 */
export const createDialects = (http: UpstreamHttp, perceive: Perceive | null = null): ReadonlyMap<string, Dialect> =>
  new Map(
    [
      createOpenAiChat(http),
      createOpenAiResponses(http),
      createAnthropic(http),
      createGemini(http),
      ...(perceive ? [createLocalEmbedder(perceive)] : []),
    ].map((dialect) => [dialect.name, dialect]),
  )
