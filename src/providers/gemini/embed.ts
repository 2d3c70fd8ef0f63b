import type { EmbeddingRequest } from '../../contract/embedding.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { Dialect, UpstreamCall } from '../../contract/provider.ts'
import type { UpstreamHttp } from '../http.ts'
import { ask } from '../reply/ask.ts'
import { compact, countOf, listOf, objectOf, textOf } from '../shape.ts'
import { checkVectors, readVector } from '../vectors.ts'

/** Google takes no more texts at once (docs, "Batch embed contents"). */
const mostPerBatch = 100

/** Google's own `batchEmbedContents`; longer lists go in batches, one after the other. */
export const createGeminiEmbed = (http: UpstreamHttp): NonNullable<Dialect['embed']> =>
  async function* embed(call, signal) {
    const { row, card, request } = call
    const path = `/models/${encodeURIComponent(card.id)}:batchEmbedContents`
    const vectors: Float32Array[] = []
    let inputTokens: number | null = 0
    for (const texts of batchesOf(request)) {
      const body = { requests: texts.map((text) => writeOne(text, call)) }
      const reply = await ask(http, call, { path, headers: {}, body, fields }, signal)
      if (reply.kind === 'stream')
        throw new GatewayError('provider_bad_reply', `${row.title} answered with a stream.`, { provider: row.id })
      if (vectors.length === 0) yield { type: 'identity', model: null, responseId: null }
      const read = listOf(reply.value.embeddings).map((item) => readVector(objectOf(item)?.values))
      vectors.push(...checkVectors(read, texts.length, row))
      // Older models are not counted: then our own count stands.
      const counted = countOf(objectOf(reply.value.usageMetadata)?.promptTokenCount)
      inputTokens = counted === null || inputTokens === null ? null : inputTokens + counted
    }
    if (inputTokens !== null) yield { type: 'usage', usage: usageOf(inputTokens) }
    for (const name of Object.keys(request.extra).filter((field) => field !== taskField))
      yield {
        type: 'warning',
        warning: { code: 'dropped_parameter', param: name, message: `${row.title} takes no "${name}".` },
      }
    const isShort = card.embedding !== undefined && (vectors[0]?.length ?? 0) < card.embedding.dimensions
    yield { type: 'vectors', vectors: isShort ? vectors.map(toUnitLength) : vectors }
  }

/** Google's kind of use, such as `RETRIEVAL_QUERY`, in the spelling of its OpenAI-minded callers. */
const taskField = 'task_type'

/** What Google complains of, in the words of the request. */
const fields: ReadonlyMap<string, string> = new Map([['requests', 'input']])

const batchesOf = ({ input }: EmbeddingRequest): (readonly string[])[] => {
  // Routing keeps tokens from wires that have none.
  const texts = input.kind === 'texts' ? input.texts : []
  const batches = Math.ceil(texts.length / mostPerBatch)
  return Array.from({ length: batches }, (_, batch) => texts.slice(batch * mostPerBatch, (batch + 1) * mostPerBatch))
}

const writeOne = (text: string, { card, request }: UpstreamCall<EmbeddingRequest>): JsonObject => {
  const task: Json | undefined = request.extra[taskField]
  return compact({
    model: `models/${card.id}`,
    content: { parts: [{ text }] },
    outputDimensionality: request.dimensions,
    taskType: textOf(task) || undefined,
  })
}

/** A part of a unit vector is shorter than 1, and callers compare by the dot product as they may with everybody else's. */
const toUnitLength = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}

const usageOf = (inputTokens: number) => ({
  inputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  source: 'provider' as const,
})
