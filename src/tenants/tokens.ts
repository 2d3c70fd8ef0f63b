import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWSAlgorithm, JWTPayload } from 'jose'
import { z } from 'zod'
import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { OauthSettings } from '../contract/settings.ts'
import { createCallerOf } from './callers.ts'
import { createIssuerKeys } from './issuer-keys.ts'
import type { GetJson, IssuerKeys } from './issuer-keys.ts'
import type { Principal } from './principal.ts'

interface TokensDeps {
  settings: OauthSettings
  getJson: GetJson
  clock: Clock
  logger: Logger
}

/** Longer ones are none: with groups and all an access token has some 2 kB, and headers may have 16 kB together. */
const maxTokenLength = 8_192
/** How far an issuer's clock may be from ours. */
const clockToleranceS = 30

/**
 * What a signature may be made with. All have a public and a private half: of `none` and the HS family the issuer's
 * published keys would be the secret.
 */
const algorithms: Readonly<Record<OauthSettings['verifier'], JWSAlgorithm[]>> = {
  jwt: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  google: ['RS256'],
  iap: ['ES256'],
}

/** Kinds of token that an access token or an ID token calls itself, RFC 9068 §4 and RFC 7519 §5.1; most say nothing. */
const kinds = new Set(['at+jwt', 'application/at+jwt', 'jwt'])

/**
 * Reads what callers show with AUTH_MODE=oauth.
 * @returns a function from token to caller
 * @throws GatewayError invalid_token, unknown_principal, insufficient_scope, issuer_unavailable; nothing of a token is
 *   ever in a message
 */
export const createReadToken = ({ settings, getJson, clock, logger }: TokensDeps) => {
  const { verifier, audiences } = settings
  const keysOf = new Map(
    settings.issuers.map((issuer) => [issuer.issuer, createIssuerKeys({ settings: issuer, getJson, clock, logger })]),
  )
  const callerOf = createCallerOf(settings)

  const verify = async (token: string, issuer: string, keys: IssuerKeys): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, (header, jws) => keys.find(header, jws), {
      algorithms: algorithms[verifier],
      issuer: spellingsOf(issuer),
      audience: [...audiences],
      clockTolerance: clockToleranceS,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'sub'],
    })
    return payload
  }

  return async (token: string): Promise<Caller> => {
    const issuer = issuerOf(token, verifier)
    const keys = keysOf.get(issuer)
    if (!keys) throw refusal('It is from an issuer that does not count here.')
    try {
      const payload = await verify(token, issuer, keys)
      // A token that is bound to a key is worth nothing without the proof, which we do not ask for: RFC 9449, RFC 8705.
      if (payload['cnf'] !== undefined) throw refusal('It is bound to a key, and the gateway takes bearer tokens only.')
      return callerOf(principalOf(payload, issuer, settings))
    } catch (error) {
      throw error instanceof GatewayError ? error : refusal(explain(error), error)
    }
  }
}

/** Whom a token claims to be from. Nothing of it is believed yet: it only says whose keys to try. */
const issuerOf = (token: string, verifier: OauthSettings['verifier']): string => {
  if (token.length > maxTokenLength) throw refusal(`It has more than ${maxTokenLength} characters.`)
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw refusal('It is no signed JWT.')
  const { alg, typ, iss } = readUnverified(token)
  if (!algorithms[verifier].some((known) => known === alg)) throw refusal('It is not signed in a way that counts here.')
  if (typ !== undefined && !(typeof typ === 'string' && kinds.has(typ.toLowerCase())))
    throw refusal('It is a JWT for something else.')
  return iss === bareGoogle && verifier === 'google' ? `https://${bareGoogle}` : (iss ?? '')
}

const readUnverified = (token: string) => {
  try {
    const { alg, typ } = decodeProtectedHeader(token)
    return { alg, typ, iss: decodeJwt(token).iss }
  } catch (error) {
    throw refusal('It is no signed JWT.', error)
  }
}

/** Google writes its name in both ways. */
const bareGoogle = 'accounts.google.com'
const spellingsOf = (issuer: string): string[] => (issuer === `https://${bareGoogle}` ? [issuer, bareGoogle] : [issuer])

const text = z.string().min(1).max(1_000)
const words = z.string().transform((said) => said.split(' ').filter((word) => word !== ''))
const wordList = z.union([z.array(z.string()), words])

/** Servers differ in where they write scopes: RFC 9068, Entra and Okta, Auth0. */
const claims = z.looseObject({
  sub: text,
  email: text.optional().catch(undefined),
  email_verified: z.union([z.boolean(), z.string()]).optional().catch(undefined),
  hd: text.optional().catch(undefined),
  scope: wordList.optional().catch(undefined),
  scp: wordList.optional().catch(undefined),
  permissions: wordList.optional().catch(undefined),
})

const groupList = z.union([z.array(z.string()), z.string().transform((one) => [one])])

const principalOf = (payload: JWTPayload, issuer: string, settings: OauthSettings): Principal => {
  const { verifier, groupsClaim } = settings
  const said = claims.safeParse(payload).data
  if (!said) throw refusal('Its subject cannot be read.')
  // IAP has seen to the address before it lets anybody through, and says no more about it.
  const isVerified = verifier === 'iap' || said.email_verified === true || said.email_verified === 'true'
  const email = isVerified ? (said.email?.toLowerCase() ?? null) : null
  return {
    issuer,
    subject: said.sub,
    email,
    // Google's word on an address proves who reads its mail, not whose account it is: that is `hd`.
    domain: verifier === 'jwt' ? (email?.split('@').at(-1) ?? null) : (said.hd?.toLowerCase() ?? null),
    groups: groupList.safeParse(payload[groupsClaim]).data ?? [],
    scopes: new Set([...(said.scope ?? []), ...(said.scp ?? []), ...(said.permissions ?? [])]),
  }
}

const refusal = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('invalid_token', `The token does not count. ${why}`, { cause })

/** What is wrong with a token, in our own words. */
const explain = (error: unknown): string => {
  if (error instanceof errors.JWTExpired) return 'It has expired.'
  if (error instanceof errors.JWTClaimValidationFailed)
    switch (error.claim) {
      case 'aud':
        return 'It is for another audience.'
      case 'nbf':
        return 'It is not valid yet.'
      case 'iss':
        return 'It is from an issuer that does not count here.'
      default:
        return 'It lacks a claim, or one is not as it should be.'
    }
  if (error instanceof errors.JWKSNoMatchingKey) return 'Its key is none of its issuer.'
  return 'Its signature is wrong.'
}
