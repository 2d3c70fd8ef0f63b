import type { EmbeddingRequest } from '../../contract/embedding.ts'
import { GatewayError } from '../../contract/errors.ts'
import { countInputs } from '../../contract/embedding.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { Dialect, ProviderRow, UpstreamCall } from '../../contract/provider.ts'
import type { UpstreamHttp } from '../http.ts'
import { ask } from '../reply/ask.ts'
import { compact, countOf, listOf, objectOf, textOf } from '../shape.ts'
import { checkVectors, readVector } from '../vectors.ts'
import { readUsage } from './usage.ts'

/** OpenAI's embeddings, as OpenAI, Mistral and everybody who took the wire over speak them. */
export const createOpenAiEmbed = (http: UpstreamHttp): NonNullable<Dialect['embed']> =>
  async function* embed(call, signal) {
    const { row, request } = call
    const body = writeRequest(call)
    const reply = await ask(http, call, { path: '/embeddings', headers: {}, body }, signal)
    if (reply.kind === 'stream')
      throw new GatewayError('provider_bad_reply', `${row.title} answered with a stream.`, { provider: row.id })
    const { value } = reply
    if (value.error !== undefined && value.error !== null) throw reply.refuse(value)

    yield { type: 'identity', model: textOf(value.model) || null, responseId: textOf(value.id) || null }
    const usage = readUsage({ completion_tokens: 0, ...objectOf(value.usage) })
    if (usage) yield { type: 'usage', usage }
    const vectors = checkVectors(inOrder(listOf(value.data)).map(readOne), countInputs(request.input), row)
    const { dimensions } = request
    const length = vectors[0]?.length
    if (dimensions !== undefined && length !== dimensions)
      yield {
        type: 'warning',
        warning: {
          code: 'changed_parameter',
          param: 'dimensions',
          message: `${row.title} answered with vectors of ${length} dimensions, not ${dimensions}.`,
        },
      }
    yield { type: 'vectors', vectors }
  }

const writeRequest = ({ row, card, request }: UpstreamCall<EmbeddingRequest>): JsonObject => {
  const { input, dimensions, extra, tags } = request
  return compact({
    ...extra,
    model: card.id,
    input: input.kind === 'texts' ? [...input.texts] : input.tokens.map((tokens) => [...tokens]),
    // A third of the size. Others may not know it, and what they answer is read either way.
    encoding_format: row.wire.openaiExtras ? 'base64' : undefined,
    [row.wire.dimensionsField ?? 'dimensions']: takesLength(card.embedding) ? dimensions : undefined,
    user: takesUser(row) ? tags.user : undefined,
  })
}

/** Whoever asks a model of one length for just that length gets it without asking. */
const takesLength = (embedding: { adjustable: boolean } | undefined): boolean => embedding?.adjustable !== false

const takesUser = ({ wire }: ProviderRow): boolean => wire.openaiExtras

/** By `index` where every item has one of its own; some servers leave it out, and answer in order. */
const inOrder = (data: readonly Json[]): readonly (Json | undefined)[] => {
  const byIndex = new Map(data.map((item) => [countOf(objectOf(item)?.index), item]))
  return data.every((_, index) => byIndex.has(index)) ? data.map((_, index) => byIndex.get(index)) : data
}

const readOne = (item: Json | undefined): Float32Array | null => readVector(objectOf(item)?.embedding)
