import { request } from 'undici'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { ProviderRow, SecretText } from '../contract/provider.ts'
import type { Clock } from '../contract/runtime.ts'
import { readBody } from './http/body.ts'
import { createDispatchers } from './http/dispatchers.ts'
import type { ProxySettings } from './http/dispatchers.ts'
import { networkError } from './http/network-error.ts'
import { createRedact } from './http/redact.ts'
import { createWatch } from './http/watch.ts'

interface UpstreamPost {
  row: ProviderRow
  /** Appended to the row's base URL. */
  path: string
  key: SecretText | null
  /** Of the dialect; the row's fixed headers win over them. */
  headers: Readonly<Record<string, string>>
  /** An object is written as JSON, a text goes as it is, and null asks by GET. */
  body: JsonObject | string | null
  hops: readonly string[]
  traceparent?: string | null | undefined
}

/** A reply whose head has come. Its body must be read, or left half read: then the connection is closed. */
export interface UpstreamReply {
  status: number
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>
  receivedAtMs: number
  /** Decoded bytes. Reading throws GatewayError as `post` does, or the signal's reason. */
  body: AsyncGenerator<Uint8Array, void>
  /** Takes the key that was sent, and whatever looks like one, out of a provider's words. */
  redact(text: string): string
}

export interface UpstreamHttp extends AsyncDisposable {
  /**
   * Sends one request. Redirects are not followed and nothing of a caller's own headers is sent.
   * @throws GatewayError provider_unreachable, provider_timeout, provider_stalled, provider_cut, provider_bad_reply
   * @throws the signal's reason as soon as it is aborted; the connection is closed at once
   */
  post(post: UpstreamPost, signal: AbortSignal): Promise<UpstreamReply>
}

const defaultMaxReplyBytes = 64 * 1024 * 1024

/** The one place that calls providers: pools of connections, keys, deadlines, and what went wrong in our own words. */
export const createUpstreamHttp = (options: {
  clock: Clock
  /** @default null: providers are reached directly */
  proxy?: ProxySettings | null
  /** Longest reply that is read, after decoding. */
  maxReplyBytes?: number
}): UpstreamHttp => {
  const { clock, proxy = null, maxReplyBytes = defaultMaxReplyBytes } = options
  const dispatchers = createDispatchers(proxy)

  return {
    async post({ row, path, key, headers, body, hops, traceparent = null }, signal) {
      signal.throwIfAborted()
      const watch = createWatch(row, signal)
      const redact = createRedact(key)
      try {
        const sent = request(row.baseUrl + path, {
          method: body === null ? 'GET' : 'POST',
          dispatcher: dispatchers.for(row),
          headers: {
            ...headers,
            ...row.headers,
            ...authorization(row, key),
            accept: 'application/json, text/event-stream',
            // A proxy in between that compresses anyway is decoded; asking for it would only delay a stream's events.
            'accept-encoding': 'identity',
            ...(body === null ? {} : { 'content-type': 'application/json' }),
            'user-agent': 'ai-gateway-mcp',
            'x-gateway-hop': hops.join(', '),
            ...(traceparent === null ? {} : { traceparent }),
          },
          body: typeof body === 'object' && body !== null ? JSON.stringify(body) : body,
          signal: watch.signal,
          // Ours run on the watch, which tells a slow first byte from a stall and knows when nobody is reading.
          headersTimeout: 0,
          bodyTimeout: 0,
        })
        const { statusCode, headers: raw, body: source } = await watch.head(sent)
        const received = flatten(raw)
        return {
          status: statusCode,
          headers: received,
          receivedAtMs: clock.now(),
          body: readBody({ source, encoding: received['content-encoding'], row, watch, redact, maxReplyBytes }),
          redact,
        }
      } catch (thrown) {
        watch.end()
        signal.throwIfAborted()
        throw thrown instanceof GatewayError ? thrown : networkError(thrown, row, redact, 'before')
      }
    },
    [Symbol.asyncDispose]: () => dispatchers.close(),
  }
}

const authorization = ({ auth }: ProviderRow, key: SecretText | null): Record<string, string> => {
  if (!key) return {}
  switch (auth) {
    case 'bearer':
      return { authorization: `Bearer ${key.reveal()}` }
    case 'x-api-key':
    case 'x-goog-api-key':
      return { [auth]: key.reveal() }
    case 'none':
      return {}
  }
}

const flatten = (headers: Dispatcher.ResponseData['headers']): Record<string, string> => {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  return flat
}
