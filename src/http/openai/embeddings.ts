import type { EmbeddingAnswer } from '../../contract/journey.ts'
import { readEmbeddingBody } from '../../contract/openai-embeddings.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { sendJson } from '../error.ts'
import { contextOf, headerOf } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import { gatewayObject, replyHeaders } from '../gateway-object.ts'

interface EmbeddingsRoute {
  gateway: Pick<Gateway, 'embed'>
  known: KnownNames
  readBody: (exchange: Exchange) => Promise<unknown>
}

/** `POST /v1/embeddings`. */
export const createEmbeddingsRoute =
  ({ gateway, known, readBody }: EmbeddingsRoute) =>
  async (exchange: Exchange): Promise<void> => {
    const { req, res } = exchange
    const { request, encoding } = readEmbeddingBody(await readBody(exchange), known, headerOf(req, 'cache-control'))
    const answer = await gateway.embed(request, contextOf(exchange, false))
    for (const [name, value] of Object.entries(replyHeaders(answer))) res.setHeader(name, value)
    sendJson(req, res, 200, embeddingList(answer, encoding))
  }

/** Vectors as OpenAI's list of embeddings. */
const embeddingList = (answer: EmbeddingAnswer, encoding: 'float' | 'base64') => ({
  object: 'list',
  data: answer.vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: encoding === 'base64' ? encodeVector(vector) : [...vector],
  })),
  model: answer.served.model,
  usage: { prompt_tokens: answer.usage.inputTokens, total_tokens: answer.usage.inputTokens },
  gateway: gatewayObject(answer),
})

/** Base64 of single-precision numbers, least significant byte first, whatever the machine's own order is. */
const encodeVector = (vector: Float32Array): string => {
  const bytes = Buffer.alloc(vector.byteLength)
  for (const [position, value] of vector.entries()) bytes.writeFloatLE(value, position * Float32Array.BYTES_PER_ELEMENT)
  return bytes.toString('base64')
}
