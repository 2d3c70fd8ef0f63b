import type { ChatRequest, ContentPart, ImagePart, Message, Tool } from '../contract/chat.ts'
import { findEndpoints } from '../contract/endpoints.ts'
import type { EmbeddingRequest } from '../contract/embedding.ts'
import type { PassthroughRequest } from '../contract/passthrough.ts'
import type { ModelCard } from '../contract/model.ts'
import { createLru } from '../lib/lru.ts'
import type { TokenFactors } from './token-factors.ts'
import { longestCounted } from './tokens.ts'
import type { TokenCounter } from './tokens.ts'

/** Role and delimiters around each message (OpenAI's chat format: 3 to 4). */
const tokensPerMessage = 4

/** Frame around each tool's definition, beside its JSON. */
const tokensPerTool = 10

/**
 * Images are billed by their size, which the gateway does not decode, so each counts as the dearest it can be: OpenAI's
 * `low` is 85 tokens, its `high` at most 85 + 8 × 170 = 1,445 (guide "Images and vision"); Claude's about
 * width × height / 750, at most 1,600 after its own downscaling (docs "Vision").
 */
const tokensPerImage = { low: 85, high: 1_600, auto: 1_600 }

/** A part that only its provider understands (audio, a file): nobody can say, so this is a guess. */
const tokensPerNativePart = 1_000

/** Requests estimated at more tokens than this are not counted to choose a model or to learn from: it takes too long. */
const quicklyCounted = 4_000

/**
 * System prompts, tools and what was said before come again with the next request, and are not counted again as long as
 * they are among this many last characters: 8 MB at most.
 */
const charsRemembered = 4_000_000

interface RequestTokens {
  /** Input of `request` in the model's own tokens. */
  countInput(request: ChatRequest, card: ModelCard): number
  /** The same for choosing a model: estimated where counting would take long and no limit on cost hangs on it. */
  estimateInput(request: ChatRequest, card: ModelCard): number
  /** Input of a request for vectors. Many or long texts are projected from samples. */
  countEmbedding(request: EmbeddingRequest, card: ModelCard): number
  /** Input of a native call: the whole payload as text, which is somewhat more than its provider counts; 0 where nothing is billed. */
  countPassthrough(request: PassthroughRequest, card: ModelCard): number
  /** Written text in the model's own tokens. */
  countOutput(text: string, card: ModelCard): number
  /** Told what a provider counted for a request, so that later counts for its model are closer. */
  learnInput(request: ChatRequest, card: ModelCard, inputTokens: number): void
}

/** Counts whole requests. A request is measured once, however many models it is weighed for. */
export const createRequestTokens = (parts: { counter: TokenCounter; factors: TokenFactors }): RequestTokens => {
  const { counter, factors } = parts
  const counted = createLru<string, number>({ max: charsRemembered, weigh: ({ length }) => length })
  const count = (text: string): number => counted.get(text, () => counter.count(text))
  const countOnce = oncePerRequest((request: ChatRequest) => countTogether(request, count))
  const estimateOnce = oncePerRequest((request: ChatRequest) => countRequest(request, counter.estimate))
  const countEmbeddingOnce = oncePerRequest(({ input }: EmbeddingRequest) =>
    input.kind === 'texts'
      ? counter.count(input.texts.join('\n'))
      : input.tokens.reduce((sum, { length }) => sum + length, 0),
  )
  const countPayloadOnce = oncePerRequest(({ method, endpoint, text }: PassthroughRequest) =>
    findEndpoints(method, endpoint).every(({ reader }) => reader === null) ? 0 : counter.count(text),
  )
  const inTokensOf = (card: ModelCard, ours: number): number => Math.ceil(ours * factors.factor(card))

  return {
    countInput: (request, card) => inTokensOf(card, countOnce(request)),
    estimateInput: (request, card) => {
      const rough = estimateOnce(request)
      const needsCount = rough <= quicklyCounted || request.limits.maxCostNanoUsd !== undefined
      return inTokensOf(card, needsCount ? countOnce(request) : rough)
    },
    countEmbedding: (request, card) => inTokensOf(card, countEmbeddingOnce(request)),
    countPassthrough: (request, card) => inTokensOf(card, countPayloadOnce(request)),
    countOutput: (text, card) => inTokensOf(card, counter.count(text)),
    learnInput: (request, card, inputTokens) => {
      // What images and files cost is a guess; it would be learned as if it were the vocabulary.
      if (isTextOnly(request) && estimateOnce(request) <= quicklyCounted)
        factors.learn(card, countOnce(request), inputTokens)
    },
  }
}

const oncePerRequest = <Request extends object>(
  measure: (request: Request) => number,
): ((request: Request) => number) => {
  const measured = new WeakMap<Request, number>()
  return (request) => {
    const tokens = measured.get(request) ?? measure(request)
    measured.set(request, tokens)
    return tokens
  }
}

/**
 * As `countRequest`, where many long texts would each take their time: what is too long to be counted whole is counted
 * as one text.
 */
const countTogether = (request: ChatRequest, count: (text: string) => number): number => {
  const texts: string[] = []
  const frame = countRequest(request, (text) => {
    texts.push(text)
    return 0
  })
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  const counted = length <= longestCounted ? texts : [texts.join('\n')]
  return frame + counted.reduce((sum, text) => sum + count(text), 0)
}

/** Input tokens of a request in the vocabulary of `count`: messages, tools, images and the schema of the answer. */
export const countRequest = (request: ChatRequest, count: (text: string) => number): number => {
  const { messages, tools, responseFormat } = request
  const schema = responseFormat?.type === 'json_schema' ? count(JSON.stringify(responseFormat.schema)) : 0
  return (
    schema +
    tools.reduce((sum, tool) => sum + tokensPerTool + count(toolText(tool)), 0) +
    messages.reduce((sum, message) => sum + tokensPerMessage + countMessage(message, count), 0)
  )
}

const countMessage = (message: Message, count: (text: string) => number): number => {
  const content = message.content.reduce((sum, part) => sum + countPart(part, count), 0)
  if (message.role !== 'assistant') return content
  const reasoning = message.reasoning.map((block) => (block.kind === 'text' ? block.text : ''))
  const calls = message.toolCalls.map((call) => `${call.name}${call.argumentsJson}`)
  return content + [...reasoning, ...calls, message.refusal ?? ''].reduce((sum, text) => sum + count(text), 0)
}

const countPart = (part: ContentPart, count: (text: string) => number): number => {
  switch (part.type) {
    case 'text':
      return count(part.text)
    case 'image':
      return imageTokens(part)
    case 'native':
      return tokensPerNativePart
  }
}

const imageTokens = ({ detail }: ImagePart): number => tokensPerImage[detail ?? 'auto']

const toolText = ({ name, description, parameters }: Tool): string =>
  `${name}\n${description ?? ''}\n${parameters === undefined ? '' : JSON.stringify(parameters)}`

const isTextOnly = ({ messages }: ChatRequest): boolean =>
  messages.every(({ content }) => content.every(({ type }) => type === 'text'))
