import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { bodyOf, exchangeRaw, rawRequest, statusOf } from './raw.ts'
import { apiKey, startHttp } from './start-http.ts'

test('/mcp is given to the MCP face with the caller', async () => {
  const seen: Exchange[] = []
  await using http = await startHttp({
    mode: 'api-key',
    mcp: async (exchange) => {
      seen.push(exchange)
      exchange.res.end('from mcp')
    },
  })
  const reply = await fetch(`${http.url}/mcp?x=1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
  })
  expect(await reply.text()).toBe('from mcp')
  expect(seen[0]).toMatchObject({ caller: { id: 'key_1' }, requestId: reply.headers.get('x-request-id') })
})

test.each(['GET', 'DELETE', 'TRACE', 'PROPFIND'])(
  '%s is no method of it, for nothing is kept between two calls',
  async (method) => {
    await using http = await startHttp()
    const reply = await exchangeRaw(http.port, rawRequest({ method, path: '/mcp' }))
    expect(statusOf(reply)).toBe(405)
    expect(reply).toContain('allow: POST')
    expect(JSON.parse(bodyOf(reply))).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32600 } })
  },
)

test('its refusals at the door are JSON-RPC errors', async () => {
  await using http = await startHttp({ mode: 'api-key' })
  const reply = await fetch(`${http.url}/mcp`, { method: 'POST' })
  expect(reply.status).toBe(401)
  expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  expect(await reply.json()).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: {
      code: -32000,
      message: 'This gateway needs an API key.',
      data: expect.objectContaining({ code: 'missing_api_key', param: null }),
    },
  })
})

test.each([
  [new GatewayError('invalid_json', 'Broken.'), -32700, 400],
  [new GatewayError('body_too_large', 'Long.'), -32600, 413],
  [new Error('secret'), -32603, 500],
])('what it throws is one too: %o', async (thrown, code, status) => {
  await using http = await startHttp({ mcp: () => Promise.reject(thrown) })
  const reply = await fetch(`${http.url}/mcp`, { method: 'POST' })
  expect(reply.status).toBe(status)
  expect(await reply.json()).toMatchObject({ jsonrpc: '2.0', error: { code } })
})

test('what it throws in the middle of its answer cuts the answer', async () => {
  await using http = await startHttp({
    mcp: async ({ res }) => {
      res.write('half')
      throw new Error('broken')
    },
  })
  await expect(fetch(`${http.url}/mcp`, { method: 'POST' }).then((reply) => reply.text())).rejects.toThrow()
})
