import { z } from 'zod'
import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { initialize } from '../initialize.ts'
import type { Patient } from '../patient.ts'
import { summaryOf } from '../replies.ts'
import type { Reply } from '../send.ts'

/** RFC 9728, as far as clients need it. */
const resourceShape = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.url({ protocol: /^https?$/ })).min(1),
  scopes_supported: z.array(z.string()).nullish(),
})
/** RFC 8414, the same. */
const serverShape = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  registration_endpoint: z.string().nullish(),
  client_id_metadata_document_supported: z.boolean().nullish(),
  code_challenge_methods_supported: z.array(z.string()).nullish(),
})

/** Whether an MCP client could find out how to log in. Nothing that proves who asks is sent on this way. */
export const oauth: Check = {
  name: 'oauth',
  needsAdmission: false,
  async *examine(patient, signal) {
    const { ask, target, mcp, quote } = patient
    if (!mcp) return
    const { origin, pathname } = new URL(target.mcp)
    const wellKnown = `${origin}/.well-known/oauth-protected-resource${pathname}`
    const [refused, document] = await Promise.all([
      ask({ ...initialize(target), as: 'nobody' }, signal),
      ask({ url: wellKnown, as: 'nobody' }, signal),
    ])
    const challenge = refused.headers['www-authenticate'] ?? ''
    const pointer = /\bresource_metadata="([^"]*)"/i.exec(challenge)?.[1] ?? null
    const isServed = document.status === 200
    if (pointer === null && !isServed) {
      yield unseen('not offered', 'discovery', 'No OAuth: whoever may come in has a key, or needs none.')
      return
    }
    yield judgeChallenge(refused, pointer, origin, quote)
    const metadata = isServed
      ? document
      : pointer !== null && isUnder(pointer, origin)
        ? await ask({ url: pointer, as: 'nobody' }, signal)
        : document
    const resource = resourceShape.safeParse(metadata.json).data
    if (metadata.status !== 200 || resource === undefined) {
      yield ill(
        'wrong',
        'metadata',
        `${summaryOf(metadata)}, where the resource should say who its authorization servers are.`,
        'Have the proxy in front let /.well-known/ through to the gateway.',
      )
      return
    }
    yield judgeResource(resource.resource, target.mcp, quote)
    if (resource.scopes_supported?.includes('offline_access') === true)
      yield ill('warning', 'scopes', 'offline_access is no scope of a resource.', 'Take it out of scopes_supported.')
    for (const issuer of resource.authorization_servers) yield* judgeServer(issuer, patient, signal)
  },
}

const isUnder = (url: string, origin: string): boolean => URL.canParse(url) && new URL(url).origin === origin

const judgeChallenge = (refused: Reply, pointer: string | null, origin: string, quote: Patient['quote']): Finding => {
  const subject = 'challenge'
  if (refused.status !== 401)
    return ill(
      'warning',
      subject,
      `Without a token: ${summaryOf(refused)}, no 401.`,
      'Clients begin to log in at a 401; demand a token (here: AUTH_MODE=oauth).',
    )
  if (pointer === null)
    return ill(
      'wrong',
      subject,
      'A 401 that does not name resource_metadata.',
      'Look for a proxy that changes WWW-Authenticate, or that refuses in place of the gateway.',
    )
  return isUnder(pointer, origin)
    ? works(subject, `A 401 that names ${quote(new URL(pointer).pathname)}.`)
    : ill(
        'wrong',
        subject,
        `It names metadata at another address: ${quote(pointer)}.`,
        'Set PUBLIC_URL to the address that clients use, or give clients that address.',
      )
}

/** A client refuses a resource that is not what it connects to, or what that is under. */
const judgeResource = (resource: string, mcpUrl: string, quote: Patient['quote']): Finding =>
  mcpUrl === resource.replace(/\/$/, '') || mcpUrl.startsWith(`${resource.replace(/\/$/, '')}/`)
    ? works('resource', `${quote(resource)}.`)
    : ill(
        'wrong',
        'resource',
        `It calls itself ${quote(resource)}, and clients come to ${mcpUrl}.`,
        'Set PUBLIC_URL to the address that clients use.',
      )

async function* judgeServer(
  issuer: string,
  { ask, quote }: Patient,
  signal: AbortSignal,
): AsyncGenerator<Finding, void> {
  const subject = `authorization server ${quote(new URL(issuer).host)}`
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = new Set([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ])
  for (const url of places) {
    // What was meant for the gateway is not for its authorization server, whatever it is.
    const reply = await ask.bare({ url }, signal).catch(() => null)
    const server = serverShape.safeParse(reply?.json).data
    if (reply?.status !== 200 || server === undefined) continue
    if (server.issuer !== issuer)
      yield ill(
        'wrong',
        subject,
        `Its metadata is of ${quote(server.issuer)}.`,
        'Write OAUTH_ISSUER exactly as the server calls itself.',
      )
    else if (server.code_challenge_methods_supported?.includes('S256') !== true)
      yield ill(
        'wrong',
        subject,
        'It does not say that it takes PKCE with S256, and clients then do not log in.',
        'Switch PKCE on there.',
      )
    else if (server.registration_endpoint == null && server.client_id_metadata_document_supported !== true)
      yield ill(
        'warning',
        subject,
        'Clients can neither register nor name a document of theirs.',
        'Register each client there, and give people its client id to paste.',
      )
    else
      yield works(
        subject,
        server.client_id_metadata_document_supported === true
          ? 'Clients name a document of theirs.'
          : 'Clients register themselves.',
      )
    return
  }
  yield ill(
    'wrong',
    subject,
    'No metadata at any of the places where clients look.',
    'Check OAUTH_ISSUER, and that the server can be reached from where clients are.',
  )
}
