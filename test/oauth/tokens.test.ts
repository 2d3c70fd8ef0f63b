import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { once } from 'node:events'
import fc from 'fast-check'
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIssuer } from '../support/issuer.ts'
import { publicUrl, startOauthApp } from '../support/oauth-app.ts'
import type { OauthApp } from '../support/oauth-app.ts'

let app: OauthApp
beforeAll(async () => {
  app = await startOauthApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const nowS = (): number => Math.floor(Date.now() / 1000)

const chat = { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hi' }] }
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '0' } },
}
const faces = { http: ['/v1/chat/completions', chat], mcp: ['/mcp', initialize] } as const
type Face = keyof typeof faces

const knock = (face: Face, headers: Record<string, string>, suffix = ''): Promise<Response> => {
  const [path, body] = faces[face]
  return fetch(app.url + path + suffix, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  })
}
const show = (face: Face, token: string): Promise<Response> => knock(face, { authorization: `Bearer ${token}` })

const metadataOf = { http: '', mcp: '/mcp' } as const
const challengeUrl = (face: Face): string =>
  `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource${metadataOf[face]}"`

describe.each(['http', 'mcp'] as const)('%s', (face) => {
  test.each<[string, Record<string, unknown>]>([
    ['as it should be', {}],
    ['for the MCP face', { aud: `${publicUrl}/mcp` }],
    ['for several, us among them', { aud: ['https://other.test', publicUrl] }],
    ['expired within what clocks may differ by', { exp: nowS() - 10 }],
    ['with the scope of an admin alone', { scope: 'gateway:admin' }],
    ['with scopes as Entra writes them', { scope: undefined, scp: 'gateway:use other' }],
    ['with scopes as a list', { scope: undefined, scp: ['gateway:use'] }],
    ['with permissions as Auth0 writes them', { scope: undefined, permissions: ['gateway:use'] }],
  ])('a token %s is let in', async (_what, claims) => {
    const reply = await show(face, await app.token(claims))
    expect(reply.status, await reply.text()).toBe(200)
  })

  test('the caller is named by a hash, and nothing of the token is in ledger or reply', async () => {
    const token = await app.token({ sub: 'admin-1', scope: 'gateway:use gateway:admin' })
    expect((await show('http', token)).status).toBe(200)
    const caller = app.receipts.findLast((receipt) => receipt.caller.name === 'Root')?.caller
    expect(caller?.id).toMatch(/^oauth_[0-9a-f]{32}$/)
    expect(
      JSON.stringify(app.receipts, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('admin-1')
  })

  test.each<[string, string, () => Promise<string> | string]>([
    ['for another audience', 'another audience', () => app.token({ aud: 'https://other.test' })],
    [
      'for an audience that only begins like ours',
      'another audience',
      () => app.token({ aud: `${publicUrl}.evil.test` }),
    ],
    ['for no audience', 'another audience', () => app.token({ aud: undefined })],
    ['of another issuer', 'issuer', () => app.token({ iss: 'https://other.test' })],
    ['of no issuer', 'issuer', () => app.token({ iss: undefined })],
    ['that has expired', 'expired', () => app.token({ exp: nowS() - 60 })],
    ['that never expires', 'lacks a claim', () => app.token({ exp: undefined })],
    ['that is not valid yet', 'not valid yet', () => app.token({ nbf: nowS() + 60 })],
    ['of nobody', 'lacks a claim', () => app.token({ sub: undefined })],
    ['whose subject is no text', 'not', () => app.token({ sub: '' })],
    ['that is bound to a key', 'bound to a key', () => app.token({ cnf: { jkt: 'x' } })],
    ['that is for logging out', 'something else', () => app.token({}, { typ: 'logout+jwt' })],
    ['with an extension that nobody knows', 'signature', () => app.token({}, { crit: ['urn:test'], 'urn:test': 1 })],
    ['signed by somebody else', 'key is none', otherSigner],
    ['signed by somebody else under our key id', 'signature', () => otherSigner(app.issuer.key().kid)],
    ['without a signature', 'no signed JWT', unsigned],
    ['with alg none and a signature', 'not signed in a way', async () => `${await unsigned()}AAAA`],
    ['with HS256 over the public key', 'not signed in a way', hmacOverPublicKey],
    ['with a tampered claim', 'signature', tampered],
    ['of 8 kB', '8192 characters', () => app.token({ padding: 'x'.repeat(8_000) })],
    ['that is none', 'no signed JWT', () => 'gw_an-api-key'],
    ['that is three dots', 'no signed JWT', () => '...'],
    ['whose head is no JSON', 'no signed JWT', () => 'AAAA.AAAA.AAAA'],
  ])('a token %s is refused', async (_what, why, make) => {
    const token = await make()
    const reply = await show(face, token)
    expect(reply.status).toBe(401)
    const challenge = reply.headers.get('www-authenticate') ?? ''
    expect(challenge).toMatch(/^Bearer error="invalid_token", error_description="/)
    expect(challenge).toContain(challengeUrl(face))
    const said = await reply.text()
    expect(said).toContain('invalid_token')
    expect(said).toContain(why)
    expect(said + challenge).not.toContain(token)
    expect(said + challenge).not.toContain(token.split('.')[1] || 'no second part')
  })

  test('no token gets the way to one, and no error', async () => {
    for (const headers of [{}, { 'x-api-key': await app.token() }, { authorization: 'Basic dTpw' }]) {
      const reply = await knock(face, headers)
      expect(reply.status).toBe(401)
      expect(reply.headers.get('www-authenticate')).toBe(`Bearer ${challengeUrl(face)}, scope="gateway:use"`)
    }
  })

  test('a token without the scope gets the scope named', async () => {
    for (const scope of ['', 'openid', 'gateway:user', 'GATEWAY:USE', undefined]) {
      const reply = await show(face, await app.token({ scope }))
      expect(reply.status).toBe(403)
      expect(reply.headers.get('www-authenticate')).toBe(
        `Bearer error="insufficient_scope", scope="gateway:use", ${challengeUrl(face)}`,
      )
    }
  })

  test('somebody whom no row is about is told the id to ask by, and no scope to ask for', async () => {
    const reply = await show(face, await app.token({ sub: 'stranger', email: 'stranger@example.com' }))
    expect(reply.status).toBe(403)
    expect(reply.headers.get('www-authenticate')).toBeNull()
    const said = await reply.text()
    expect(said).toContain('unknown_principal')
    expect(said).toMatch(/oauth_[0-9a-f]{32}/)
    expect(said).not.toContain('stranger')
  })

  test('a token in the query is refused, even beside a good one', async () => {
    const token = await app.token()
    for (const headers of [{}, { authorization: `Bearer ${token}` }]) {
      const reply = await knock(face, headers, `?access_token=${token}`)
      expect(reply.status).toBe(400)
      expect(await reply.text()).not.toContain(token)
    }
  })

  test('two authorization headers are refused, whichever is good', async () => {
    const [path] = faces[face]
    const good = `authorization: Bearer ${await app.token()}`
    for (const pair of [
      [good, 'authorization: Bearer x'],
      ['authorization: Bearer x', good],
      [good, good],
    ])
      expect(await rawStatus(path, pair)).toBe(400)
  })
})

test('no token with a changed character is let in, wherever it is', async () => {
  const token = await app.token()
  expect((await show('http', token)).status).toBe(200)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...alphabet.split('')), async (at, character) => {
      const mutated = token.slice(0, at) + character + token.slice(at + 1)
      // The last character of a part holds bits that no byte is made of: the same bytes in other letters are the same token.
      fc.pre(mutated.split('.').map(bytesOf).join('.') !== token.split('.').map(bytesOf).join('.'))
      const reply = await show('http', mutated)
      expect(reply.status).toBe(401)
    }),
    { numRuns: 150 },
  )
})

test('no token that was cut, doubled, or put together from parts of good ones is let in', async () => {
  const [one, other] = await Promise.all([app.token(), app.token({ sub: 'admin-1', scope: 'gateway:admin' })])
  const [parts, others] = [one.split('.'), other.split('.')]
  const piece = fc.constantFrom(...parts, ...others, '', 'e30', 'bm9uZQ')
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), async (pieces) => {
      const made = pieces.join('.')
      fc.pre(made !== one && made !== other && made !== '')
      expect((await show('http', made)).status).toBe(401)
    }),
    { numRuns: 100 },
  )
})

const bytesOf = (part: string): string => Buffer.from(part, 'base64url').toString('hex')

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

async function otherSigner(kid = 'made-up'): Promise<string> {
  await using other = await startIssuer()
  return await new SignJWT(claimsOf(await app.token()))
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(other.key().privateKey)
}

async function unsigned(): Promise<string> {
  return new UnsecuredJWT(claimsOf(await app.token())).encode()
}

/** The old trick: the verifier takes the public key for the secret of an HMAC. */
async function hmacOverPublicKey(): Promise<string> {
  const { publicJwk, kid } = app.issuer.key()
  const publicKey = await importJWK(publicJwk, 'ES256', { extractable: true })
  if (publicKey instanceof Uint8Array) throw new Error('The key is no public one.')
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid })).toString('base64url')
  const body = (await app.token()).split('.')[1] ?? ''
  const signature = createHmac('sha256', await exportSPKI(publicKey))
    .update(`${head}.${body}`)
    .digest('base64url')
  return `${head}.${body}.${signature}`
}

async function tampered(): Promise<string> {
  const [head, , signature] = (await app.token()).split('.')
  const body = Buffer.from(JSON.stringify({ ...claimsOf(await app.token()), sub: 'admin-1' })).toString('base64url')
  return [head, body, signature].join('.')
}

/** The status of a request whose header lines are exactly these: fetch would join two of one name. */
const rawStatus = async (path: string, lines: readonly string[]): Promise<number> => {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    'content-length: 2',
    ...lines,
  ]
  socket.write(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n{}`)
  const [first] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(first.toString())?.[1])
}
