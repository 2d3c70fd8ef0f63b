import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { projectRoot as root } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const jwt = { AUTH_MODE: 'oauth', OAUTH_ISSUER: 'https://login.example.com', PUBLIC_URL: 'https://ai.example.com' }
const google = { AUTH_MODE: 'oauth', OAUTH_VERIFIER: 'google', OAUTH_AUDIENCE: 'client-1' }
const oneRow = 'callers:\n  - subject: u-1\n    name: Ada\n'

/** What is said against an environment and a config/callers.yaml; empty where nothing is. */
const problemsOf = (env: Record<string, string>, callers = oneRow): string[] => {
  using folder = temporaryFolder()
  mkdirSync(folder.path, { recursive: true })
  writeFileSync(path.join(folder.path, 'callers.yaml'), callers)
  try {
    loadConfig({ root, env: { ...env, CONFIG_DIR: folder.path } })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ key, problem, advice }) => `${key}: ${problem}: ${advice}`)
  }
}

const authOf = (env: Record<string, string>) => {
  using folder = temporaryFolder()
  writeFileSync(path.join(folder.path, 'callers.yaml'), oneRow)
  const { auth } = loadConfig({ root, env: { ...env, CONFIG_DIR: folder.path } })
  if (auth.mode !== 'oauth') throw new Error(`The mode is ${auth.mode}.`)
  return auth
}

describe('AUTH_MODE=oauth', () => {
  test('goes by an issuer and the public URL', () => {
    const { oauth, resource } = authOf({ ...jwt, HOST: '0.0.0.0' })
    expect(oauth).toMatchObject({
      verifier: 'jwt',
      issuers: [{ issuer: 'https://login.example.com', jwksUrl: null }],
      audiences: ['https://ai.example.com', 'https://ai.example.com/', 'https://ai.example.com/mcp'],
      scopes: { use: 'gateway:use', admin: 'gateway:admin' },
      unmapped: 'refuse',
    })
    expect(resource).toEqual({
      publicUrl: 'https://ai.example.com',
      authorizationServers: ['https://login.example.com'],
      scopes: ['gateway:use', 'gateway:admin'],
      tokenIn: 'authorization',
    })
  })

  test('keeps an issuer as it is written, for tokens name it to the last slash', () => {
    const { oauth } = authOf({ ...jwt, OAUTH_ISSUER: 'https://team.auth0.com/' })
    expect(oauth.issuers[0]?.issuer).toBe('https://team.auth0.com/')
  })

  test.each([
    ['google', 'https://accounts.google.com', 'authorization'],
    ['iap', 'https://cloud.google.com/iap', 'x-goog-iap-jwt-assertion'],
  ])('with OAUTH_VERIFIER=%s knows the issuer, and asks for no scopes', (verifier, issuer, tokenIn) => {
    const { oauth, resource } = authOf({ ...google, OAUTH_VERIFIER: verifier, HOST: '0.0.0.0' })
    expect(oauth.issuers.map((each) => each.issuer)).toEqual([issuer])
    expect(oauth.scopes).toEqual({ use: null, admin: null })
    expect(resource).toMatchObject({ authorizationServers: [], scopes: [], tokenIn })
  })
})

describe('a mistake in it is told, with what to do', () => {
  test.each<[string, Record<string, string>, string?]>([
    ['OAUTH_ISSUER: is not set', { ...jwt, OAUTH_ISSUER: '' }],
    ['OAUTH_ISSUER: "login.example.com" is no issuer', { ...jwt, OAUTH_ISSUER: 'login.example.com' }],
    ['OAUTH_ISSUER: "http://login.example.com" is no issuer', { ...jwt, OAUTH_ISSUER: 'http://login.example.com' }],
    ['OAUTH_ISSUER: "https://a.test?b" is no issuer', { ...jwt, OAUTH_ISSUER: 'https://a.test?b' }],
    ['OAUTH_ISSUER: "https://u:p@a.test" is no issuer', { ...jwt, OAUTH_ISSUER: 'https://u:p@a.test' }],
    [
      'OAUTH_ISSUER: names one issuer twice',
      { ...jwt, OAUTH_ISSUER: 'https://a.test,https://a.test' },
      'unmapped: use',
    ],
    ['OAUTH_ISSUER: is fixed by OAUTH_VERIFIER=google', { ...google, OAUTH_ISSUER: 'https://a.test' }],
    ['OAUTH_AUDIENCE: is not set', { ...google, OAUTH_AUDIENCE: '' }],
    ['OAUTH_JWKS_URL: would fetch keys in the clear', { ...jwt, OAUTH_JWKS_URL: 'http://a.test/keys' }],
    [
      'OAUTH_JWKS_URL: cannot belong to several issuers',
      { ...jwt, OAUTH_ISSUER: 'https://a.test,https://b.test', OAUTH_JWKS_URL: 'https://a.test/keys' },
      'unmapped: use',
    ],
    ['PUBLIC_URL: is not set', { ...jwt, PUBLIC_URL: '' }],
    ['PUBLIC_URL: is not set', { ...jwt, PUBLIC_URL: '', OAUTH_AUDIENCE: 'us', HOST: '0.0.0.0' }],
    ['OAUTH_VERIFIER: must be one of', { ...jwt, OAUTH_VERIFIER: 'jwks' }],
    ['OAUTH_VERIFIER: has no effect without AUTH_MODE=oauth', { OAUTH_VERIFIER: 'jwt' }],
    ['OAUTH_ISSUER: has no effect without AUTH_MODE=oauth', { OAUTH_ISSUER: 'https://a.test' }],
    ['API_KEY_HASHES: has no effect', { ...jwt, API_KEY_HASHES: 'a'.repeat(64) }],
    ['callers: nobody could come in', jwt, 'callers: []'],
    ['unmapped: would let in everybody who has a Google account', google, `${oneRow}unmapped: use`],
    ['callers[0]: does not say whose word counts', { ...jwt, OAUTH_ISSUER: 'https://a.test,https://b.test' }],
    ['callers[0].issuer: "https://c.test" is not among', jwt, `${oneRow}    issuer: https://c.test`],
    ['callers[0]: must say whom it is about', jwt, 'callers:\n  - name: Everybody'],
    ['callers[0].id: is kept for those', jwt, `${oneRow}    id: oauth_1`],
    ['callers[0].id: must be 1 to 64', jwt, `${oneRow}    id: ada@example.com`],
    ['scopes.use: must be one word', jwt, `${oneRow}scopes: {use: "a b"}`],
  ])('%s', (told, env, callers) => {
    const problems = problemsOf(env, callers)
    expect(
      problems.filter((problem) => problem.startsWith(told)),
      problems.join('\n'),
    ).toHaveLength(1)
  })

  test('and what is right is not', () => {
    expect(problemsOf(jwt)).toEqual([])
    expect(problemsOf({ ...jwt, OAUTH_ISSUER: 'http://keycloak:8080/realms/team' })).toEqual([])
    expect(problemsOf(google)).toEqual([])
    expect(problemsOf({ ...google, OAUTH_VERIFIER: 'iap' }, 'unmapped: use')).toEqual([])
  })
})
