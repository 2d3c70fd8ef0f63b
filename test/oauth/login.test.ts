import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import type { OAuthClientProvider as ModernProvider, VersionNegotiationMode } from '@modelcontextprotocol/client'
import type { OAuthClientProvider as EarlierProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as EarlierTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, test } from 'vitest'
import { startReachable } from '../support/oauth-app.ts'

const redirectUrl = 'http://127.0.0.1:1/callback'
const identity = { name: 'test', version: '0' }
const documentUrl = 'https://client.test/metadata.json'
const metadata = {
  client_name: 'test',
  redirect_uris: [redirectUrl],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

/** What a client keeps between its logins, and where it wants to send its user. */
interface Keeper {
  provider: EarlierProvider & ModernProvider
  /** Goes where the client sends its user, and comes back with what the server says. */
  visit(): Promise<URLSearchParams>
}

const createKeeper = (by: 'registration' | 'document'): Keeper => {
  let client: Awaited<ReturnType<EarlierProvider['clientInformation']>>
  let tokens: Awaited<ReturnType<EarlierProvider['tokens']>>
  let verifier = ''
  let destination: URL | null = null
  return {
    provider: {
      redirectUrl,
      clientMetadata: metadata,
      ...(by === 'document' ? { clientMetadataUrl: documentUrl } : {}),
      clientInformation: () => client,
      saveClientInformation: (saved) => void (client = saved),
      tokens: () => tokens,
      saveTokens: (saved) => void (tokens = saved),
      redirectToAuthorization: (url) => void (destination = url),
      saveCodeVerifier: (saved) => void (verifier = saved),
      codeVerifier: () => verifier,
    },
    visit: async () => {
      if (destination === null) throw new Error('The client did not send its user anywhere.')
      const reply = await fetch(destination, { redirect: 'manual' })
      destination = null
      const location = reply.headers.get('location')
      if (location === null) throw new Error(`The authorization server answered ${reply.status}.`)
      return new URL(location).searchParams
    },
  }
}

interface Session extends AsyncDisposable {
  protocol: string | undefined
  call(name: string, args: Record<string, unknown>): Promise<Record<string, unknown>>
  finish(callback: URLSearchParams): Promise<void>
}

const connectEarlier = async (url: URL, { provider, visit }: Keeper): Promise<Session> => {
  const first = new EarlierTransport(url, { authProvider: provider })
  await expect(new EarlierClient(identity).connect(first)).rejects.toThrow('Unauthorized')
  await first.finishAuth((await visit()).get('code') ?? '')
  const client = new EarlierClient(identity)
  const transport = new EarlierTransport(url, { authProvider: provider })
  await client.connect(transport)
  return {
    protocol: transport.protocolVersion,
    call: (name, args) => client.callTool({ name, arguments: args }),
    finish: async (callback) => transport.finishAuth(callback.get('code') ?? ''),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

const connectModern =
  (mode: VersionNegotiationMode) =>
  async (url: URL, { provider, visit }: Keeper): Promise<Session> => {
    const first = new ModernTransport(url, { authProvider: provider })
    await expect(new ModernClient(identity, { versionNegotiation: { mode } }).connect(first)).rejects.toThrow(
      'Unauthorized',
    )
    await first.finishAuth(await visit())
    const client = new ModernClient(identity, { versionNegotiation: { mode } })
    const transport = new ModernTransport(url, { authProvider: provider })
    await client.connect(transport)
    return {
      protocol: client.getNegotiatedProtocolVersion(),
      call: (name, args) => client.callTool({ name, arguments: args }),
      finish: (callback) => transport.finishAuth(callback),
      [Symbol.asyncDispose]: () => client.close(),
    }
  }

const clients = [
  { kind: 'SDK v1 client', connect: connectEarlier, speaks: '2025-11-25' },
  { kind: 'SDK v2 client, legacy', connect: connectModern('legacy'), speaks: '2025-11-25' },
  { kind: 'SDK v2 client, auto', connect: connectModern('auto'), speaks: '2026-07-28' },
  { kind: 'SDK v2 client, pinned', connect: connectModern({ pin: '2026-07-28' }), speaks: '2026-07-28' },
]

describe.each(clients)('$kind', ({ connect, speaks }) => {
  test.each(['registration', 'document'] as const)('logs in by %s, and its user asks a model', async (by) => {
    await using app = await startReachable()
    app.issuer.clientDocuments.set(documentUrl, metadata)
    await using session = await connect(new URL(`${app.url}/mcp`), createKeeper(by))
    expect(session.protocol).toBe(speaks)
    expect(app.issuer.resourcesAsked).toEqual([`${app.url}/mcp`])
    expect(app.issuer.scopesAsked).toEqual(['gateway:use'])
    expect(app.issuer.registered.size).toBe(by === 'registration' ? 1 : 0)

    const answer = await session.call('unified_completion', { prompt: 'Hello', model: 'gpt-6-luna' })
    expect(answer['isError'], JSON.stringify(answer)).not.toBe(true)
    expect(app.receipts.at(-1)?.caller).toMatchObject({ name: 'Ada', id: expect.stringMatching(/^oauth_/) })
  })

  test('asks its user for more when a call takes more, and then has it', async () => {
    await using app = await startReachable()
    app.issuer.user = { sub: 'admin-1' }
    const keeper = createKeeper('registration')
    await using session = await connect(new URL(`${app.url}/mcp`), keeper)
    const call = () => session.call('manage_cache', { action: 'stats', scope: 'all' })
    await expect(call()).rejects.toThrow()
    await session.finish(await keeper.visit())
    expect(app.issuer.scopesAsked).toEqual(['gateway:use', 'gateway:use gateway:admin'])
    expect((await call())['structuredContent']).toMatchObject({ scope: 'all' })
  })
})
