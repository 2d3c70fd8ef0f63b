import { GoogleGenAI } from '@google/genai'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { limitCallers, requestsAMinute } from '../support/limits.ts'
import type { TestApp } from '../support/app.ts'
import { bodyOf, exchangeRaw, rawRequest, statusOf } from './raw.ts'
import { document, startProvider } from './passthrough-upstream.ts'

let provider: Awaited<ReturnType<typeof startProvider>>
let it: TestApp
const startGateway = (http: Partial<TestApp['config']['http']> = {}): Promise<TestApp> =>
  startApp({
    env: () => ({
      OPENAI_BASE_URL: `${provider.url}/v1`,
      ANTHROPIC_BASE_URL: provider.url,
      GOOGLE_API_KEY: 'key-g',
      GOOGLE_BASE_URL: `${provider.url}/v1beta`,
      OPENAI_COMPATIBLE_BASE_URL: `${provider.url}/house/v1`,
    }),
    change: (config) => ({
      ...config,
      http: { ...config.http, ...http },
      resilience: {
        ...config.resilience,
        maxTries: 2,
        breaker: { ...config.resilience.breaker, minCalls: 10_000, accountRestMs: 1 },
      },
    }),
  })
beforeAll(async () => {
  provider = await startProvider()
  it = await startGateway()
})
afterAll(async () => {
  await it[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})
beforeEach(() => {
  it.receipts.length = 0
  provider.received.length = 0
})

const call = (path: string, body: unknown, headers: Record<string, string> = {}, { url } = it): Promise<Response> =>
  fetch(`${url}/v1/passthrough/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
const raw = (request: Parameters<typeof rawRequest>[0]): Promise<string> =>
  exchangeRaw(Number(new URL(it.url).port), rawRequest(request))

const chat = { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hi' }] }
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-6-luna-2026-10-01',
  odd: { kept: [1.0, 'ü'] },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200 },
}

describe('a call', () => {
  test('goes to the endpoint byte for byte, and its reply comes back byte for byte', async () => {
    provider.answers((res) => {
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end(` {"model":"gpt-6-luna", "usage": {"prompt_tokens":1,"completion_tokens":1}, "n":1.50 }\n`)
    })
    const sent =
      '{ "model":"gpt-6-luna",  "seed": 12345678901234567890, "messages":[{"role":"user","content":"\\u00fc"}] }'
    const reply = await call('openai/chat/completions', sent)
    expect(await reply.text()).toBe(
      ` {"model":"gpt-6-luna", "usage": {"prompt_tokens":1,"completion_tokens":1}, "n":1.50 }\n`,
    )
    expect(provider.received).toMatchObject([{ method: 'POST', url: '/v1/chat/completions', body: sent }])
    expect(provider.received[0]?.headers['authorization']).toBe('Bearer key-a')
  })

  test('is priced by the usage of its reply and recorded once, as a passthrough', async () => {
    provider.answers(document(completion))
    const reply = await call('openai/chat/completions', chat)
    await reply.text()
    expect(reply.headers.get('x-gateway-provider')).toBe('openai')
    expect(it.receipts).toMatchObject([
      {
        operation: 'passthrough',
        outcome: 'complete',
        requestedModel: 'openai:gpt-6-luna',
        served: { provider: 'openai', model: 'gpt-6-luna', answeredModel: 'gpt-6-luna-2026-10-01' },
        usage: { inputTokens: 1000, outputTokens: 200, source: 'provider' },
        // 0.1 and 0.5 dollars a million.
        costNanoUsd: 200_000n,
        id: reply.headers.get('x-request-id'),
      },
    ])
  })

  test.each([
    ['openai/v1/responses', { model: 'gpt-6-luna', input: 'Hi' }, '/v1/responses'],
    ['openai/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }, '/v1/embeddings'],
    ['openai/moderations', { input: 'Hi' }, '/v1/moderations'],
    ['openai/images/generations', { model: 'gpt-image-9', prompt: 'Hi' }, '/v1/images/generations'],
    ['openai/models', undefined, '/v1/models'],
    ['openai/models/gpt-6-luna', undefined, '/v1/models/gpt-6-luna'],
    ['openai-compatible/completions', { model: 'anything', prompt: 'Hi' }, '/house/v1/completions'],
    ['anthropic/messages', { model: 'claude-haiku-5-5', max_tokens: 9, messages: [] }, '/v1/messages'],
    ['anthropic/v1/messages/count_tokens', { model: 'claude-haiku-5-5', messages: [] }, '/v1/messages/count_tokens'],
    [
      'google/v1beta/models/gemini-3.8-flash:generateContent',
      { contents: [] },
      '/v1beta/models/gemini-3.8-flash:generateContent',
    ],
    ['google/models/gemini-3.8-flash:countTokens', { contents: [] }, '/v1beta/models/gemini-3.8-flash:countTokens'],
    [
      'google/models/gemini-embedding-001:embedContent',
      { content: {} },
      '/v1beta/models/gemini-embedding-001:embedContent',
    ],
    [
      'google/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
      { contents: [] },
      '/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
    ],
    ['auto/messages', { model: 'claude-haiku-5-5', max_tokens: 9, messages: [] }, '/v1/messages'],
    ['auto/moderations', { input: 'Ho' }, '/v1/moderations'],
    ['auto/models/gemini-3.8-flash:countTokens', { contents: [1] }, '/v1beta/models/gemini-3.8-flash:countTokens'],
  ])('of %s reaches its endpoint and no other', async (path, body, url) => {
    provider.answers(document({ object: 'whatever' }))
    const reply = await call(path, body)
    expect([reply.status, await reply.json()]).toEqual([200, { object: 'whatever' }])
    expect(provider.received.map((each) => each.url)).toEqual([url])
    expect(it.receipts).toHaveLength(1)
  })
})

describe('what is used is paid, on every wire', () => {
  test.each([
    [
      "Anthropic's messages",
      'anthropic/messages',
      { model: 'claude-haiku-5-5', max_tokens: 9, messages: [] },
      {
        id: 'm',
        type: 'message',
        model: 'claude-haiku-5-5',
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 100, output_tokens: 10 },
      },
      [100, 10],
    ],
    [
      "Google's generateContent",
      'google/models/gemini-3.8-flash:generateContent',
      { contents: [] },
      {
        candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 50, candidatesTokenCount: 5, thoughtsTokenCount: 20, totalTokenCount: 75 },
        modelVersion: 'gemini-3.8-flash',
      },
      [50, 25],
    ],
    [
      "OpenAI's responses",
      'openai/responses',
      { model: 'gpt-6-luna', input: 'x' },
      {
        id: 'r',
        object: 'response',
        status: 'completed',
        model: 'gpt-6-luna',
        output: [],
        usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
      },
      [7, 3],
    ],
    [
      'embeddings',
      'openai/embeddings',
      { model: 'text-embedding-3-small', input: 'y' },
      { data: [], usage: { prompt_tokens: 9, total_tokens: 9 } },
      [9, 0],
    ],
    [
      'completions',
      'openai-compatible/completions',
      { model: 'm', prompt: 'x' },
      { choices: [{ text: 'Hi' }], usage: { prompt_tokens: 4, completion_tokens: 2 } },
      [4, 2],
    ],
    [
      'images',
      'openai/images/generations',
      { model: 'gpt-image-9', prompt: 'x' },
      { data: [{ b64_json: 'AA==' }], usage: { input_tokens: 12, output_tokens: 1000 } },
      [12, 1000],
    ],
  ])('%s', async (_what, path, body, said, [inputTokens, outputTokens]) => {
    provider.answers(document(said))
    await (await call(path, body, { 'cache-control': 'no-store' })).text()
    expect(it.receipts).toMatchObject([
      { outcome: 'complete', usage: { inputTokens, outputTokens, source: 'provider' } },
    ])
    const isUnknown = path.includes('images') || path.includes('compatible')
    expect(it.receipts[0]?.costNanoUsd === null).toBe(isUnknown)
  })

  test('a reply without usage is counted by us', async () => {
    const { usage: _, ...uncounted } = completion
    provider.answers(document(uncounted))
    await (await call('openai/chat/completions', chat)).text()
    expect(it.receipts).toMatchObject([{ usage: { source: 'estimated', outputTokens: 1 } }])
  })

  test('what has no price costs nothing, and is recorded', async () => {
    provider.answers(document({ input_tokens: 3 }))
    await (await call('anthropic/messages/count_tokens', { model: 'claude-haiku-5-5', messages: [1] })).text()
    expect(it.receipts).toMatchObject([{ costNanoUsd: 0n, usage: null, outcome: 'complete' }])
  })
})

describe('a stream', () => {
  const chunk = (delta: object, rest: object = {}): string =>
    `data: ${JSON.stringify({ id: 'c', model: 'gpt-6-luna', choices: [{ index: 0, delta, finish_reason: null }], ...rest })}\r\n\r\n`

  test('comes as it is sent, comments and line ends included, and is paid by the usage in it', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
    const text = `: a comment\n\n${chunk({ content: 'Hel' })}${chunk({ content: 'lo' })}${chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage })}data: [DONE]\n\n`
    provider.answers(async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      for (let at = 0; at < text.length; at += 37) {
        res.write(text.slice(at, at + 37))
        await pause(1)
      }
      res.end()
    })
    const reply = await call('openai/chat/completions', { ...chat, stream: true })
    expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await reply.text()).toBe(text)
    expect(it.receipts).toMatchObject([{ outcome: 'complete', usage: { inputTokens: 10, outputTokens: 20 } }])
  })

  test('is counted by the provider although its caller did not ask, who sees nothing of it', async () => {
    const said = chunk({ content: 'ü' }, { usage: null })
    const end = chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null })
    const usage = chunk({}, { choices: [], usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 } })
    const bytes = Buffer.from(`${said}${end}${usage}data: [DONE]\n\n`)
    provider.answers(async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let at = 0; at < bytes.length; at += 41) {
        res.write(bytes.subarray(at, at + 41))
        await pause(1)
      }
      res.end()
    })
    const sent = '{ "stream":true, "model":"gpt-6-luna", "seed":12345678901234567890, "messages":[] }'
    expect(await (await call('openai/chat/completions', sent)).text()).toBe(`${said}${end}data: [DONE]\n\n`)
    expect(provider.received[0]?.body).toBe(sent.replace('{', '{"stream_options":{"include_usage":true},'))
    expect(it.receipts).toMatchObject([{ outcome: 'complete', usage: { outputTokens: 20, source: 'provider' } }])
  })

  test('whose caller has a word on usage is sent as it is', async () => {
    provider.answers(document(completion))
    const sent = { ...chat, stream: true, stream_options: { include_usage: false } }
    await (await call('openai/chat/completions', sent)).text()
    expect(provider.received[0]?.body).toBe(JSON.stringify(sent))
  })

  test('is in the ledger before its last byte', async () => {
    let finish = (): void => undefined
    provider.answers((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(chunk({ content: 'a' }))
      res.write(chunk({ content: 'b' }, {}))
      finish = () =>
        res.end(`${chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`)
    })
    const reply = await call('openai/chat/completions', { ...chat, stream: true })
    await pause(20)
    expect(it.receipts).toEqual([])
    finish()
    let last = ''
    for await (const bytes of reply.body ?? []) {
      last += Buffer.from(bytes).toString()
      if (last.includes('[DONE]')) expect(it.receipts).toHaveLength(1)
    }
    expect(last).toContain('[DONE]')
  })

  test('whose caller leaves is closed at the provider, and paid as far as it went', async () => {
    provider.answers((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(chunk({ content: 'some words that were written' }))
      res.write(chunk({ content: ' and some more' }))
    })
    const leaving = new AbortController()
    const reply = await fetch(`${it.url}/v1/passthrough/openai/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...chat, stream: true }),
      signal: leaving.signal,
    })
    await reply.body?.getReader().read()
    leaving.abort()
    expect(await provider.received[0]?.wasLeft).toBe(true)
    await expect.poll(() => it.receipts).toMatchObject([{ outcome: 'client_aborted', usage: { source: 'estimated' } }])
    expect(it.receipts[0]?.usage?.outputTokens).toBeGreaterThan(4)
  })

  test('that nobody reads is not read from the provider either', async () => {
    const piece = 'x'.repeat(64 * 1024)
    const most = 2_000
    let sent = 0
    provider.answers(async (res) => {
      res.writeHead(200, { 'content-type': 'application/octet-stream' })
      const closed = once(res, 'close')
      for (; sent < most && !res.destroyed; sent++)
        if (!res.write(piece)) await Promise.race([once(res, 'drain'), closed])
      res.end()
    })
    const leaving = new AbortController()
    const headers = { 'cache-control': 'no-store' }
    await fetch(`${it.url}/v1/passthrough/openai/models`, { signal: leaving.signal, headers })
    // What the sockets hold fills up, and then nothing moves.
    await expect
      .poll(async () => {
        const before = sent
        await pause(200)
        return sent - before
      })
      .toBe(0)
    expect(sent).toBeGreaterThan(1)
    expect(sent).toBeLessThan(most / 2)
    leaving.abort()
    await expect.poll(() => it.receipts).toMatchObject([{ outcome: 'client_aborted', costNanoUsd: 0n }])
  })

  test('that nobody goes on reading is left: nobody holds a provider for ever', async () => {
    await using impatient = await startGateway({ requestDeadlineMs: 500 })
    provider.answers(async (res) => {
      res.writeHead(200, { 'content-type': 'application/octet-stream' })
      const closed = once(res, 'close')
      while (!res.destroyed) if (!res.write('x'.repeat(64 * 1024))) await Promise.race([once(res, 'drain'), closed])
    })
    const reply = await call('openai/models', undefined, { 'cache-control': 'no-store' }, impatient)
    expect(await provider.received[0]?.wasLeft).toBe(true)
    await expect.poll(() => impatient.receipts).toMatchObject([{ outcome: 'client_aborted' }])
    await expect(reply.arrayBuffer()).rejects.toThrow()
  })

  test('that the provider breaks off is broken off, and says so in the ledger', async () => {
    provider.answers(async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(chunk({ content: 'a' }))
      await pause(5)
      res.write(chunk({ content: 'b' }))
      await pause(5)
      res.destroy()
    })
    const reply = await call('openai/chat/completions', { ...chat, stream: true })
    await expect(reply.text()).rejects.toThrow()
    await expect.poll(() => it.receipts).toMatchObject([{ outcome: 'upstream_error', errorCode: 'provider_cut' }])
  })

  test('with an error in it is passed on, and says so in the ledger', async () => {
    const text = 'data: {"error":{"message":"overloaded","type":"overloaded_error"}}\n\n'
    provider.answers((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.end(text)
    })
    expect(await (await call('openai/chat/completions', { ...chat, stream: true })).text()).toBe(text)
    expect(it.receipts).toMatchObject([{ outcome: 'upstream_error', errorCode: 'provider_overloaded' }])
  })
})

describe('refusals of the provider', () => {
  test("are the caller's to read as they are, without what looks like a key", async () => {
    const said = {
      error: { message: 'Unknown field for sk-abcdefgh1234', type: 'invalid_request_error', param: 'x', code: null },
    }
    provider.answers(document(said, { status: 400, headers: { 'x-request-id': 'up_1', 'set-cookie': 'a=b' } }))
    const reply = await call('openai/chat/completions', chat)
    expect([reply.status, await reply.json()]).toEqual([
      400,
      { error: { ...said.error, message: 'Unknown field for [redacted]' } },
    ])
    expect(reply.headers.get('x-upstream-request-id')).toBe('up_1')
    expect(it.receipts).toMatchObject([{ outcome: 'failed', errorCode: 'provider_rejected', costNanoUsd: 0n }])
  })

  test("of the gateway's key are tried with the next, and are never the caller's", async () => {
    await using own = await startGateway()
    const refusal = document({ error: { message: 'Incorrect API key provided: key-a' } }, { status: 401 })
    provider.answers((res, received) =>
      received.headers['authorization'] === 'Bearer key-b'
        ? document(completion)(res, received)
        : refusal(res, received),
    )
    const reply = await call('openai/chat/completions', chat, {}, own)
    expect(reply.status).toBe(200)
    await reply.text()
    expect(own.receipts[0]?.tries.map(({ keyIndex, outcome }) => [keyIndex, outcome])).toEqual([
      [0, 'failed'],
      [1, 'answered'],
    ])
    await using other = await startGateway()
    provider.answers(document({ error: { message: 'Incorrect API key provided' } }, { status: 401 }))
    const refused = await call('openai/chat/completions', chat, {}, other)
    expect([refused.status, await refused.json()]).toMatchObject([502, { error: { code: 'provider_auth' } }])
  })

  test('that pass are tried again', async () => {
    await using own = await startGateway()
    let asked = 0
    provider.answers((res, received) =>
      document(asked++ === 0 ? {} : completion, { status: asked === 1 ? 500 : 200 })(res, received),
    )
    const reply = await call('openai/chat/completions', chat, {}, own)
    expect(reply.status).toBe(200)
    await reply.text()
    expect(own.receipts[0]?.tries).toHaveLength(2)
  })
})

describe('hostile paths reach nobody', () => {
  const port = (): string => new URL(it.url).port
  test.each([
    ['openai/../../admin', 404],
    ['openai/chat/completions/../../files', 404],
    ['openai/%2e%2e/files', 404],
    ['openai/chat%2fcompletions', 404],
    ['openai//chat/completions', 404],
    ['openai/chat//completions', 404],
    ['openai/chat/completions/', 404],
    ['openai/v1/v1/chat/completions', 404],
    ['openai/Chat/Completions', 404],
    ['openai/chat\\completions', 404],
    ['openai/chat/completions%00', 404],
    ['openai/chat/completions;x', 404],
    ['openai/http://evil.example/chat/completions', 404],
    ['openai/files', 404],
    ['openai/batches', 404],
    ['openai/fine_tuning/jobs', 404],
    ['openai/assistants', 404],
    ['openai/organization/usage', 404],
    ['openai/messages', 404],
    ['openai', 404],
    ['openai/', 404],
    ['anthropic/chat/completions', 404],
    ['google/models/..%2f..:generateContent', 404],
    ['google/models/gemini-3.8-flash:deleteEverything', 404],
    ['google/models/a/b:generateContent', 404],
    ['google/models/gemini-3.8-flash:generateContent?key=AIzaSomething', 400],
    ['google/models/gemini-3.8-flash:generateContent?alt=sse&key=x', 400],
    ['openai/chat/completions?api-version=1', 400],
    ['evil.example/chat/completions', 400],
    ['http:%2f%2fevil.example/chat/completions', 400],
    ['@evil.example/chat/completions', 400],
    ['openai@evil.example/chat/completions', 400],
    ['../openai/chat/completions', 404],
    ['__proto__/chat/completions', 400],
    [`openai/models/${'a'.repeat(400)}`, 404],
  ])('%s', async (path, status) => {
    const body = JSON.stringify(chat)
    const headers = { 'content-type': 'application/json', host: `127.0.0.1:${port()}` }
    const reply = await raw({ method: 'POST', path: `/v1/passthrough/${path}`, headers, body })
    expect(statusOf(reply)).toBe(status)
    expect(JSON.parse(bodyOf(reply))).toMatchObject({ error: { gateway: {} } })
    expect(provider.received).toEqual([])
    expect(it.receipts).toEqual([])
  })

  test("an absolute URL as the request's target leads nowhere", async () => {
    const reply = await raw({
      method: 'POST',
      path: 'http://evil.example/v1/passthrough/openai/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat),
    })
    expect(statusOf(reply)).toBe(404)
    expect(provider.received).toEqual([])
  })

  test.each(['PUT', 'DELETE', 'PATCH'])('%s is not taken', async (method) => {
    const reply = await fetch(`${it.url}/v1/passthrough/openai/models/gpt-6-luna`, { method })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, POST'])
    expect(provider.received).toEqual([])
  })
})

describe('headers', () => {
  test('of the caller stay here, but for those that a wire has', async () => {
    provider.answers(document({}))
    const headers = {
      authorization: 'Bearer caller-key',
      'x-api-key': 'caller-key',
      'x-goog-api-key': 'caller-key',
      cookie: 'session=1',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=10.0.0.1',
      'proxy-authorization': 'Basic x',
      referer: 'http://here',
      'user-agent': 'caller/1',
      te: 'trailers',
      'x-real-ip': '10.0.0.1',
      'openai-organization': 'org-caller',
      'openai-beta': 'responses=v1',
      'anthropic-version': '2099-01-01',
      'anthropic-beta': 'files-api',
      'idempotency-key': 'once',
      traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
      'content-type': 'application/json',
    }
    const send = (path: string, body: object) =>
      raw({ method: 'POST', path: `/v1/passthrough/${path}`, headers, body: JSON.stringify(body) })
    await send('openai/chat/completions', chat)
    await send('anthropic/messages', { model: 'claude-haiku-5-5', max_tokens: 1, messages: [] })
    await send('google/models/gemini-3.8-flash:generateContent', { contents: [] })
    const common = {
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
      connection: 'keep-alive',
      'content-length': expect.any(String),
      'content-type': 'application/json',
      host: new URL(provider.url).host,
      'idempotency-key': 'once',
      'user-agent': 'ai-gateway-mcp',
      'x-gateway-hop': expect.stringMatching(/^gw_/),
    }
    expect(provider.received.map((each) => each.headers)).toEqual([
      { ...common, authorization: 'Bearer key-a', 'openai-beta': 'responses=v1' },
      { ...common, 'x-api-key': 'key-c', 'anthropic-version': '2099-01-01', 'anthropic-beta': 'files-api' },
      { ...common, 'x-goog-api-key': 'key-g' },
    ])
  })

  test('that no client may send are left out', async () => {
    provider.answers(document({}))
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'naïve' }
    const body = JSON.stringify(chat)
    const reply = await raw({ method: 'POST', path: '/v1/passthrough/openai/chat/completions', headers, body })
    expect(statusOf(reply)).toBe(200)
    expect(provider.received[0]?.headers['idempotency-key']).toBeUndefined()
  })

  test("of the provider stay there, but for those that are the caller's business", async () => {
    provider.answers(
      document(completion, {
        headers: {
          'set-cookie': 'a=b',
          'x-ratelimit-remaining-requests': '9',
          'openai-processing-ms': '12',
          'openai-organization': 'org-secret',
          'openai-project': 'proj_secret',
          'access-control-allow-origin': '*',
          'strict-transport-security': 'max-age=1',
          'cf-ray': 'x',
          server: 'nginx',
          'x-request-id': 'up_2',
          'x-gateway-provider': 'lies',
        },
      }),
    )
    const reply = await call('openai/chat/completions', chat)
    await reply.text()
    const names = [...reply.headers.keys()].filter(
      (name) => !/^(x-gateway|date|connection|keep-alive|transfer)/.test(name),
    )
    expect(names.toSorted()).toEqual(
      [
        'cache-control',
        'content-security-policy',
        'content-type',
        'cross-origin-resource-policy',
        'openai-processing-ms',
        'referrer-policy',
        'x-content-type-options',
        'x-frame-options',
        'x-ratelimit-remaining-requests',
        'x-request-id',
        'x-trace-id',
        'x-upstream-request-id',
      ].toSorted(),
    )
    expect(reply.headers.get('x-gateway-provider')).toBe('openai')
    expect(reply.headers.get('x-request-id')).toMatch(/^req_/)
  })
})

describe('hostile bodies reach nobody', () => {
  test.each([
    ['no JSON', '{"model":', 400, 'invalid_json'],
    ['a list', '[]', 400, 'invalid_request'],
    ['a text', '"hi"', 400, 'invalid_request'],
    ['nothing', '', 400, 'invalid_json'],
    ['a prototype', '{"model":"gpt-6-luna","__proto__":{"a":1}}', 400, 'invalid_request'],
    ['a depth without end', `{"model":"gpt-6-luna","a":${'['.repeat(300)}${']'.repeat(300)}}`, 400, 'invalid_request'],
    ['another address', '{"model":"gpt-6-luna","api_base":"http://evil.example"}', 400, 'invalid_request'],
    ['another URL', '{"model":"gpt-6-luna","base_url":"http://evil.example"}', 400, 'invalid_request'],
    ['another key', '{"model":"gpt-6-luna","api_key":"sk-x"}', 400, 'invalid_request'],
    ['an answer kept at the account', '{"model":"gpt-6-luna","previous_response_id":"resp_1"}', 400, 'invalid_request'],
    ['a conversation kept there', '{"model":"gpt-6-luna","conversation":{"id":"conv_1"}}', 400, 'invalid_request'],
    ['an answer for later', '{"model":"gpt-6-luna","background":true}', 400, 'invalid_request'],
    ['no model', '{"messages":[]}', 400, 'invalid_request'],
    ['a model that is no text', '{"model":7}', 400, 'invalid_request'],
    ['a model that nobody knows', '{"model":"gpt-99"}', 404, 'model_not_found'],
    ['a model of somebody else', '{"model":"claude-haiku-5-5"}', 404, 'model_not_found'],
    ['a model that is gone', '{"model":"gpt-4"}', 404, 'model_retired'],
  ])('%s', async (_what, body, status, code) => {
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
    const reply = await raw({ method: 'POST', path: '/v1/passthrough/openai/chat/completions', headers, body })
    expect([statusOf(reply), JSON.parse(bodyOf(reply)).error.code]).toEqual([status, code])
    expect(provider.received).toEqual([])
  })

  test('one that is too large is refused by its length', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': String(it.config.http.maxBodyBytes + 1) }
    const reply = await raw({ method: 'POST', path: '/v1/passthrough/openai/chat/completions', headers })
    expect(statusOf(reply)).toBe(413)
  })

  test('one that is no JSON by its type is refused', async () => {
    const reply = await call('openai/chat/completions', JSON.stringify(chat), { 'content-type': 'text/plain' })
    expect(reply.status).toBe(415)
    expect(provider.received).toEqual([])
  })
})

describe('a limit on cost', () => {
  const limited = (path: string, body: object, max: string): Promise<Response> =>
    call(path, body, { 'x-gateway-max-cost-usd': max })

  test('refuses what may pass it at worst, and lets through what cannot', async () => {
    provider.answers(document(completion))
    const dear = await limited('openai/chat/completions', { ...chat, max_tokens: 100_000 }, '0.001')
    expect([dear.status, await dear.json()]).toMatchObject([400, { error: { code: 'limit_unsatisfiable' } }])
    const cheap = await limited('openai/chat/completions', { ...chat, max_tokens: 100 }, '0.001')
    expect(cheap.status).toBe(200)
    await cheap.text()
    expect(provider.received).toHaveLength(1)
  })

  test('holds for the larger of two bounds on the answer: which of them a provider reads is its own matter', async () => {
    const reply = await limited(
      'openai/chat/completions',
      { ...chat, max_completion_tokens: 1, max_tokens: 100_000 },
      '0.001',
    )
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { code: 'limit_unsatisfiable' } }])
    expect(provider.received).toEqual([])
  })

  test.each([{ max_tokens: 1.5 }, { max_tokens: -100_000 }, { n: 1.5 }, { n: 1e308 }, { max_tokens: 1e308, n: 1e308 }])(
    'is held to whatever a payload asks for: %o',
    async (odd) => {
      provider.answers(document({ error: { message: 'No.' } }, { status: 400 }))
      const reply = await limited('openai/chat/completions', { ...chat, ...odd }, '0.000000001')
      expect([reply.status, await reply.json()]).toMatchObject([400, { error: { code: 'limit_unsatisfiable' } }])
      expect(provider.received).toEqual([])
      const unlimited = await call('openai/chat/completions', { ...chat, ...odd })
      expect([unlimited.status, await unlimited.json()]).toEqual([400, { error: { message: 'No.' } }])
    },
  )

  test('refuses what has no price', async () => {
    const reply = await limited('openai/images/generations', { model: 'gpt-image-9', prompt: 'x' }, '5')
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { code: 'price_unknown' } }])
    expect(provider.received).toEqual([])
  })
})

describe('memory', () => {
  test('answers what always has the same answer, and nothing else', async () => {
    provider.answers(document({ results: [] }))
    const ask = async (path: string, body: object) => {
      const reply = await call(path, body)
      return [reply.headers.get('x-gateway-cache'), await reply.text()]
    }
    const moderated = { input: 'remember me' }
    expect(await ask('openai/moderations', moderated)).toEqual(['miss', '{"results":[]}'])
    expect(await ask('openai/moderations', moderated)).toEqual(['exact', '{"results":[]}'])
    expect(await ask('openai/v1/moderations', moderated)).toEqual(['exact', '{"results":[]}'])
    expect(await ask('openai-compatible/moderations', moderated)).toEqual(['miss', '{"results":[]}'])
    expect((await ask('openai/chat/completions', chat))[0]).toBe('bypass')
    expect((await ask('openai/chat/completions', chat))[0]).toBe('bypass')
    expect(
      it.receipts
        .filter(({ cache }) => cache === 'exact')
        .map(({ operation, costNanoUsd }) => [operation, costNanoUsd]),
    ).toEqual([
      ['passthrough', 0n],
      ['passthrough', 0n],
    ])
  })

  test('keeps no refusal', async () => {
    provider.answers(document({ error: { message: 'no' } }, { status: 400 }))
    await (await call('openai/moderations', { input: 'refused' })).text()
    provider.answers(document({ results: [1] }))
    expect(await (await call('openai/moderations', { input: 'refused' })).json()).toEqual({ results: [1] })
  })
})

test('the rate of a caller holds here too', async () => {
  provider.answers(document({}))
  await using own = await startApp({
    env: () => ({ OPENAI_BASE_URL: `${provider.url}/v1` }),
    change: limitCallers(requestsAMinute(1)),
  })
  const ask = () => fetch(`${own.url}/v1/passthrough/openai/models`)
  expect((await ask()).status).toBe(200)
  expect((await ask()).status).toBe(429)
  expect(provider.received).toHaveLength(1)
})

describe("Google's own client", () => {
  test("speaks to Google through the gateway, plain and in a stream, with the gateway's key for its own", async () => {
    const said = (text: string) => ({
      candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 1, totalTokenCount: 3 },
      modelVersion: 'gemini-3.8-flash',
    })
    const client = new GoogleGenAI({
      apiKey: 'gateway-key',
      httpOptions: { baseUrl: `${it.url}/v1/passthrough/google` },
    })
    provider.answers(document(said('Hello')))
    const answer = await client.models.generateContent({ model: 'gemini-3.8-flash', contents: 'Hi' })
    expect(answer.text).toBe('Hello')

    provider.answers((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const text of ['Hel', 'lo']) res.write(`data: ${JSON.stringify(said(text))}\r\n\r\n`)
      res.end()
    })
    let streamed = ''
    for await (const chunk of await client.models.generateContentStream({ model: 'gemini-3.8-flash', contents: 'Hi' }))
      streamed += chunk.text
    expect(streamed).toBe('Hello')
    expect(provider.received.map(({ url, headers }) => [url, headers['x-goog-api-key']])).toEqual([
      ['/v1beta/models/gemini-3.8-flash:generateContent', 'key-g'],
      ['/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse', 'key-g'],
    ])
    expect(it.receipts).toMatchObject([{ usage: { inputTokens: 2 } }, { usage: { inputTokens: 2 } }])
  })
})
