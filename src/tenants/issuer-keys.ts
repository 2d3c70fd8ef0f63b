import { createLocalJWKSet, errors } from 'jose'
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose'
import { z } from 'zod'
import { GatewayError } from '../contract/errors.ts'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { IssuerSettings } from '../contract/settings.ts'
import { isPrivateHost } from '../lib/hosts.ts'

/** The public keys of one issuer, as they are now. */
export interface IssuerKeys {
  /**
   * The key that a token says it is signed with.
   * @throws GatewayError issuer_unavailable while no keys are known at all
   * @throws JWKSNoMatchingKey, JWKSMultipleMatchingKeys of jose
   */
  find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey>
}

/** Fetches a document as JSON. @throws whatever is in the way */
export type GetJson = (url: string, signal: AbortSignal) => Promise<unknown>

interface IssuerKeysDeps {
  settings: IssuerSettings
  getJson: GetJson
  clock: Clock
  logger: Logger
  /** Longest wait for an issuer, look-up and keys together. */
  timeoutMs?: number
}

/** Keys are read again after this time, so that one that was withdrawn does not live on. */
const maxAgeMs = 600_000
/** Least time between two reads: a flood of made-up key ids, or an issuer that is away, must not become a flood of ours. */
const cooldownMs = 30_000
/** The same before anything was ever read, when nobody can come in. */
const firstCooldownMs = 2_000
const maxKeys = 100

const keySet = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string() })).max(maxKeys),
})
const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() })

/**
 * Reads an issuer's keys when the first token comes and keeps them. An issuer that is away, slow or talks nonsense changes
 * nothing: the last good keys stay in force until it is back.
 */
export const createIssuerKeys = (deps: IssuerKeysDeps): IssuerKeys => {
  const { settings, getJson, clock, logger, timeoutMs = 5_000 } = deps
  let known: { find: ReturnType<typeof createLocalJWKSet>; readAtMs: number } | null = null
  let triedAtMs = -Infinity
  let reading: Promise<void> | null = null

  const readKeys = async (): Promise<void> => {
    triedAtMs = clock.now()
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const url = settings.jwksUrl ?? (await discover(settings.issuer, getJson, signal))
      const { keys } = keySet.parse(await getJson(url, signal))
      if (keys.length === 0) throw new Error(`${url} holds no keys.`)
      // Those of the octet kind are no public keys, and an issuer that publishes one has told everybody its secret.
      const usable: JSONWebKeySet = { keys: keys.filter(({ kty }) => kty !== 'oct') }
      known = { find: createLocalJWKSet(usable), readAtMs: clock.now() }
    } catch (error) {
      logger.warn(
        { issuer: settings.issuer, err: error, keys_kept: known !== null },
        `the keys of ${settings.issuer} cannot be read${known ? '; the last ones stay in force' : ''}`,
      )
    }
  }

  /** One read for all who wait for it; none while the last try is fresh. */
  const refresh = async (): Promise<void> => {
    const pauseMs = known ? cooldownMs : firstCooldownMs
    if (!reading && clock.now() - triedAtMs < pauseMs) return
    reading ??= readKeys().finally(() => (reading = null))
    await reading
  }

  const current = (): NonNullable<typeof known> => {
    if (!known)
      throw new GatewayError('issuer_unavailable', `The keys of ${settings.issuer} cannot be read at the moment.`, {
        retryAfterMs: firstCooldownMs,
      })
    return known
  }

  return {
    find: async (header, token) => {
      if (!known || clock.now() - known.readAtMs >= maxAgeMs) await refresh()
      const before = current()
      try {
        return await before.find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        await refresh()
        const after = current()
        if (after === before) throw error
        return after.find(header, token)
      }
    },
  }
}

/**
 * Where an issuer's own metadata says that its keys are: RFC 8414, then OpenID Connect Discovery, in the order of MCP's
 * specification. Metadata of another issuer than was asked for counts as none (RFC 8414 §3.3).
 */
const discover = async (issuer: string, getJson: GetJson, signal: AbortSignal): Promise<string> => {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
  const faults: unknown[] = []
  for (const place of new Set(places))
    try {
      const found = metadata.parse(await getJson(place, signal))
      if (found.issuer !== issuer) throw new Error(`${place} is of the issuer "${found.issuer.slice(0, 200)}".`)
      const { protocol, hostname } = new URL(found.jwks_uri)
      if (protocol !== 'https:' && !(protocol === 'http:' && isPrivateHost(hostname)))
        throw new Error(`${place} names keys that would come in the clear.`)
      return found.jwks_uri
    } catch (error) {
      signal.throwIfAborted()
      faults.push(error)
    }
  throw new AggregateError(faults, `No metadata of ${issuer} was found.`)
}
