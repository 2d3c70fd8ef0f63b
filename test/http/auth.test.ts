import { describe, expect, test } from 'vitest'
import { apiKey, chatBody, post, startHttp } from './start-http.ts'

describe('with keys', () => {
  test.each<Record<string, string>>([
    { authorization: `Bearer ${apiKey}` },
    { authorization: `bearer  ${apiKey} ` },
    { 'x-api-key': apiKey },
    { authorization: 'Basic dTpw', 'x-api-key': apiKey },
  ])('%j is let in as its owner', async (headers) => {
    await using http = await startHttp({ mode: 'api-key' })
    const reply = await post(http.url, chatBody, headers)
    expect(reply.status).toBe(200)
    expect(http.seen[0]?.context.caller).toEqual({ id: 'key_1', name: 'test', scope: 'use' })
  })

  test.each<[Record<string, string>, string]>([
    [{}, 'missing_api_key'],
    [{ authorization: 'Basic dTpw' }, 'missing_api_key'],
    [{ authorization: 'Bearer' }, 'missing_api_key'],
    [{ authorization: 'Bearer wrong' }, 'invalid_api_key'],
    [{ 'x-api-key': 'wrong' }, 'invalid_api_key'],
    [{ authorization: 'Bearer wrong', 'x-api-key': apiKey }, 'invalid_api_key'],
  ])('%j is turned away, without a word on how to get in by OAuth', async (headers, code) => {
    await using http = await startHttp({ mode: 'api-key' })
    const reply = await post(http.url, chatBody, headers)
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    expect(reply.headers.get('x-should-retry')).toBe('false')
    expect(await reply.json()).toMatchObject({ error: { code, type: 'authentication_error', param: null } })
    expect(http.seen).toEqual([])
  })

  test.each(['/v1/models', '/v1/models/auto', '/mcp', '/unified_completion', '/nowhere', '/'])(
    '%s tells nothing without one, not even whether it is there',
    async (path) => {
      await using http = await startHttp({ mode: 'api-key' })
      expect((await fetch(http.url + path)).status).toBe(401)
    },
  )

  test.each([
    ['/health', 200],
    ['/startup', 200],
    ['/live', 200],
    ['/ready', 200],
    ['/version', 200],
    ['/.well-known/oauth-protected-resource', 404],
    ['/.well-known/oauth-protected-resource/mcp', 404],
  ])('%s needs none and answers %i', async (path, status) => {
    await using http = await startHttp({ mode: 'api-key' })
    expect((await fetch(http.url + path)).status).toBe(status)
  })

  test('a wrong one is refused before the body is read', async () => {
    await using http = await startHttp({ mode: 'api-key' })
    const reply = await post(http.url, 'not JSON at all', { authorization: 'Bearer wrong' })
    expect(reply.status).toBe(401)
  })
})

test('without keys any credential is ignored, because clients insist on sending one', async () => {
  await using http = await startHttp()
  const reply = await post(http.url, chatBody, { authorization: 'Bearer sk-anything' })
  expect(reply.status).toBe(200)
  expect(http.seen[0]?.context.caller.id).toBe('local')
})
