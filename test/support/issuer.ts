import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'

/** What an authorization server does wrong. */
export interface Habits {
  /** Answers everything with this status. */
  status?: number
  /** Never answers. */
  hangs?: boolean
  /** Changes its metadata. */
  metadata?: (honest: Record<string, unknown>) => Record<string, unknown>
  /** Publishes this in place of its keys. */
  keys?: unknown
}

interface KeyPair {
  kid: string
  alg: string
  privateKey: CryptoKey
  publicJwk: JWK
}

/** A real authorization server on this machine: metadata, keys, registration, authorization code with PKCE. */
export interface Issuer extends AsyncDisposable {
  /** As tokens name it. */
  issuer: string
  habits: Habits
  /** Paths that were asked for. */
  asked: string[]
  /** Signs with the newest key; a claim that is undefined is left out. */
  sign(claims: JWTPayload & Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** New keys, and the old ones gone. */
  rotate(): Promise<void>
  /** The newest key. */
  key(): KeyPair
  /** Client metadata documents by the URL that is their client's id. */
  clientDocuments: Map<string, { redirect_uris: string[] }>
  /** Whoever logs in: claims of his tokens. */
  user: Record<string, unknown>
  /** Scopes that were asked for at the login, in order. */
  scopesAsked: string[]
  /** Resources that tokens were asked for. */
  resourcesAsked: string[]
  /** Clients that registered themselves. */
  registered: Map<string, { redirect_uris: string[] }>
}

interface Grant {
  clientId: string
  redirectUri: string
  challenge: string
  scope: string
  resource: string
}

const newKey = async (alg: string): Promise<KeyPair> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomUUID()
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** @param path of the issuer, such as `/realms/team` */
export const startIssuer = async ({ path = '', alg = 'ES256' } = {}): Promise<Issuer> => {
  let key = await newKey(alg)
  const grants = new Map<string, Grant>()
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const made: Issuer = {
    issuer: `${origin}${path}`,
    habits: {},
    asked: [],
    key: () => key,
    clientDocuments: new Map(),
    registered: new Map(),
    scopesAsked: [],
    resourcesAsked: [],
    user: { sub: 'user-1' },
    rotate: async () => {
      key = await newKey(alg)
    },
    sign: (claims, header = {}) =>
      new SignJWT({ iss: made.issuer, ...claims })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
        .sign(key.privateKey, { crit: { 'urn:test': true } }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const url = new URL(req.url ?? '/', origin)
    made.asked.push(url.pathname)
    const { status, hangs, metadata = (honest) => honest, keys } = made.habits
    if (hangs) return
    const json = (code: number, body: unknown): void =>
      void res.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (status !== undefined) return json(status, {})
    switch (url.pathname) {
      case `/.well-known/oauth-authorization-server${path}`:
        return json(
          200,
          metadata({
            issuer: made.issuer,
            authorization_endpoint: `${origin}/authorize`,
            token_endpoint: `${origin}/token`,
            registration_endpoint: `${origin}/register`,
            jwks_uri: `${origin}/keys`,
            response_types_supported: ['code'],
            grant_types_supported: ['authorization_code'],
            code_challenge_methods_supported: ['S256'],
            token_endpoint_auth_methods_supported: ['none'],
            authorization_response_iss_parameter_supported: true,
            client_id_metadata_document_supported: true,
          }),
        )
      case '/keys':
        return json(200, keys ?? { keys: [key.publicJwk] })
      case '/register': {
        const asked = JSON.parse(await text(req)) as { redirect_uris: string[] }
        const clientId = `client-${made.registered.size + 1}`
        made.registered.set(clientId, asked)
        return json(201, { ...asked, client_id: clientId })
      }
      case '/authorize':
        return authorize(url.searchParams, res)
      case '/token':
        return token(new URLSearchParams(await text(req)), json)
      default:
        return json(404, {})
    }
  }

  /** Whoever comes agrees at once. */
  const authorize = (asked: URLSearchParams, res: ServerResponse): void => {
    const get = (name: string): string => asked.get(name) ?? ''
    const client = made.registered.get(get('client_id')) ?? made.clientDocuments.get(get('client_id'))
    const isSafe = get('code_challenge_method') === 'S256' && get('response_type') === 'code'
    if (!client?.redirect_uris.includes(get('redirect_uri')) || !isSafe) {
      res.writeHead(400).end()
      return
    }
    const code = randomUUID()
    grants.set(code, {
      clientId: get('client_id'),
      redirectUri: get('redirect_uri'),
      challenge: get('code_challenge'),
      scope: get('scope'),
      resource: get('resource'),
    })
    made.scopesAsked.push(get('scope'))
    made.resourcesAsked.push(get('resource'))
    const back = new URL(get('redirect_uri'))
    back.search = new URLSearchParams({ code, state: get('state'), iss: made.issuer }).toString()
    res.writeHead(302, { location: back.href }).end()
  }

  const token = async (asked: URLSearchParams, json: (code: number, body: unknown) => void): Promise<void> => {
    const grant = grants.get(asked.get('code') ?? '')
    grants.delete(asked.get('code') ?? '')
    const proof = createHash('sha256')
      .update(asked.get('code_verifier') ?? '')
      .digest('base64url')
    const fits =
      grant?.challenge === proof &&
      grant.clientId === asked.get('client_id') &&
      grant.redirectUri === asked.get('redirect_uri') &&
      grant.resource === asked.get('resource')
    if (!grant || !fits) return json(400, { error: 'invalid_grant' })
    const nowS = Math.floor(Date.now() / 1000)
    const claims = { aud: grant.resource, scope: grant.scope, iat: nowS, exp: nowS + 300, ...made.user }
    const accessToken = await made.sign(claims, { typ: 'at+jwt' })
    json(200, { access_token: accessToken, token_type: 'Bearer', expires_in: 300, scope: grant.scope })
  }
  return made
}
