import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { startApp } from '../support/app.ts'
import { hasRecordings } from './recordings.ts'

const folder = path.resolve(import.meta.dirname, '../../../shared/data/provider-recordings')

const vector = z.union([z.string(), z.array(z.number())])
const text = z.string().transform((read): unknown => JSON.parse(read))
const side = z.object({ body: text.optional(), parsed_body: z.unknown().optional(), code: z.int().optional() })
const cassette = z.object({ interactions: z.array(z.object({ request: side, response: side })) })

const openai = {
  asked: z.object({ input: z.union([z.string(), z.array(z.string()), z.array(z.number())]) }),
  reply: z.object({
    data: z.array(z.object({ embedding: vector })).default([]),
    usage: z.object({ prompt_tokens: z.int() }).optional(),
  }),
}
const google = {
  asked: z.object({
    requests: z.array(
      z.object({ model: z.string(), content: z.object({ parts: z.array(z.object({ text: z.string() })) }) }),
    ),
  }),
  reply: z.object({
    embeddings: z.array(z.object({ values: vector })),
    usageMetadata: z.object({ promptTokenCount: z.int() }),
  }),
}

/** The recorded exchanges of a file: what was asked for, and what came of it. */
const readCassette = (file: string) =>
  cassette.parse(parse(readFileSync(path.join(folder, file), 'utf8'))).interactions.map(({ request, response }) => {
    const asked = request.parsed_body ?? request.body
    const sent = response.parsed_body ?? response.body
    const reply = { file: path.basename(file, '.yaml'), status: response.code ?? 200, reply: JSON.stringify(sent) }
    const { data: batch } = google.asked.safeParse(asked)
    if (batch) {
      const { embeddings, usageMetadata } = google.reply.parse(sent)
      return {
        ...reply,
        model: batch.requests[0]?.model.replace('models/', 'google:'),
        input: batch.requests.map(({ content }) => content.parts.map((part) => part.text).join('')),
        vectors: embeddings.map(({ values }) => values),
        inputTokens: usageMetadata.promptTokenCount,
      }
    }
    const { data, usage } = openai.reply.parse(sent)
    return {
      ...reply,
      model: 'text-embedding-3-small',
      input: openai.asked.parse(asked).input,
      vectors: data.map(({ embedding }) => embedding),
      inputTokens: usage?.prompt_tokens,
    }
  })

const exchanges = hasRecordings
  ? [
      ...readdirSync(path.join(folder, 'envoy-ai-gateway'))
        .filter((file) => file.startsWith('embeddings-'))
        .flatMap((file) => readCassette(`envoy-ai-gateway/${file}`)),
      ...readdirSync(path.join(folder, 'pydantic-ai'))
        .filter((file) => file.includes('google_task_prefix'))
        .flatMap((file) => readCassette(`pydantic-ai/${file}`)),
    ]
  : []

const given = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()) })).optional(),
  usage: z.object({ prompt_tokens: z.int() }).optional(),
  gateway: z.object({ estimated: z.boolean() }).optional(),
  error: z.object({ code: z.string() }).optional(),
})

const decode = (vector: string | number[]): number[] => {
  if (typeof vector !== 'string') return vector.map(Math.fround)
  const bytes = Buffer.from(vector, 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

test.skipIf(!hasRecordings)('recorded replies of real providers (skipped where ../shared/data is absent)', async () => {
  expect(exchanges.length).toBeGreaterThan(6)
  await using it = await startApp({
    env: (url) => ({ GOOGLE_API_KEY: 'key-g', GOOGLE_BASE_URL: `${url}/google/v1beta` }),
    // The recordings know a model that the catalogue does not price yet.
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({ ...row, uncharted: true })),
    }),
  })
  for (const { file, model, input, status, reply, vectors, inputTokens } of exchanges) {
    it.upstream.script([{ status, body: reply }])
    const answer = await fetch(`${it.url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, input, use_cache: false }),
    })
    const body = given.parse(await answer.json())
    if (status === 200) {
      const numbers = body.data?.map(({ embedding }) => embedding)
      expect(numbers, file).toEqual(vectors.map(decode))
      expect(body.usage?.prompt_tokens, file).toBe(inputTokens)
      expect(body.gateway?.estimated, file).toBe(false)
    } else expect(body.error?.code, file).toMatch(/^provider_/)
  }
})
