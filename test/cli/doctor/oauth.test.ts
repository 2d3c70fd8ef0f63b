import { describe, expect, test } from 'vitest'
import { publicUrl, startOauthApp, startReachable } from '../../support/oauth-app.ts'
import type { OauthApp } from '../../support/oauth-app.ts'
import { startApp } from '../../support/app.ts'
import { examineAt } from './support/examine-at.ts'
import { startProxy } from './support/proxy.ts'

const serverOf = (app: OauthApp): string => `authorization server ${new URL(app.issuer.issuer).host}`

test('of a gateway at which people log in nothing is wrong, and its token is shown to nobody else', async () => {
  await using app = await startReachable()
  const { report, of, all } = await examineAt(app.url, { key: await app.token({ aud: app.url }) })
  expect(all('wrong')).toEqual([])
  expect(report.verdict).toBe('well')
  expect(of('oauth', 'challenge').said).toContain('/.well-known/oauth-protected-resource/mcp')
  expect(of('oauth', 'resource').said).toBe(`${app.url}/mcp.`)
  expect(of('oauth', serverOf(app)).said).toContain('document')
  expect(of('admission', 'your key').verdict).toBe('works')
  expect(of('admission', 'no key').verdict).toBe('works')
})

test('without a token the way to log in is looked at all the same', async () => {
  await using app = await startReachable()
  const { of } = await examineAt(app.url)
  expect(of('admission', 'without a key').said).toContain('missing_token')
  expect(of('oauth', serverOf(app)).verdict).toBe('works')
})

test('a gateway with keys offers no login, and is not blamed for it', async () => {
  await using it = await startApp()
  expect((await examineAt(it.url)).of('oauth', 'discovery').verdict).toBe('not offered')
})

test('a PUBLIC_URL that is not the address that clients use is told', async () => {
  await using app = await startOauthApp()
  const { of } = await examineAt(app.url)
  expect(of('oauth', 'challenge')).toMatchObject({ verdict: 'wrong', said: expect.stringContaining(publicUrl) })
  expect(of('oauth', 'resource')).toMatchObject({ verdict: 'wrong', todo: expect.stringContaining('PUBLIC_URL') })
})

describe('an authorization server', () => {
  test.each<[string, OauthApp['issuer']['habits'], string, string]>([
    ['that is away', { status: 503 }, 'wrong', 'No metadata'],
    [
      'that is another',
      { metadata: (honest) => ({ ...honest, issuer: 'https://other.test' }) },
      'wrong',
      'https://other.test',
    ],
    [
      'without PKCE',
      { metadata: (honest) => ({ ...honest, code_challenge_methods_supported: ['plain'] }) },
      'wrong',
      'S256',
    ],
    [
      'at which clients cannot register',
      {
        metadata: (honest) => ({
          ...honest,
          registration_endpoint: undefined,
          client_id_metadata_document_supported: false,
        }),
      },
      'warning',
      'register',
    ],
  ])('%s is told', async (_what, habits, verdict, said) => {
    await using app = await startReachable()
    app.issuer.habits = habits
    const { of } = await examineAt(app.url)
    expect(of('oauth', serverOf(app))).toMatchObject({ verdict, said: expect.stringContaining(said) })
  })
})

describe('a proxy', () => {
  test('that takes the challenge away is told', async () => {
    await using app = await startReachable()
    await using proxy = await startProxy(app.url, {
      changeHeaders: ({ 'www-authenticate': _gone, ...headers }) => headers,
    })
    const { of } = await examineAt(proxy.url)
    expect(of('oauth', 'challenge')).toMatchObject({
      verdict: 'wrong',
      said: expect.stringContaining('resource_metadata'),
    })
  })

  test('that answers for the well-known paths is told', async () => {
    await using app = await startOauthApp({ nameless: true })
    await using proxy = await startProxy(app.url, {
      answer: (req) => (req.url?.startsWith('/.well-known/') ? { status: 200, body: '<html>Welcome</html>' } : null),
    })
    const { of } = await examineAt(proxy.url)
    expect(of('oauth', 'metadata')).toMatchObject({ verdict: 'wrong', said: expect.stringContaining('web page') })
  })

  test('that says who it is, is named, and so are revision and region', async () => {
    await using it = await startApp()
    await using proxy = await startProxy(it.url, {
      changeHeaders: (headers) => ({
        ...headers,
        server: 'Google Frontend',
        'x-gateway-revision': 'gateway-00007-abc',
        'x-gateway-region': 'europe-west1',
      }),
    })
    const { of } = await examineAt(proxy.url)
    expect(of('front', 'in front').said).toBe("Google's front end.")
    expect(of('front', 'revision').said).toBe('gateway-00007-abc, in europe-west1.')
    expect((await examineAt(it.url)).of('front', 'revision').verdict).toBe('not observable')
  })
})
