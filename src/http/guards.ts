import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthMode } from '../admin/status.ts'
import type { Credential } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { HttpSettings } from '../contract/settings.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import type { Arrival } from './exchange.ts'
import { headerOf } from './exchange.ts'

/** Who may knock: what the guards go by. */
export interface DoorRules extends Pick<HttpSettings, 'host' | 'allowedHosts' | 'allowedOrigins'> {
  mode: AuthMode
}

/** A request that passed this many gateways is going in circles. */
const maxHops = 8

export const setSecurityHeaders = (res: ServerResponse): void => {
  res.setHeader('x-content-type-options', 'nosniff')
  res.setHeader('x-frame-options', 'DENY')
  res.setHeader('referrer-policy', 'no-referrer')
  res.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  res.setHeader('cross-origin-resource-policy', 'same-origin')
  res.setHeader('cache-control', 'no-store')
}

/**
 * The answer to DNS rebinding: a page whose name was pointed at this machine still sends its own name. Without keys only
 * loopback names and those allowed are served. With keys such a page has nothing to show, and the list holds where given.
 */
export const guardHost = (req: IncomingMessage, rules: DoorRules): void => {
  const name = hostNameOf(headerOf(req, 'host') ?? '')
  if (name === null) throw new GatewayError('forbidden_host', 'The "host" header is missing or not a host name.')
  if (rules.mode !== 'none' && rules.allowedHosts.length === 0) return
  if (!isKnownHost(name, rules))
    throw new GatewayError('forbidden_host', `The gateway does not answer to the host name "${name}".`)
}

/** Whether the gateway knows itself by this name. */
export const isKnownHost = (name: string, rules: Pick<DoorRules, 'host' | 'allowedHosts'>): boolean =>
  isLoopbackHost(name) ||
  name === rules.host.toLowerCase() ||
  rules.allowedHosts.some((host) => hostNameOf(host) === name)

/**
 * A web page may call only from the gateway's own origin, an allowed one or, without keys, this machine. Programs send
 * no Origin and pass. Without keys a request that a browser marks as another site's is refused even without Origin.
 */
export const guardOrigin = (req: IncomingMessage, rules: DoorRules): void => {
  const origin = headerOf(req, 'origin')
  if (origin === undefined) {
    if (rules.mode === 'none' && headerOf(req, 'sec-fetch-site') === 'cross-site')
      throw new GatewayError('forbidden_origin', 'The request comes from a web page of another site.')
    return
  }
  if (isListed(origin, rules)) return
  const page = /^https?:\/\//i.test(origin) && URL.canParse(origin) ? new URL(origin) : null
  const ours = page?.host === headerOf(req, 'host')?.toLowerCase()
  const local = page !== null && rules.mode === 'none' && isLoopbackHost(page.hostname)
  const crossSite = rules.mode === 'none' && headerOf(req, 'sec-fetch-site') === 'cross-site'
  if (page === null || crossSite || !(ours || local))
    throw new GatewayError('forbidden_origin', 'Web pages of this origin may not use the gateway.')
}

/** Whether an origin was allowed by name; only these get CORS headers. */
export const isListed = (origin: string, rules: Pick<DoorRules, 'allowedOrigins'>): boolean =>
  origin !== 'null' && rules.allowedOrigins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase())

/** Bodies are JSON: one that a page may send without a preflight (text, form) is refused, and so is a compressed one. */
export const guardContentType = (req: IncomingMessage): void => {
  if (!hasBody(req)) return
  const type = headerOf(req, 'content-type') ?? ''
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type))
    throw new GatewayError('unsupported_media_type', 'The body must be JSON in UTF-8 and say so.')
  const encoding = headerOf(req, 'content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    throw new GatewayError('unsupported_media_type', 'The body must not be compressed: leave out "content-encoding".')
}

/** Whether a body was announced. */
export const hasBody = (req: IncomingMessage): boolean =>
  headerOf(req, 'transfer-encoding') !== undefined || Number(headerOf(req, 'content-length') ?? 0) > 0

/** Refuses by the announced length, before a byte of the body is read. */
export const guardBodySize = (req: IncomingMessage, maxBodyBytes: number): void => {
  if (Number(headerOf(req, 'content-length') ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
}

export const tooLarge = (maxBodyBytes: number): GatewayError =>
  new GatewayError('body_too_large', `The body has more than ${maxBodyBytes} bytes.`)

/** A provider whose base URL leads back here would call us for ever, at the owner's cost. */
export const guardLoop = ({ hops }: Arrival, instanceId: string): void => {
  if (hops.includes(instanceId))
    throw new GatewayError('loop_detected', 'The request came back to the gateway that sent it.')
  if (hops.length >= maxHops) throw new GatewayError('loop_detected', `The request passed ${hops.length} gateways.`)
}

/** The key that a request shows: `Authorization: Bearer` before `x-api-key`, and the header of Google's clients. */
export const credentialOf = (req: IncomingMessage): Credential => {
  const bearer = /^bearer +(\S+) *$/i.exec(headerOf(req, 'authorization') ?? '')?.[1]
  const secret = bearer ?? (headerOf(req, 'x-api-key') ?? headerOf(req, 'x-goog-api-key'))?.trim()
  return secret ? { kind: 'secret', secret } : { kind: 'none' }
}

/** The name in a Host header, lower case, without port and trailing dot; null when it is none. */
export const hostNameOf = (host: string): string | null =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::\d{1,5})?$/.exec(host.trim().toLowerCase())?.[1] ?? null
