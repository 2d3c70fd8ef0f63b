import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { startIssuer } from '../support/issuer.ts'
import type { Issuer } from '../support/issuer.ts'

const nowS = (): number => Math.floor(Date.now() / 1000)

/** A gateway that believes Google, whose keys are those of an issuer of ours. */
const startBehind = async (verifier: 'google' | 'iap', alg: string, audience: string) => {
  const issuer = await startIssuer({ alg })
  const app = await startApp({
    env: {
      AUTH_MODE: 'oauth',
      OAUTH_VERIFIER: verifier,
      OAUTH_AUDIENCE: audience,
      OAUTH_JWKS_URL: `${issuer.issuer}/keys`,
      CONFIG_DIR: 'test/support/oauth-rows',
    },
  })
  return { issuer, app }
}

describe('Google ID tokens', () => {
  let issuer: Issuer
  let app: TestApp
  beforeAll(async () => {
    ;({ issuer, app } = await startBehind('google', 'RS256', 'https://gateway.test'))
  })
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })

  const ada = { email: 'ada@example.com', email_verified: true }
  const show = async (claims: Record<string, unknown>): Promise<Response> => {
    const good = {
      iss: 'https://accounts.google.com',
      aud: 'https://gateway.test',
      sub: '1',
      iat: nowS(),
      exp: nowS() + 60,
    }
    const token = await issuer.sign({ ...good, ...claims })
    return fetch(`${app.url}/api/usage?scope=all`, { headers: { authorization: `Bearer ${token}` } })
  }

  test.each<[string, Record<string, unknown>, number]>([
    ['of an admin by his address', ada, 200],
    ['under the other name of Google', { ...ada, iss: 'accounts.google.com' }, 200],
    ['of a managed account, no admin', { ...ada, email: 'bob@example.com', hd: 'example.com' }, 403],
    ['whose address is not verified', { ...ada, email_verified: false }, 403],
    ['whose address nobody speaks of', { email: 'ada@example.com' }, 403],
    ['of a private account with an address of the domain', { ...ada, email: 'eve@example.com' }, 403],
    ['of another domain', { ...ada, email: 'ada@example.org', hd: 'example.org' }, 403],
    ['for another audience', { ...ada, aud: 'https://other.test' }, 401],
    ['of another issuer', { ...ada, iss: 'https://accounts.google.com.evil.test' }, 401],
    ['that has expired', { ...ada, exp: nowS() - 60 }, 401],
  ])('%s', async (_what, claims, status) => {
    const reply = await show(claims)
    expect(reply.status, await reply.clone().text()).toBe(status)
    expect(reply.headers.get('www-authenticate') ?? '').not.toContain('resource_metadata')
  })

  test('a managed account is not refused for want of a row', async () => {
    const reply = await show({ sub: '2', email: 'bob@example.com', email_verified: true, hd: 'Example.com' })
    expect(await reply.text()).toContain('insufficient_scope')
    const stranger = await show({ sub: '3', email: 'eve@example.com', email_verified: true })
    expect(await stranger.text()).toContain('unknown_principal')
  })
})

describe("IAP's assertions", () => {
  const audience = '/projects/1/locations/europe-west1/services/gateway'
  let issuer: Issuer
  let app: TestApp
  beforeAll(async () => {
    ;({ issuer, app } = await startBehind('iap', 'ES256', audience))
  })
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })

  const assertion = (claims: Record<string, unknown> = {}): Promise<string> =>
    issuer.sign({
      iss: 'https://cloud.google.com/iap',
      aud: audience,
      sub: 'accounts.google.com:1',
      email: 'ada@example.com',
      iat: nowS(),
      exp: nowS() + 60,
      ...claims,
    })
  const show = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${app.url}/api/usage?scope=all`, { headers })

  test('are read from their own header, whatever stands in "authorization"', async () => {
    const token = await assertion()
    expect((await show({ 'x-goog-iap-jwt-assertion': token })).status).toBe(200)
    expect((await show({ 'x-goog-iap-jwt-assertion': token, authorization: 'Bearer of-somebody-else' })).status).toBe(
      200,
    )
    expect((await show({ authorization: `Bearer ${token}` })).status).toBe(401)
    expect((await show({ 'x-goog-authenticated-user-email': 'accounts.google.com:ada@example.com' })).status).toBe(401)
  })

  test.each<[string, Record<string, unknown>, number]>([
    ['for another service', { aud: '/projects/1/locations/europe-west1/services/other' }, 401],
    ['of another issuer', { iss: 'https://accounts.google.com' }, 401],
    ['that has expired', { exp: nowS() - 60 }, 401],
    ['of somebody whom no row is about', { email: 'eve@example.org' }, 403],
  ])('%s are refused', async (_what, claims, status) => {
    expect((await show({ 'x-goog-iap-jwt-assertion': await assertion(claims) })).status).toBe(status)
  })

  test('are ES256 and nothing else', async () => {
    await using other = await startIssuer({ alg: 'RS256' })
    const token = await other.sign({ iss: 'https://cloud.google.com/iap', aud: audience, sub: '1', exp: nowS() + 60 })
    expect((await show({ 'x-goog-iap-jwt-assertion': token })).status).toBe(401)
  })
})
