import { expect, test } from 'vitest'
import { apiKey, chatBody, fails, post, startHttp } from './start-http.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

test("every reply names the request, and the caller's own name is kept beside", async () => {
  await using http = await startHttp()
  const reply = await post(http.url, chatBody, {
    'x-request-id': 'mine-1',
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  })
  expect(reply.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
  expect(reply.headers.get('x-trace-id')).toBe(traceId)
  expect(http.seen[0]?.context).toMatchObject({
    requestId: reply.headers.get('x-request-id'),
    clientRequestId: 'mine-1',
    traceId,
    face: 'http',
    incremental: false,
    hops: [],
  })
})

test.each(['/health', '/nowhere', '/v1/models', '/v1/chat/completions', '/v1/models/%E0%A4%A'])(
  '%s carries the names and the security headers, whatever the answer',
  async (path) => {
    await using http = await startHttp()
    const { headers } = await fetch(http.url + path)
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBeNull()
  },
)

test.each(['x'.repeat(129), 'two words', 'ümlaut'])(
  'a caller id that cannot stand in a log line is dropped: %j',
  async (id) => {
    await using http = await startHttp()
    await post(http.url, chatBody, { 'x-request-id': Buffer.from(id).toString('latin1') })
    expect(http.seen[0]?.context.clientRequestId).toBeNull()
  },
)

test.each(['nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${traceId}-00f067aa0ba902b7-01`])(
  'a trace header that is not valid starts a new trace: %s',
  async (traceparent) => {
    await using http = await startHttp()
    const reply = await post(http.url, chatBody, { traceparent })
    expect(reply.headers.get('x-trace-id')).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
    expect(reply.headers.get('x-trace-id')).not.toBe(traceId)
  },
)

test('the gateways passed before are handed on', async () => {
  await using http = await startHttp()
  await post(http.url, chatBody, { 'x-gateway-hop': 'gw-a, gw-b' })
  expect(http.seen[0]?.context.hops).toEqual(['gw-a', 'gw-b'])
})

test('an unknown failure tells the log everything and the caller nothing', async () => {
  await using http = await startHttp({ script: fails(new TypeError('secret detail')) })
  const reply = await post(http.url, chatBody)
  expect(reply.status).toBe(500)
  const said = await reply.text()
  expect(said).not.toContain('secret')
  expect(JSON.parse(said)).toMatchObject({ error: { code: 'internal', type: 'internal_error', param: null } })
  expect(http.logged).toMatchObject([
    {
      level: 'error',
      message: expect.stringMatching(/failed internal$/),
      fields: { request_id: reply.headers.get('x-request-id') },
    },
  ])
  expect(String(Reflect.get(http.logged[0]?.fields ?? {}, 'err'))).toContain('secret detail')
})

test('who is turned away at the door is in the log by his request id; a fault of a request only for who looks closer', async () => {
  await using http = await startHttp({ mode: 'api-key' })
  const stranger = await post(http.url, chatBody)
  const caller = await post(http.url, { ...chatBody, temperature: 9 }, { 'x-api-key': apiKey })
  expect([stranger.status, caller.status]).toEqual([401, 400])
  expect(http.logged).toEqual([
    {
      level: 'info',
      message: `${stranger.headers.get('x-request-id')}  refused 401 missing_api_key: This gateway needs an API key.`,
      fields: {
        request_id: stranger.headers.get('x-request-id'),
        code: 'missing_api_key',
        status: 401,
        param: null,
      },
    },
    {
      level: 'debug',
      message: `${caller.headers.get('x-request-id')}  refused 400 invalid_request`,
      fields: {
        request_id: caller.headers.get('x-request-id'),
        code: 'invalid_request',
        status: 400,
        param: 'temperature',
      },
    },
  ])
})
