import { z } from 'zod'
import { checkJson, jsonObject, read, readFields, unread } from './border.ts'
import { cacheTags } from './cache-order.ts'
import type { EmbeddingInput, EmbeddingRequest } from './embedding.ts'
import { GatewayError } from './errors.ts'
import { metadataMarks, modelName, userMark } from './marks.ts'
import { readCacheChoice, readModelChoice, readRequirements } from './routing-fields.ts'
import type { KnownNames } from './routing-fields.ts'

/** OpenAI's bound on the inputs of one request. */
const mostInputs = 2_048

const text = z.string().min(1)
const tokens = z.array(z.int().min(0)).min(1)
const howMany = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(mostInputs)

/** Zod's own word for a union that nothing fits helps nobody. */
const inputShape = `must be a string, an array of at most ${mostInputs} strings, or arrays of tokens, none of them empty.`
const input = z.union([text, howMany(text), tokens, howMany(tokens)], inputShape)

/** The fields of OpenAI's request that the gateway reads, and its own. */
const embeddingBody = z.object({
  model: modelName,
  input,
  encoding_format: z.enum(['float', 'base64']).optional(),
  dimensions: z.int().min(1).max(100_000).optional(),
  user: userMark.optional(),
  metadata: metadataMarks.optional(),
  requirements: unread,
  provider: z.string().optional(),
  use_cache: z.boolean().optional(),
  cache_ttl: z.number().min(0).optional(),
  cache_tags: cacheTags,
})

/**
 * Reads the body of `POST /v1/embeddings` into the gateway's own words. Null means unset; fields that the gateway does not
 * know go to `extra`.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const readEmbeddingBody = (
  body: unknown,
  known: KnownNames,
  cacheControl?: string,
): { request: EmbeddingRequest; encoding: 'float' | 'base64' } => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GatewayError('invalid_request', 'The body must be a JSON object with "model" and "input".')
  checkJson(body)
  const given = readFields(embeddingBody, body, '')
  const { requirements, limits } = readRequirements(given.requirements, 'requirements', known)
  const unknown = Object.entries(read(jsonObject, body, '')).filter(
    ([name]) => !Object.hasOwn(embeddingBody.shape, name),
  )
  return {
    request: {
      model: readModelChoice(given.model, given.provider, known),
      input: readInput(given.input),
      dimensions: given.dimensions,
      extra: Object.fromEntries(unknown),
      requirements,
      limits,
      cache: readCacheChoice({
        useCache: given.use_cache,
        cacheTtl: given.cache_ttl,
        cacheTags: given.cache_tags,
        cacheControl,
      }),
      tags: { user: given.user, metadata: given.metadata },
    },
    encoding: given.encoding_format ?? 'float',
  }
}

const readInput = (given: z.infer<typeof input>): EmbeddingInput => {
  if (typeof given === 'string') return { kind: 'texts', texts: [given] }
  const texts = given.filter((item) => typeof item === 'string')
  if (texts.length > 0) return { kind: 'texts', texts }
  const lists = given.filter((item) => Array.isArray(item))
  return { kind: 'tokens', tokens: lists.length > 0 ? lists : [given.filter((item) => typeof item === 'number')] }
}
