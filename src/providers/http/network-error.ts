import { GatewayError } from '../../contract/errors.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import type { Redact } from './redact.ts'

/** What a failure of the network is called, by the code of Node's or undici's error. */
const words: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name does not exist',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before it answered',
  EPIPE: 'the connection was closed before it answered',
  EHOSTUNREACH: 'there is no route to its host',
  ENETUNREACH: 'there is no network to its host',
  ETIMEDOUT: 'no connection was made in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection was made in time',
  UND_ERR_SOCKET: 'the connection was closed before it answered',
  UND_ERR_PRX_TLS: 'the proxy refused the connection',
  UND_ERR_PRX_CONN: 'the proxy could not be reached',
  UND_ERR_ABORTED: 'the proxy refused the connection',
  UND_ERR_INVALID_ARG: 'its base URL, its key or a header of its row holds a character that cannot be sent',
}

/** A reply that is no HTTP: it will not be better next time, but another deployment may be. */
const garbage: ReadonlySet<string> = new Set(['HTTPParserError', 'HeadersOverflowError'])
const isWrongEncoding = (code: string): boolean => /^(Z_(?!BUF)|ERR_(BROTLI|ZSTD|_)|ZSTD_)/.test(code)
const isCertificate = (code: string): boolean => /CERT|SIGNATURE|ISSUER|TLS|SSL/.test(code) && !code.startsWith('UND_')

/**
 * A failure of the network in the gateway's words: `before` the reply's head or `during` its body. The cause keeps
 * code and text only: undici hangs sockets and raw bytes on its errors, which belong in no log.
 */
export const networkError = (
  thrown: unknown,
  row: ProviderRow,
  redact: Redact,
  phase: 'before' | 'during',
): GatewayError => {
  const { name, code, text } = describe(thrown)
  const detail = { provider: row.id, cause: new Error(redact(`${code} ${text}`.trim())) }
  if (garbage.has(name)) return new GatewayError('provider_bad_reply', `${row.title} did not answer in HTTP.`, detail)
  if (phase === 'during') {
    if (isWrongEncoding(code))
      return new GatewayError('provider_bad_reply', `The reply of ${row.title} is wrongly compressed.`, detail)
    return new GatewayError('provider_cut', `${row.title} closed the connection in the middle of its answer.`, detail)
  }
  const reason = isCertificate(code) ? 'its certificate is not trusted' : (words[code] ?? 'the connection failed')
  return new GatewayError('provider_unreachable', `${row.title} could not be reached: ${reason}.`, detail)
}

const describe = (thrown: unknown): { name: string; code: string; text: string } => {
  if (!(thrown instanceof Error)) return { name: '', code: '', text: String(thrown) }
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
  return { name: thrown.name, code, text: thrown.message }
}
