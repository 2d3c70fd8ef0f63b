import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../support/app.ts'
import { publicUrl, startOauthApp } from '../support/oauth-app.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/** As a client that names another host than it reached: fetch would not. */
const ask = (
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; challenge: string; body: unknown }> =>
  new Promise((resolve, reject) => {
    request(url, { headers }, (res) => {
      const challenge = res.headers['www-authenticate'] ?? ''
      json(res).then((body) => resolve({ status: res.statusCode ?? 0, challenge, body }), reject)
    })
      .on('error', reject)
      .end()
  })

describe('the metadata of the resource', () => {
  test.each([
    ['', publicUrl],
    ['/', publicUrl],
    ['/mcp', `${publicUrl}/mcp`],
  ])('at %s names itself as the path says, and what tokens it takes', async (suffix, resource) => {
    await using app = await startOauthApp()
    const reply = await fetch(app.url + wellKnown + suffix)
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({
      resource,
      authorization_servers: [app.issuer.issuer],
      scopes_supported: ['gateway:use', 'gateway:admin'],
      bearer_methods_supported: ['header'],
      resource_name: 'AI Gateway',
    })
  })

  test('is found in both places where PUBLIC_URL has a path', async () => {
    await using app = await startOauthApp({ env: () => ({ PUBLIC_URL: `${publicUrl}/ai` }) })
    for (const path of ['/mcp', '/ai/mcp']) {
      const reply = await fetch(app.url + wellKnown + path)
      expect(await reply.json()).toMatchObject({ resource: `${publicUrl}/ai/mcp` })
    }
    const { challenge } = await ask(`${app.url}/v1/models`, {})
    expect(challenge).toContain(`resource_metadata="${publicUrl}/ai${wellKnown}"`)
  })

  test('takes GET only, needs no token, and is nowhere else', async () => {
    await using app = await startOauthApp()
    expect((await fetch(app.url + wellKnown, { method: 'POST' })).status).toBe(405)
    expect((await fetch(app.url + wellKnown, { method: 'HEAD' })).status).toBe(200)
    for (const path of [
      `${wellKnown}/other`,
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
    ])
      expect((await fetch(app.url + path)).status, path).toBe(404)
  })

  test.each(['google', 'iap'])(
    'is not there with OAUTH_VERIFIER=%s, where no client could log in',
    async (verifier) => {
      await using app = await startApp({
        env: {
          AUTH_MODE: 'oauth',
          OAUTH_VERIFIER: verifier,
          OAUTH_AUDIENCE: 'us',
          CONFIG_DIR: 'test/support/oauth-rows',
        },
      })
      expect((await fetch(app.url + wellKnown)).status).toBe(404)
      const { status, challenge } = await ask(`${app.url}/v1/models`, {})
      expect([status, challenge]).toEqual([401, 'Bearer'])
    },
  )

  test('does not name scopes that no token needs', async () => {
    await using app = await startOauthApp({
      change: (config) =>
        config.auth.mode === 'oauth'
          ? { ...config, auth: { ...config.auth, resource: { ...config.auth.resource, scopes: [] } } }
          : config,
    })
    expect(await (await fetch(app.url + wellKnown)).json()).toMatchObject({ scopes_supported: [] })
    const { challenge } = await ask(`${app.url}/v1/models`, {})
    expect(challenge).toBe(`Bearer resource_metadata="${publicUrl}${wellKnown}"`)
  })
})

describe('a hostile Host', () => {
  const hostile = ['evil.test', 'evil.test:443', '127.0.0.1.evil.test', 'gateway.test.evil.test']

  test.each(hostile)('"%s" is never repeated where PUBLIC_URL says the name', async (host) => {
    await using app = await startOauthApp()
    for (const path of [wellKnown, '/v1/models', '/mcp']) {
      const { challenge, body } = await ask(app.url + path, { host })
      expect(challenge + JSON.stringify(body)).not.toMatch(/https?:\/\/[^"]*evil/)
    }
  })

  test.each(hostile)('"%s" gets neither metadata nor a pointer to it where there is no PUBLIC_URL', async (host) => {
    await using app = await startOauthApp({ nameless: true })
    const metadata = await ask(app.url + wellKnown, { host })
    expect(metadata.status).toBe(403)
    const refused = await ask(`${app.url}/v1/models`, { host })
    expect(refused.status).toBe(401)
    expect(refused.challenge).toBe('Bearer scope="gateway:use"')
  })

  test('a known one is the name of a gateway without PUBLIC_URL', async () => {
    await using app = await startOauthApp({ nameless: true, env: () => ({ ALLOWED_HOSTS: 'ai.example.com' }) })
    const shape = z.object({ resource: z.string() })
    const resourceAt = async (host: string): Promise<string> =>
      shape.parse((await ask(`${app.url}${wellKnown}/mcp`, { host })).body).resource
    expect(await resourceAt('ai.example.com')).toBe('https://ai.example.com/mcp')
    expect(await resourceAt('AI.example.com:8443')).toBe('https://ai.example.com:8443/mcp')
    expect(await resourceAt('localhost:9')).toBe('http://localhost:9/mcp')
  })
})
