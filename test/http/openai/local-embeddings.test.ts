import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { Overrides } from '../../../src/app.ts'
import { hashedVector } from '../../perception/support/hashed-vector.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'

const model = 'all-minilm-l6-v2'

/** An embedder without weights, with the length of the real one's vectors. */
const withEmbedder = (loads: 'well' | 'missing'): Overrides => ({
  startEmbedder: () =>
    new Worker(new URL('../../perception/support/stand-in-worker.ts', import.meta.url), {
      workerData: { loads, dimensions: 384 },
    }),
})

interface Reply {
  data: { embedding: number[] }[]
  gateway: Record<string, unknown>
  error: { code: string; message: string }
}

const embed = async (it: TestApp, body: object): Promise<{ status: number; body: Reply }> => {
  const reply = await fetch(`${it.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, ...body }),
  })
  return { status: reply.status, body: (await reply.json()) as Reply }
}

test('the local model serves POST /v1/embeddings for nothing, in the order of the inputs, with a receipt', async () => {
  await using it = await startApp({ overrides: withEmbedder('well') })
  const { status, body } = await embed(it, { input: ['first text', 'and the second'] })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    model,
    usage: { prompt_tokens: 5, total_tokens: 5 },
    gateway: { provider: 'local', cost_usd: '0.000000000' },
  })
  expect(body.gateway.simulated).toBe(false)
  for (const [index, text] of ['first text', 'and the second'].entries())
    expect(Float32Array.from(body.data[index]?.embedding ?? [])).toEqual(hashedVector(text, 384))
  expect(it.receipts).toMatchObject([{ operation: 'embedding', costNanoUsd: 0n, usage: { inputTokens: 5 } }])
  expect(it.upstream.requests).toEqual([])
})

test('what one request embeds, another is given from the cache', async () => {
  await using it = await startApp({ overrides: withEmbedder('well') })
  const first = await embed(it, { input: 'the same' })
  const second = await embed(it, { input: 'the same' })
  expect(second.body.data).toEqual(first.body.data)
  expect(second.body.gateway.cache).toBe('exact')
})

test('without its weights the local model is refused, with what to do', async () => {
  await using it = await startApp({ overrides: withEmbedder('missing') })
  const { status, body } = await embed(it, { input: 'text' })
  expect(status).toBe(502)
  expect(body.error).toMatchObject({ code: 'provider_unreachable' })
  expect(body.error.message).toContain('"node scripts/launch.mjs model" says')
  // Where it was looked for is for the owner, on the receipt and in the log.
  expect(JSON.stringify(body)).not.toContain('/models')
  const [receipt] = it.receipts
  expect(receipt?.usage).toBeNull()
  expect(receipt?.tries[0]?.reason).toBe('the embedding model is not in /models')
})

test.each([
  ['tokens', { input: [[1, 2, 3]] }, 'takes texts only'],
  ['another length', { input: 'a', dimensions: 64 }, '384 dimensions and no fewer'],
  ['a text that it would cut', { input: 'word '.repeat(400) }, '256'],
])('the local model refuses %s, in words', async (_what, asked, words) => {
  await using it = await startApp({ overrides: withEmbedder('well') })
  const { status, body } = await embed(it, asked)
  expect(status).toBe(400)
  expect(body.error.message).toContain(words)
})

test('a text among many that the model would cut is named, not cut', async () => {
  await using it = await startApp({ overrides: withEmbedder('well') })
  const { status, body } = await embed(it, { input: ['short', 'truncate me'] })
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 'context_length_exceeded', message: expect.stringContaining('Input 1 is') })
})

test('EMBEDDER=none takes the local model away', async () => {
  await using it = await startApp({ env: { EMBEDDER: 'none' } })
  const { status, body } = await embed(it, { input: 'text' })
  expect(status).toBe(404)
  expect(body.error.message).toContain('EMBEDDER=none switches it off')
})

test('a chat is never sent to the local model', async () => {
  await using it = await startApp({ overrides: withEmbedder('well') })
  const reply = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect(reply.status).toBe(400)
})
