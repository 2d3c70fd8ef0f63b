import { z } from 'zod'
import { hashText } from './hash.ts'
import { readBody, withoutNulls } from './read-body.ts'
import type { CountTokens } from './cut.ts'
import { json } from './wire.ts'
import type { Reply } from './score.ts'

/** Vectors that were asked for, and the reply that has them. */
export interface Embedded {
  model: string
  reply: Reply
}

const text = z.string().min(1)
const tokens = z.array(z.int().min(0)).min(1)

const openaiBody = z.looseObject({
  model: z.string().min(1),
  input: z.union([text, z.array(text).min(1).max(2_048), tokens, z.array(tokens).min(1).max(2_048)]),
  encoding_format: z.enum(['float', 'base64']).optional(),
  dimensions: z.int().min(1).max(10_000).optional(),
  output_dimension: z.int().min(1).max(10_000).optional(),
})

const geminiBody = z.looseObject({
  content: z.looseObject({ parts: z.array(z.looseObject({ text: z.string() })).min(1) }),
  outputDimensionality: z.int().min(1).max(10_000).optional(),
})
const geminiBatch = z.looseObject({ requests: z.array(geminiBody).min(1).max(100) })

/** `POST /embeddings`, in OpenAI's words. */
export const openaiEmbeddings = (body: unknown, countTokens: CountTokens): Embedded => {
  const { model, input, encoding_format: encoding, ...fields } = readBody(openaiBody, withoutNulls(body))
  const texts =
    typeof input === 'string' ? [input] : typeof input[0] === 'number' ? [input.join(' ')] : input.map(String)
  const length = fields.dimensions ?? fields.output_dimension ?? lengthOf(model)
  const inputTokens = texts.reduce((sum, each) => sum + countTokens(each), 0)
  return {
    model,
    reply: json(200, {
      object: 'list',
      data: texts.map((each, index) => {
        const vector = vectorOf(model, each, length)
        return { object: 'embedding', index, embedding: encoding === 'base64' ? encode(vector) : [...vector] }
      }),
      model,
      usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    }),
  }
}

/** `embedContent` and `batchEmbedContents`, in Google's words. */
export const geminiEmbeddings = (body: unknown, model: string, method: string): Embedded => {
  const values = ({ content, outputDimensionality: length = lengthOf(model) }: z.infer<typeof geminiBody>) => ({
    values: [...vectorOf(model, content.parts.map((part) => part.text).join(''), length)],
  })
  const reply =
    method === 'embedContent'
      ? { embedding: values(readBody(geminiBody, body)) }
      : { embeddings: readBody(geminiBatch, body).requests.map(values) }
  return { model, reply: json(200, reply) }
}

/** As long as those of the models that are called so. */
const lengthOf = (model: string): number => {
  if (model.includes('mistral')) return 1_024
  return /large|gemini/.test(model) ? 3_072 : 1_536
}

/** A vector of length 1 in a direction that only model and text decide. */
const vectorOf = (model: string, said: string, length: number): Float32Array => {
  let state = Number.parseInt(hashText('vector', model, said).slice(0, 8), 16) || 1
  const values = Float32Array.from({ length }, () => {
    // Marsaglia's xorshift: enough to be different everywhere, and the same each time.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state / 2 ** 31
  })
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

const encode = (vector: Float32Array): string => {
  const bytes = Buffer.alloc(vector.byteLength)
  for (const [position, value] of vector.entries()) bytes.writeFloatLE(value, position * Float32Array.BYTES_PER_ELEMENT)
  return bytes.toString('base64')
}
