import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/contract/json.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'

let it: TestApp
beforeAll(async () => {
  it = await startApp({
    env: (url) => ({
      GOOGLE_API_KEY: 'key-g',
      GOOGLE_BASE_URL: `${url}/google/v1beta`,
      MISTRAL_API_KEY: 'key-m',
      MISTRAL_BASE_URL: `${url}/mistral/v1`,
    }),
    // Two tries each, and no circuit that opens after so many of them.
    change: (config) => ({
      ...config,
      resilience: {
        ...config.resilience,
        maxTries: 2,
        breaker: { ...config.resilience.breaker, minCalls: 10_000 },
      },
    }),
  })
})
afterAll(() => it[Symbol.asyncDispose]())
beforeEach(() => {
  it.receipts.length = 0
})

interface Reply {
  data: { index: number; embedding: number[] }[]
  model: string
  usage: { prompt_tokens: number }
  gateway: JsonObject
  error: { code: string; type: string; param: string | null }
}

let asked = 0
/** A text that no other test has. */
const fresh = (): string => `text number ${(asked += 1)}`

const post = async (body: unknown, { url } = it) => {
  const reply = await fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Reply }
}
const lastBody = () => it.upstream.requests.at(-1)?.body as JsonObject
const client = () => new OpenAI({ baseURL: `${it.url}/v1`, apiKey: 'none', maxRetries: 0 })

describe("OpenAI's own client", () => {
  test('gets vectors, which it asks for in base64 unless told otherwise, as numbers', async () => {
    const input = [fresh(), fresh()]
    const plain = await client().embeddings.create({ model: 'text-embedding-3-small', input })
    const floats = await client().embeddings.create({
      model: 'text-embedding-3-small',
      input,
      encoding_format: 'float',
    })
    expect(plain.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 1536],
      [1, 1536],
    ])
    for (const [index, { embedding }] of floats.data.entries())
      expect(embedding).toEqual([...(plain.data[index]?.embedding ?? [])])
    expect(plain.data[0]?.embedding).not.toEqual(plain.data[1]?.embedding)
    expect(plain.usage.prompt_tokens).toBeGreaterThan(0)
  })

  test('raises what goes wrong as its own errors', async () => {
    await expect(client().embeddings.create({ model: 'gpt-6-luna', input: 'x' })).rejects.toMatchObject({
      status: 400,
      code: 'no_eligible_model',
    })
  })
})

test('the reply says who made the vectors and what they cost, and so do the headers', async () => {
  const { status, headers, body } = await post({ model: 'text-embedding-3-small', input: fresh() })
  expect(status).toBe(200)
  const [receipt] = it.receipts
  expect(body.gateway).toMatchObject({
    provider: 'openai',
    model: 'text-embedding-3-small',
    task: null,
    cache: 'miss',
    simulated: false,
    cost_nano_usd: String(body.usage.prompt_tokens * 20),
  })
  expect(headers.get('x-gateway-provider')).toBe('openai')
  expect(headers.get('x-gateway-cost-usd')).toBe(body.gateway['cost_usd'])
  expect(receipt).toMatchObject({
    operation: 'embedding',
    outcome: 'complete',
    priceId: expect.stringMatching(/3-small/),
  })
})

test('the same input is answered from memory, whatever the encoding, for as long as embeddings live', async () => {
  const input = fresh()
  await post({ model: 'text-embedding-3-small', input, user: 'team-x' })
  const { body } = await post({ model: 'text-embedding-3-small', input, encoding_format: 'base64' })
  expect(body.gateway).toMatchObject({ cache: 'exact', cost_nano_usd: '0' })
  expect(it.receipts.map(({ cache, tags }) => [cache, tags.user])).toEqual([
    ['miss', 'team-x'],
    ['exact', null],
  ])
  const other = await post({ model: 'text-embedding-3-small', input, dimensions: 256 })
  expect(other.body.gateway['cache']).toBe('miss')
  const declined = await post({ model: 'text-embedding-3-small', input, use_cache: false })
  expect(declined.body.gateway['cache']).toBe('bypass')
})

test('identical requests of the moment share one call', async () => {
  const input = fresh()
  const before = it.upstream.requests.length
  const replies = await Promise.all(Array.from({ length: 5 }, () => post({ model: 'text-embedding-3-small', input })))
  expect(it.upstream.requests.length - before).toBe(1)
  const states = replies.map(({ body }) => body.gateway['cache'])
  expect(states.filter((state) => state === 'miss')).toHaveLength(1)
  expect(states.filter((state) => state === 'shared' || state === 'exact')).toHaveLength(4)
  expect(it.receipts.filter(({ costNanoUsd }) => costNanoUsd !== 0n)).toHaveLength(1)
})

describe('what is sent', () => {
  test('goes to OpenAI in its words: base64, dimensions, user, and what the gateway does not know', async () => {
    const input = fresh()
    await post({
      model: 'text-embedding-3-large',
      input,
      dimensions: 8,
      user: 'ada',
      house: 1,
      cache_ttl: 5,
      requirements: {},
    })
    expect(lastBody()).toEqual({
      model: 'text-embedding-3-large',
      input: [input],
      dimensions: 8,
      encoding_format: 'base64',
      user: 'ada',
      house: 1,
    })
  })

  test('goes to Mistral without what it refuses', async () => {
    const input = fresh()
    const { body } = await post({ model: 'mistral-embed', input, user: 'ada', dimensions: 1024 })
    expect(lastBody()).toEqual({ model: 'mistral-embed', input: [input] })
    expect(body.data[0]?.embedding).toHaveLength(1024)
  })

  test('goes to Google in batches of a hundred, by its own wire, and is counted by us', async () => {
    const before = it.upstream.requests.length
    const input = Array.from({ length: 101 }, fresh)
    const { status, body } = await post({
      model: 'gemini-embedding-001',
      input,
      dimensions: 64,
      task_type: 'CLUSTERING',
      odd: 1,
    })
    expect(status).toBe(200)
    const sent = it.upstream.requests.slice(before)
    expect(sent.map(({ path }) => path)).toEqual(
      Array(2).fill('/google/v1beta/models/gemini-embedding-001:batchEmbedContents'),
    )
    expect(lastBody()).toEqual({
      requests: [
        {
          model: 'models/gemini-embedding-001',
          content: { parts: [{ text: input[100] }] },
          outputDimensionality: 64,
          taskType: 'CLUSTERING',
        },
      ],
    })
    expect(body.data).toHaveLength(101)
    expect(body.gateway).toMatchObject({
      estimated: true,
      warnings: [{ code: 'dropped_parameter', param: 'odd' }],
    })
    expect(body.usage.prompt_tokens).toBeGreaterThan(100)
  })

  test.each([
    ['one list of tokens', [1, 2, 3], [[1, 2, 3]]],
    ['lists of tokens', [[1, 2], [3]], [[1, 2], [3]]],
  ])('%s goes to an OpenAI-shaped provider as it is', async (_what, input, sent) => {
    const { body } = await post({ model: 'text-embedding-3-small', input })
    expect(body.data).toHaveLength(sent.length)
    expect(lastBody()['input']).toEqual(sent)
  })
})

describe('vectors of two models are never mixed', () => {
  test('auto is the cheapest OpenAI-shaped model, and when that one fails no other takes its place', async () => {
    const { body } = await post({ model: 'auto', input: fresh() })
    expect(body.model).toBe('text-embedding-3-small')
    it.upstream.script([{ kind: 'status', status: 400 }])
    const refused = await post({ model: 'auto', input: fresh() })
    expect(refused.status).toBe(400)
    expect(it.receipts.at(-1)?.tries.map(({ model }) => model)).toEqual(['openai:text-embedding-3-small'])
  })

  test('auto within one provider is its cheapest model', async () => {
    const { body } = await post({ model: 'auto', provider: 'google', input: fresh() })
    expect(body.gateway).toMatchObject({ provider: 'google', model: 'gemini-embedding-001' })
  })

  test('a failing provider is tried again, with every key, and then the request fails: no other model helps out', async () => {
    await using own = await startApp()
    const down = { kind: 'status', status: 401 } as const
    own.upstream.script([down, down])
    const { status, body } = await post({ model: 'text-embedding-3-large', input: fresh() }, own)
    expect([status, body.error.code]).toEqual([502, 'provider_auth'])
    expect(own.receipts.at(-1)?.tries.map(({ keyIndex, model }) => [keyIndex, model])).toEqual([
      [0, 'openai:text-embedding-3-large'],
      [1, 'openai:text-embedding-3-large'],
    ])
    expect(own.receipts.at(-1)).toMatchObject({ outcome: 'failed', costNanoUsd: 0n, operation: 'embedding' })
  })
})

describe('another deployment of the same model', () => {
  test('answers when the first cannot', async () => {
    await using two = await startApp({
      change: (config) => {
        const others = config.providers.filter(({ id }) => id !== 'openai-compatible')
        const second = others.flatMap((row) => (row.id === 'openai' ? [{ ...row, id: 'openai-compatible' }] : []))
        const cards = config.models.filter(({ kind }) => kind === 'embedding')
        return {
          ...config,
          providers: [...others, ...second],
          models: [
            ...config.models,
            ...cards.map((card) => ({ ...card, provider: 'openai-compatible', key: `openai-compatible:${card.id}` })),
          ],
        }
      },
    })
    const down = { kind: 'status', status: 401 } as const
    two.upstream.script([down, down])
    const { headers } = await post({ model: 'text-embedding-3-small', input: 'x' }, two)
    expect(headers.get('x-gateway-provider')).toBe('openai-compatible')
    expect(two.receipts[0]?.tries.map(({ model, outcome }) => [model, outcome])).toEqual([
      ['openai:text-embedding-3-small', 'failed'],
      ['openai:text-embedding-3-small', 'failed'],
      ['openai-compatible:text-embedding-3-small', 'answered'],
    ])
  })
})

describe('refusals', () => {
  test.each([
    ['no input', { model: 'auto' }, 400, 'invalid_request', 'input'],
    ['an empty input', { model: 'auto', input: '' }, 400, 'invalid_request', 'input'],
    ['an empty list', { model: 'auto', input: [] }, 400, 'invalid_request', 'input'],
    ['an empty text in a list', { model: 'auto', input: ['a', ''] }, 400, 'invalid_request', 'input[1]'],
    ['texts among tokens', { model: 'auto', input: ['a', 1] }, 400, 'invalid_request', 'input'],
    ['too many inputs', { model: 'auto', input: Array(2049).fill('a') }, 400, 'invalid_request', 'input'],
    [
      'another encoding',
      { model: 'auto', input: 'a', encoding_format: 'int8' },
      400,
      'invalid_request',
      'encoding_format',
    ],
    ['no dimensions at all', { model: 'auto', input: 'a', dimensions: 0 }, 400, 'invalid_request', 'dimensions'],
    ['a body that is none', [], 400, 'invalid_request', null],
    ['an unknown model', { model: 'text-embedding-9', input: 'a' }, 404, 'model_not_found', 'model'],
    ['a chat model', { model: 'gpt-6-luna', input: 'a' }, 400, 'no_eligible_model', 'model'],
    [
      'a provider without embeddings',
      { model: 'auto', provider: 'anthropic', input: 'a' },
      404,
      'model_not_found',
      'provider',
    ],
    [
      'more dimensions than there are',
      { model: 'text-embedding-3-small', input: 'a', dimensions: 1537 },
      400,
      'no_eligible_model',
      'dimensions',
    ],
    [
      'fewer where there are no fewer',
      { model: 'mistral-embed', input: 'a', dimensions: 512 },
      400,
      'no_eligible_model',
      'dimensions',
    ],
    ['tokens at Google', { model: 'gemini-embedding-001', input: [1, 2] }, 400, 'no_eligible_model', 'input'],
    [
      'a limit that it passes',
      { model: 'text-embedding-3-large', input: 'a '.repeat(500), requirements: { max_cost_usd: '0.00001' } },
      400,
      'limit_unsatisfiable',
      'requirements.max_cost_usd',
    ],
    [
      'a limit on an unknown price',
      { model: 'openai-compatible:vectors', input: 'a', requirements: { max_cost_usd: 1 } },
      400,
      'price_unknown',
      'requirements.max_cost_usd',
    ],
    [
      'too long an input',
      { model: 'text-embedding-3-small', input: 'word '.repeat(9_000) },
      400,
      'context_length_exceeded',
      'input',
    ],
  ])('%s is refused before anybody is called', async (_what, body, status, code, param) => {
    const before = it.upstream.requests.length
    const reply = await post(body)
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([status, code, param])
    expect(it.upstream.requests).toHaveLength(before)
    expect(it.receipts).toEqual([])
  })

  test('an embedding model is never asked to chat', async () => {
    const reply = await fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'text-embedding-3-small', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ error: { code: 'no_eligible_model' } })
  })
})

describe('what providers do wrong', () => {
  const vector = [0.6, 0.8]
  const reply = (data: readonly object[], usage: object | null = { prompt_tokens: 3, total_tokens: 3 }) => ({
    body: { object: 'list', data: [...data], model: 'm', ...(usage && { usage }) } as never,
  })
  const two = [fresh(), fresh()]
  const send = (fields: object = {}) =>
    post({ model: 'openai-compatible:vectors', input: two, use_cache: false, ...fields })

  test('vectors in another order are put in theirs, by their index', async () => {
    it.upstream.script([
      reply([
        { index: 1, embedding: [0, 1] },
        { index: 0, embedding: [1, 0] },
      ]),
    ])
    const { body } = await send()
    expect(body.data.map(({ embedding }) => embedding)).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  test('without an index they come as they are', async () => {
    it.upstream.script([reply([{ embedding: [1, 0] }, { embedding: [0, 1] }])])
    expect((await send()).body.data.map(({ embedding }) => embedding)).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  test('base64 that nobody asked for is read', async () => {
    const bytes = Buffer.alloc(8)
    bytes.writeFloatLE(0.5, 0)
    bytes.writeFloatLE(-2, 4)
    const embedding = bytes.toString('base64')
    it.upstream.script([
      reply([
        { index: 0, embedding },
        { index: 1, embedding },
      ]),
    ])
    expect((await send()).body.data[1]?.embedding).toEqual([0.5, -2])
  })

  test('another length than was asked for is told', async () => {
    it.upstream.script([
      reply([
        { index: 0, embedding: vector },
        { index: 1, embedding: vector },
      ]),
    ])
    const { body } = await send({ dimensions: 3 })
    expect(body.gateway['warnings']).toMatchObject([{ code: 'changed_parameter', param: 'dimensions' }])
  })

  test('without usage the tokens are our own count, and an unknown price stays unknown', async () => {
    it.upstream.script([
      reply(
        [
          { index: 0, embedding: vector },
          { index: 1, embedding: vector },
        ],
        null,
      ),
    ])
    const { body } = await send()
    expect(body.gateway).toMatchObject({ estimated: true, cost_usd: null })
    expect(body.usage.prompt_tokens).toBeGreaterThan(0)
  })

  test.each([
    ['too few vectors', reply([{ index: 0, embedding: vector }])],
    ['too many', reply([0, 1, 2].map((index) => ({ index, embedding: vector })))],
    [
      'vectors of two lengths',
      reply([
        { index: 0, embedding: vector },
        { index: 1, embedding: [1] },
      ]),
    ],
    [
      'an empty vector',
      reply([
        { index: 0, embedding: [] },
        { index: 1, embedding: [] },
      ]),
    ],
    [
      'what is no number',
      reply([
        { index: 0, embedding: ['a', 'b'] },
        { index: 1, embedding: vector },
      ]),
    ],
    [
      'base64 that is cut',
      reply([
        { index: 0, embedding: 'AAAAAAA=' },
        { index: 1, embedding: 'AAAAAAA=' },
      ]),
    ],
    ['no data', { body: { object: 'list' } as never }],
    ['a page', { kind: 'html' } as const],
    ['half a reply', { kind: 'cut', after: 1 } as const],
  ])('%s is a bad reply, tried again and then refused', async (_what, act) => {
    it.upstream.script([act, act])
    const { status, body } = await send()
    expect([status, body.error.type]).toEqual([502, 'provider_error'])
    expect(it.receipts.at(-1)).toMatchObject({ outcome: 'failed', operation: 'embedding' })
    expect(it.receipts.at(-1)?.tries).toHaveLength(2)
  })

  test('an error inside a good status is an error', async () => {
    const act = {
      body: { error: { message: 'maximum context length is 8192 tokens', type: 'invalid_request_error' } },
    } as const
    it.upstream.script([act])
    const { status, body } = await send()
    expect([status, body.error.code]).toEqual([400, 'context_length_exceeded'])
  })
})

test('a caller who leaves cancels the call, and what it used is recorded', async () => {
  const leaving = new AbortController()
  it.upstream.script([{ kind: 'black-hole' }])
  const before = it.upstream.requests.length
  const reply = fetch(`${it.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'text-embedding-3-small', input: fresh() }),
    signal: leaving.signal,
  })
  await it.upstream.waitForRequest(before + 1)
  leaving.abort()
  await expect(reply).rejects.toThrow()
  await it.upstream.waitForClose(before + 1)
  await expect.poll(() => it.receipts[0]).toMatchObject({ outcome: 'client_aborted', usage: { source: 'estimated' } })
})

test('usage is reported by operation', async () => {
  await post({ model: 'text-embedding-3-small', input: fresh() })
  const report = await it.app.stores.receipts.usage({
    callerId: null,
    fromMs: 0,
    untilMs: Date.now() + 1_000,
    groupBy: 'operation',
    simulated: false,
  })
  expect(report.rows.map(({ group }) => group)).toContain('embedding')
})
