import type { IncomingMessage } from 'node:http'
import type { Credential } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ResourceSettings } from '../contract/settings.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import type { Challenge } from './error.ts'
import { headerOf } from './exchange.ts'
import { hostNameOf, isKnownHost } from './guards.ts'
import type { DoorRules } from './guards.ts'

export interface Resource {
  /** @throws GatewayError invalid_request for a token in the query, and for two */
  credentialOf(req: IncomingMessage): Credential
  challenge: Challenge
  /** RFC 9728 for the resource that a path is the document of; null for every other path. @throws GatewayError */
  metadata(req: IncomingMessage, path: string): object | null
  /** Where the document of the resource that `path` belongs to is; null where there is none, or no name to give it. */
  metadataUrl(req: IncomingMessage, path: string): string | null
}

const wellKnown = '/.well-known/oauth-protected-resource'

/** The gateway as a protected resource: bearer tokens, what a refused caller should do, and its metadata (RFC 6750, 9728). */
export const createResource = (settings: ResourceSettings, rules: DoorRules): Resource => {
  const { authorizationServers, scopes, tokenIn } = settings
  // As a URL is written on the wire: it goes into headers.
  const publicUrl = settings.publicUrl === null ? null : new URL(settings.publicUrl).href.replace(/\/$/, '')
  const prefix = publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')

  /** The gateway's address; a name that a stranger made up is never repeated, for a client would log in for it. */
  const baseOf = (req: IncomingMessage): string | null => {
    if (publicUrl !== null) return publicUrl
    const host = headerOf(req, 'host')?.trim().toLowerCase() ?? ''
    const name = hostNameOf(host)
    if (name === null || !isKnownHost(name, rules)) return null
    return `${isLoopbackHost(name) ? 'http' : 'https'}://${host}`
  }

  const metadataUrl = (req: IncomingMessage, path: string): string | null => {
    const base = authorizationServers.length === 0 ? null : baseOf(req)
    return base === null ? null : `${base}${wellKnown}${path === '/mcp' ? '/mcp' : ''}`
  }

  /** `''` for the gateway as a whole, `'/mcp'` for its MCP face; a client may insert the path that PUBLIC_URL has. */
  const resourceOf = (path: string): '' | '/mcp' | null => {
    const rest = path.startsWith(wellKnown) ? path.slice(wellKnown.length).replace(/\/$/, '') : null
    if (rest === '' || rest === prefix) return ''
    return rest === '/mcp' || rest === `${prefix}/mcp` ? '/mcp' : null
  }

  return {
    credentialOf: (req) => {
      refuseQueryToken(req)
      const shown = req.headersDistinct[tokenIn] ?? []
      if (shown.length > 1)
        throw new GatewayError('invalid_request', `The header "${tokenIn}" is there ${shown.length} times; send one.`)
      const [value = ''] = shown
      const token = tokenIn === 'authorization' ? /^bearer +(\S+) *$/i.exec(value)?.[1] : value.trim()
      return token ? { kind: 'secret', secret: token } : { kind: 'none' }
    },

    challenge: (error, req, path) => {
      const url = metadataUrl(req, path)
      const metadata = url === null ? [] : [`resource_metadata="${url}"`]
      const [least] = scopes
      switch (error.code) {
        case 'missing_token':
          return challengeOf([...metadata, ...(least === undefined ? [] : [`scope="${least}"`])])
        case 'invalid_token':
          return challengeOf([
            'error="invalid_token"',
            `error_description="${error.message}"`,
            ...metadata,
            ...(least === undefined ? [] : [`scope="${least}"`]),
          ])
        case 'insufficient_scope': {
          const { scopes: wanted = [] } = error.detail
          if (wanted.length === 0) return null
          return challengeOf(['error="insufficient_scope"', `scope="${wanted.join(' ')}"`, ...metadata])
        }
        default:
          return null
      }
    },

    metadata: (req, path) => {
      const resource = authorizationServers.length === 0 ? null : resourceOf(path)
      if (resource === null) return null
      if (req.method !== 'GET' && req.method !== 'HEAD')
        throw new GatewayError('method_not_allowed', 'This path takes GET only.', { allow: ['GET', 'HEAD'] })
      const base = baseOf(req)
      if (base === null)
        throw new GatewayError('forbidden_host', 'The gateway does not know itself by this name: set PUBLIC_URL.')
      return {
        resource: `${base}${resource}`,
        authorization_servers: authorizationServers,
        scopes_supported: scopes,
        bearer_methods_supported: ['header'],
        resource_name: 'AI Gateway',
      }
    },

    metadataUrl,
  }
}

const challengeOf = (parameters: readonly string[]): string => ['Bearer', parameters.join(', ')].join(' ').trim()

/** A token in a URL is in every log on its way by now: RFC 6750 §5.3, and MCP forbids it. */
const refuseQueryToken = (req: IncomingMessage): void => {
  const query = new URLSearchParams((req.url ?? '').split('?').slice(1).join('?'))
  if (query.has('access_token'))
    throw new GatewayError(
      'invalid_request',
      'A token in the URL is not taken: send it in the "authorization" header.',
      {
        param: 'access_token',
      },
    )
}
