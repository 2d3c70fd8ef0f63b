import type { IssuerSettings, OauthSettings, ResourceSettings } from '../contract/settings.ts'
import { isLoopbackHost, isPrivateHost } from '../lib/hosts.ts'
import { envProblem } from './env.ts'
import type { Env } from './env.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import { callersFile } from './schema/callers.ts'
import type { CallersEntry } from './schema/callers.ts'

/**
 * Issuers that are what they are, with their keys: developers.google.com/identity/gsi/web/guides/verify-google-id-token
 * and docs.cloud.google.com/iap/docs/signed-headers-howto (2026-11).
 */
const wellKnown = {
  google: { issuer: 'https://accounts.google.com', jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs' },
  iap: { issuer: 'https://cloud.google.com/iap', jwksUrl: 'https://www.gstatic.com/iap/verify/public_key-jwk' },
} as const satisfies Record<string, IssuerSettings>

const variables = ['OAUTH_VERIFIER', 'OAUTH_ISSUER', 'OAUTH_AUDIENCE', 'OAUTH_JWKS_URL'] as const

/** Settings of a mode that is not asked for are a mistake in what the owner believes. */
export const withoutOauth = (env: Env): Problem[] =>
  variables
    .filter((name) => env[name] !== undefined)
    .map((name) => envProblem(name, 'has no effect without AUTH_MODE=oauth', 'set that, or leave this out'))

/** What AUTH_MODE=oauth goes by: whose tokens count, for whom they must be, and who is who. */
export const readOauth = (env: Env, file: ConfigFile<CallersEntry>): { oauth: OauthSettings; problems: Problem[] } => {
  const verifier = env.OAUTH_VERIFIER ?? 'jwt'
  const callers = file.value ?? callersFile.parse({})
  const issuers = issuersOf(env, verifier)
  const audiences = env.OAUTH_AUDIENCE ?? (env.PUBLIC_URL === undefined ? [] : ownNames(env.PUBLIC_URL))
  return {
    oauth: {
      verifier,
      issuers,
      audiences,
      scopes: verifier === 'jwt' ? callers.scopes : { use: null, admin: null },
      groupsClaim: callers.groups_claim,
      callers: callers.callers,
      unmapped: callers.unmapped,
    },
    problems: [
      ...checkIssuers(env, verifier, issuers),
      ...checkAudience(env, verifier, audiences),
      ...(file.value === null ? [] : checkCallers(file, callers, verifier, issuers)),
    ],
  }
}

/**
 * What the gateway is to an authorization server. Google's and IAP's are none that an MCP client could log in at: the
 * first gives such clients tokens that nobody else can read, the second sees to it before a request comes here.
 */
export const resourceOf = ({ verifier, issuers, scopes }: OauthSettings, { PUBLIC_URL }: Env): ResourceSettings => ({
  publicUrl: PUBLIC_URL ?? null,
  authorizationServers: verifier === 'jwt' ? issuers.map(({ issuer }) => issuer) : [],
  scopes: [scopes.use, scopes.admin].filter((scope) => scope !== null),
  tokenIn: verifier === 'iap' ? 'x-goog-iap-jwt-assertion' : 'authorization',
})

const issuersOf = ({ OAUTH_ISSUER, OAUTH_JWKS_URL }: Env, verifier: OauthSettings['verifier']): IssuerSettings[] => {
  const jwksUrl = OAUTH_JWKS_URL ?? null
  if (verifier === 'jwt') return (OAUTH_ISSUER ?? []).map((issuer) => ({ issuer, jwksUrl }))
  const { issuer, jwksUrl: published } = wellKnown[verifier]
  return [{ issuer, jwksUrl: jwksUrl ?? published }]
}

/** The gateway as a resource, RFC 8707: as a whole and its MCP face. Clients write a bare origin with a slash and without. */
const ownNames = (publicUrl: string): string[] => {
  const name = new URL(publicUrl).href.replace(/\/$/, '')
  return [name, `${name}/`, `${name}/mcp`]
}

const checkIssuers = (env: Env, verifier: OauthSettings['verifier'], issuers: readonly IssuerSettings[]): Problem[] => {
  const problems: Problem[] = []
  const fault = (key: string, problem: string, advice: string): void =>
    void problems.push(envProblem(key, problem, advice))
  if (verifier === 'jwt' && issuers.length === 0)
    fault('OAUTH_ISSUER', 'is not set', 'name the authorization server, as in the `iss` of its tokens')
  if (verifier !== 'jwt' && env.OAUTH_ISSUER !== undefined)
    fault('OAUTH_ISSUER', `is fixed by OAUTH_VERIFIER=${verifier}`, 'leave it out')
  if (issuers.length > 1 && env.OAUTH_JWKS_URL !== undefined)
    fault(
      'OAUTH_JWKS_URL',
      'cannot belong to several issuers',
      'leave it out: their metadata says where their keys are',
    )
  for (const { issuer } of issuers)
    if (!isSafeUrl(issuer))
      fault(
        'OAUTH_ISSUER',
        `"${issuer.slice(0, 100)}" is no issuer`,
        'write an https URL without query and fragment; http is for hosts of your own network',
      )
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length)
    fault('OAUTH_ISSUER', 'names one issuer twice', 'drop one of the two')
  if (env.OAUTH_JWKS_URL !== undefined && !isSafeUrl(env.OAUTH_JWKS_URL))
    fault('OAUTH_JWKS_URL', 'would fetch keys in the clear', 'use https://')
  return problems
}

/** Whoever can change what we fetch of an issuer can be anybody, so nothing of it may cross a foreign network in the clear. */
const isSafeUrl = (text: string): boolean => {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const isPlain = protocol === 'http:' && isPrivateHost(hostname)
  return (protocol === 'https:' || isPlain) && username === '' && password === ''
}

const checkAudience = (env: Env, verifier: OauthSettings['verifier'], audiences: readonly string[]): Problem[] => {
  if (verifier !== 'jwt' && env.OAUTH_AUDIENCE === undefined)
    return [
      envProblem(
        'OAUTH_AUDIENCE',
        'is not set',
        verifier === 'iap'
          ? 'name the `aud` of IAP, such as /projects/NUMBER/locations/REGION/services/SERVICE'
          : 'name what ID tokens are made for: the OAuth client id, or the URL of the service',
      ),
    ]
  if (audiences.length === 0)
    return [envProblem('PUBLIC_URL', 'is not set', 'set it, or OAUTH_AUDIENCE: tokens must be for this gateway')]
  if (verifier === 'jwt' && env.PUBLIC_URL === undefined && !isLoopbackHost(env.HOST))
    return [envProblem('PUBLIC_URL', 'is not set', 'set it: clients could not find out where to log in')]
  return []
}

const checkCallers = (
  file: ConfigFile<CallersEntry>,
  { callers, unmapped }: CallersEntry,
  verifier: OauthSettings['verifier'],
  issuers: readonly IssuerSettings[],
): Problem[] => {
  const problems: Problem[] = []
  if (callers.length === 0 && unmapped === 'refuse')
    problems.push(
      file.problem(['callers'], 'nobody could come in with AUTH_MODE=oauth', 'add a row, or set unmapped: use'),
    )
  if (verifier === 'google' && unmapped === 'use')
    problems.push(
      file.problem(
        ['unmapped'],
        'would let in everybody who has a Google account: whoever likes makes a token for any audience',
        'set unmapped: refuse and say in rows who may come in',
      ),
    )
  const known = issuers.map(({ issuer }) => issuer)
  for (const [index, { issuer, principal }] of callers.entries())
    if (issuer === undefined && principal === undefined && issuers.length > 1)
      problems.push(
        file.problem(
          ['callers', index],
          'does not say whose word counts: any issuer could make a token that fits',
          `add issuer: ${known.join(' or ')}`,
        ),
      )
    else if (issuer !== undefined && !known.includes(issuer))
      problems.push(
        file.problem(
          ['callers', index, 'issuer'],
          `"${issuer}" is not among those that count`,
          `use ${known.join(' or ')}`,
        ),
      )
  return problems
}
