import { connect as connectSocket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import { earlierCall, modernCall, post, readAnswer } from './support/post.ts'
import { serveMcp } from './support/serve.ts'
import type { TestServer } from './support/serve.ts'

let server: TestServer
beforeAll(async () => {
  server = await serveMcp()
})
afterAll(() => server[Symbol.asyncDispose]())

const rpcError = (code: number, id: unknown = null) => ({
  jsonrpc: '2.0',
  id,
  error: { code, message: expect.any(String) },
})

/** Of a call that was cut off. */
const cutError = (code: string) => ({
  id: 1,
  error: { code: -32603, message: expect.stringMatching(`^${code}: .* What to do: `), data: { code, retryable: true } },
})

describe('what is no message is refused as JSON-RPC, never as HTML', () => {
  test.each([
    ['half JSON', '{"jsonrpc":', 400, -32700],
    ['an empty body', '', 400, -32700],
    ['a bare word', 'hello', 400, -32700],
    ['null', 'null', 400, -32600],
    ['a number', '7', 400, -32600],
    ['an object that is no message', '{"prompt":"hi"}', 400, -32600],
    ['an empty batch', '[]', 400, -32600],
    ['a batch of one', `[${earlierCall('gateway_status', {})}]`, 400, -32600],
    [
      // Answered by the SDK alone it would hold the response open for ever.
      'a batch that cancels its own call',
      `[${earlierCall('unified_completion', { prompt: 'hang batch' })},{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}]`,
      400,
      -32600,
    ],
  ])('%s', async (_what, body, status, code) => {
    const answer = await post(server.url, body)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.message).toEqual(rpcError(code))
  })

  test('a body of another type', async () => {
    const answer = await post(server.url, earlierCall('gateway_status', {}), { 'content-type': 'text/plain' })
    expect(answer.status).toBe(415)
    expect(answer.message).toEqual(rpcError(-32000))
  })

  test('a body beyond the bound, announced', async () => {
    const answer = await post(server.url, earlierCall('unified_completion', { prompt: 'x'.repeat(300_000) }))
    expect(answer.status).toBe(413)
    expect(answer.message).toEqual(rpcError(-32000))
  })

  test('a body beyond the bound, in chunks that announce nothing', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(8_192))
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
    })
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    }).catch((error: unknown) => error)
    // The server answers and hangs up; whether the client gets to read that before its next write fails is a race.
    if (response instanceof Response) expect((await readAnswer(response)).status).toBe(413)
    else expect(response).toBeInstanceOf(TypeError)
    expect((await post(server.url, earlierCall('gateway_status', {}))).status).toBe(200)
  })
})

describe('there is no session', () => {
  test.each(['GET', 'DELETE', 'PUT', 'OPTIONS'])('%s is not a method of the URL', async (method) => {
    const answer = await readAnswer(await fetch(server.url, { method, headers: { accept: 'text/event-stream' } }))
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST')
    expect(answer.message).toEqual(rpcError(-32000))
  })

  test('the headers of one are ignored, in both eras, and none is given', async () => {
    const stray = { 'mcp-session-id': '00000000-0000-4000-8000-000000000000', 'last-event-id': '7' }
    const modern = modernCall('gateway_status', {})
    for (const answer of [
      await post(server.url, earlierCall('gateway_status', {}), stray),
      await post(server.url, modern.body, { ...modern.headers, ...stray }),
    ]) {
      expect(answer.status).toBe(200)
      expect(answer.message).toMatchObject({ id: 1, result: { structuredContent: { ready: true } } })
      expect(answer.headers.get('mcp-session-id')).toBeNull()
    }
  })

  test('nothing is kept open for changes that never come', async () => {
    const answer = await post(
      server.url,
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'subscriptions/listen',
        params: {
          notifications: { toolsListChanged: true },
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' },
    )
    expect(answer.status).toBe(404)
    expect(answer.message).toMatchObject({ id: 1, error: { code: -32601 } })
  })

  test('a notification is taken and forgotten', async () => {
    const answer = await post(server.url, '{"jsonrpc":"2.0","method":"notifications/initialized"}')
    expect(answer.status).toBe(202)
    expect(answer.text).toBe('')
  })
})

describe('clients that say little', () => {
  test.each([['*/*'], ['application/json, */*;q=0.1']])('who accepts %s gets an answer', async (accept) => {
    const answer = await post(server.url, earlierCall('gateway_status', {}), { accept })
    expect(answer.status).toBe(200)
    expect(answer.message).toMatchObject({ result: { structuredContent: { ready: true } } })
  })

  test('who sends no Accept at all gets an answer, and who asks to close is let go', async () => {
    const { hostname, port, pathname } = new URL(server.url)
    const body = earlierCall('gateway_status', {})
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connectSocket(Number(port), hostname, () =>
        socket.write(
          `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        ),
      )
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })
    expect(reply).toMatch(/^HTTP\/1\.1 200 /)
    expect(reply.toLowerCase()).toContain('connection: close')
    expect(reply).toContain('"ready":true')
  })
})

describe('2026-07-28 headers are checked', () => {
  const call = modernCall('gateway_status', {})
  test.each([
    ['no Mcp-Method', { 'mcp-method': '' }, 400, -32020],
    ['an Mcp-Name of another tool', { 'mcp-name': 'manage_cache' }, 400, -32020],
    ['a version that is not served', { 'mcp-protocol-version': '2099-01-01' }, 400, -32020],
  ])('%s', async (_what, changed, status, code) => {
    const answer = await post(server.url, call.body, { ...call.headers, ...changed })
    expect(answer.status).toBe(status)
    expect(answer.message).toMatchObject({ error: { code } })
  })

  test('a version of the future in header and envelope is answered with those served', async () => {
    const body = call.body.replaceAll('2026-07-28', '2099-01-01')
    const answer = await post(server.url, body, { ...call.headers, 'mcp-protocol-version': '2099-01-01' })
    expect(answer.status).toBe(400)
    expect(answer.message).toMatchObject({ error: { code: -32022, data: { supported: ['2026-07-28'] } } })
  })
})

describe('junk as arguments becomes an error that can be corrected', () => {
  const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  test.each([
    ['a text', '"hello"'],
    ['an array', '[]'],
    ['a constructor', '{"constructor":{"prototype":{"x":1}},"prompt":"hi"}'],
    ['a __proto__ in a schema', '{"prompt":"hi","json_schema":{"__proto__":{"x":1}}}'],
    ['nesting beyond every stack', `{"prompt":"hi","json_schema":${deep(5_000)}}`],
    ['more elements than a conversation has', `{"prompt":"hi","stop":[${'"a",'.repeat(60_000)}"a"]}`],
    ['wrong types all over', '{"prompt":7,"messages":"x","model":{},"requirements":[],"tools":7,"stop":{}}'],
    ['names from the prototype', '{"prompt":"hi","model":"constructor:__proto__","provider":"toString"}'],
    ['neither prompt nor messages', '{}'],
    ['both prompt and messages', '{"prompt":"a","messages":[{"role":"user","content":"b"}]}'],
  ])('%s', async (_what, args) => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"unified_completion","arguments":${args}}}`
    const modern = modernCall('unified_completion', {})
    for (const answer of [
      await post(server.url, body),
      await post(server.url, modern.body.replace('"arguments":{}', `"arguments":${args}`), modern.headers),
    ]) {
      const { result, error } = answer.message as { result?: { isError: boolean }; error?: { code: number } }
      expect(error?.code === -32602 || error?.code === -32700 || result?.isError === true, answer.text).toBe(true)
      expect(answer.text).not.toMatch(/\bat .*\.(ts|mjs):\d+|RangeError|TypeError/)
    }
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a tool named %s is not there',
    async (name) => {
      const modern = modernCall(name, {})
      expect((await post(server.url, earlierCall(name, {}))).message).toMatchObject({ error: { code: -32602 } })
      expect((await post(server.url, modern.body, modern.headers)).message).toMatchObject({ error: { code: -32602 } })
    },
  )

  test('a __proto__ among the arguments does nothing', async () => {
    const args = '{"__proto__":{"use_cache":false,"isAdmin":true},"prompt":"proto"}'
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"unified_completion","arguments":${args}}}`
    await post(server.url, body)
    expect(server.services.gateway.calls.at(-1)?.request.cache).toMatchObject({ read: true, write: true })
  })

  test('the server still answers, and polluted nothing', async () => {
    expect((await post(server.url, earlierCall('gateway_status', {}))).status).toBe(200)
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false)
    expect(server.errors).toEqual([])
  })
})

describe.concurrent('a call that outlives the deadline', () => {
  test.each([
    [
      '2025-11-25',
      { body: earlierCall('unified_completion', { prompt: 'stubborn 2025' }), headers: {} },
      'stubborn 2025',
    ],
    ['2026-07-28', modernCall('unified_completion', { prompt: 'stubborn 2026' }), 'stubborn 2026'],
    [
      '2026-07-28 as a stream',
      modernCall('unified_completion', { prompt: 'stubborn stream' }, { progressToken: 'p' }),
      'stubborn stream',
    ],
  ])('ends in a JSON-RPC error and its work is stopped: %s', async (_era, { body, headers }, prompt) => {
    await using strict = await serveMcp({ requestDeadlineMs: 50 })
    const answer = await post(strict.url, body, headers)
    expect(answer.status).toBe(200)
    expect(answer.message).toMatchObject(cutError('deadline_exceeded'))
    await expect(strict.services.gateway.aborted(prompt)).resolves.toBeDefined()
  })

  test('ends in an event where the answer had begun to stream', async () => {
    await using strict = await serveMcp({ requestDeadlineMs: 50 })
    const { body, headers } = modernCall('unified_completion', { prompt: 'count 1000000' }, { progressToken: 'p' })
    const answer = await post(strict.url, body, headers)
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    expect(answer.text).toContain('notifications/progress')
    expect(answer.message).toMatchObject(cutError('deadline_exceeded'))
  })
})

test('calls that a stopping gateway cuts off end in an error that says so', async () => {
  await using stopping = await serveMcp()
  const modern = modernCall('unified_completion', { prompt: 'hang on' })
  const streaming = modernCall('unified_completion', { prompt: 'count 1000000' }, { progressToken: 'p' })
  const answers = [
    post(stopping.url, earlierCall('unified_completion', { prompt: 'hang on' })),
    post(stopping.url, modern.body, modern.headers),
    post(stopping.url, streaming.body, streaming.headers),
  ]
  while (stopping.services.gateway.calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 2))
  stopping.cut(new GatewayError('shutting_down', 'The gateway is shutting down.'))
  for (const { message } of await Promise.all(answers)) expect(message).toMatchObject(cutError('shutting_down'))
})

test('a socket that is cut stops the work in both eras', async () => {
  const modern = modernCall('unified_completion', { prompt: 'hang cut 2026' })
  for (const [prompt, body, headers] of [
    ['hang cut 2025', earlierCall('unified_completion', { prompt: 'hang cut 2025' }), {}],
    ['hang cut 2026', modern.body, modern.headers],
  ] as const) {
    const controller = new AbortController()
    const cut = fetch(server.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', accept: '*/*', ...headers },
      signal: controller.signal,
    })
      .then((response) => response.text())
      .catch(() => 'cut')
    while (server.services.gateway.calls.every(({ request }) => !JSON.stringify(request.messages).includes(prompt)))
      await new Promise((resolve) => setTimeout(resolve, 2))
    controller.abort()
    expect(await cut).toBe('cut')
    await expect(server.services.gateway.aborted(prompt)).resolves.toBeDefined()
  }
})
