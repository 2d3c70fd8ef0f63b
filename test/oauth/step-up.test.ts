import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { earlierCall, modernCall, post } from '../mcp/support/post.ts'
import { publicUrl, startOauthApp } from '../support/oauth-app.ts'
import type { OauthApp } from '../support/oauth-app.ts'

let app: OauthApp
beforeAll(async () => {
  app = await startOauthApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const useOnly = { sub: 'admin-1', scope: 'gateway:use' }
const both = { sub: 'admin-1', scope: 'gateway:use gateway:admin' }
const bearer = async (claims: Record<string, unknown>): Promise<Record<string, string>> => ({
  authorization: `Bearer ${await app.token(claims)}`,
})

const adminCalls: [string, Record<string, unknown>][] = [
  ['manage_cache', { action: 'stats', scope: 'all' }],
  ['manage_cache', { action: 'clear', scope: 'all', dry_run: false }],
  ['get_usage_stats', { scope: 'all' }],
]
const eras: [string, typeof modernCall][] = [
  [
    '2025-11-25',
    (name, args) => ({ body: earlierCall(name, args), headers: {} as ReturnType<typeof modernCall>['headers'] }),
  ],
  ['2026-07-28', modernCall],
]

describe.each(eras)('a client of %s', (_era, callOf) => {
  const call = async (name: string, args: unknown, claims: Record<string, unknown>) => {
    const { body, headers } = callOf(name, args)
    return post(`${app.url}/mcp`, body, { ...headers, ...(await bearer(claims)) })
  }

  test.each(adminCalls)('is asked for all scopes of %s %j before it runs', async (name, args) => {
    const refused = await call(name, args, useOnly)
    expect(refused.status).toBe(403)
    const challenge = refused.headers.get('www-authenticate') ?? ''
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="gateway:use gateway:admin"')
    expect(challenge).toContain(`resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp"`)
    const served = await call(name, args, both)
    expect(served.status).toBe(200)
    expect(served.message).toMatchObject({ result: { content: expect.anything() } })
    expect(served.text).not.toContain('"isError":true')
  })

  test('whose row says no more than use is told so in the result: another token would not help', async () => {
    const reply = await call('manage_cache', { action: 'stats', scope: 'all' }, { scope: both.scope })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('www-authenticate')).toBeNull()
    expect(reply.text).toContain('insufficient_scope')
  })

  test.each<[string, unknown]>([
    ['manage_cache', { action: 'stats' }],
    ['manage_cache', { action: 'stats', scope: 'everybody' }],
    ['get_usage_stats', {}],
    ['gateway_status', {}],
    ['no_such_tool', { scope: 'all' }],
  ])('is not asked for more with %s %j', async (name, args) => {
    expect((await call(name, args, useOnly)).status).toBe(200)
  })
})

describe('the HTTP API', () => {
  test.each(['/api/usage?scope=all', '/api/stats?scope=all', '/api/traces?scope=all'])(
    '%s asks for both',
    async (path) => {
      const refused = await fetch(app.url + path, { headers: await bearer(useOnly) })
      expect(refused.status).toBe(403)
      expect(refused.headers.get('www-authenticate')).toBe(
        `Bearer error="insufficient_scope", scope="gateway:use gateway:admin", resource_metadata="${publicUrl}/.well-known/oauth-protected-resource"`,
      )
      expect((await fetch(app.url + path, { headers: await bearer(both) })).status).toBe(200)
      const never = await fetch(app.url + path, { headers: await bearer({ scope: both.scope }) })
      expect([never.status, never.headers.get('www-authenticate')]).toEqual([403, null])
    },
  )
})
