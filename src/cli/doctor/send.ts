import { request as requestPlain } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'

export interface Question {
  url: string
  method?: 'GET' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: string
}

/** Where the time went, from the first look-up, each step by itself. Null: there was no such step. */
export interface Timings {
  dnsMs: number | null
  tcpMs: number
  tlsMs: number | null
  /** From the connection's being ready to the first byte of the answer. */
  firstByteMs: number
}

/** An answer whose body has yet to come. */
export interface Opened {
  response: IncomingMessage
  status: number
  headers: Readonly<Record<string, string>>
  timings: Timings
  /** Last moment of the TLS certificate; null without TLS. */
  certificateUntilMs: number | null
  /** Such as `TLSv1.3`; null without TLS. */
  tlsVersion: string | null
}

export interface Reply extends Omit<Opened, 'response'> {
  text: string
  /** Undefined where the body is not JSON. */
  json: unknown
}

const maxBodyBytes = 4 * 1024 * 1024

/**
 * Sends one request on a connection of its own, so that every step can be timed and `host` may be foreign. Follows no
 * redirect: keys are for the host that was named.
 * @throws the network's error, or the signal's reason
 */
export const open = (question: Question, signal: AbortSignal): Promise<Opened> =>
  new Promise((resolve, reject) => {
    const { url, method = 'GET', headers = {}, body } = question
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const options = { method, headers: { ...length, ...headers }, agent: false, signal }
    const outgoing = url.startsWith('https:')
      ? requestTls(url, { ...options, servername: serverNameOf(url) })
      : requestPlain(url, options)
    const marks = { started: performance.now(), found: 0, connected: 0, secured: 0 }
    outgoing.once('socket', (socket) => {
      socket.once('lookup', () => (marks.found = performance.now()))
      socket.once('connect', () => (marks.connected = performance.now()))
      socket.once('secureConnect', () => (marks.secured = performance.now()))
    })
    // Listened to for good: an aborted request may say so more than once.
    outgoing.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    outgoing.once('response', (response) => {
      const { socket } = response
      resolve({
        response,
        status: response.statusCode ?? 0,
        headers: plainHeaders(response),
        timings: timingsOf(marks, performance.now()),
        tlsVersion: socket instanceof TLSSocket ? socket.getProtocol() : null,
        certificateUntilMs: socket instanceof TLSSocket ? Date.parse(socket.getPeerCertificate().valid_to) : null,
      })
    })
    outgoing.end(body)
  })

/** Whose certificate is asked for: without this Node takes it from the `host` header. TLS knows no addresses: empty, it names nobody. */
const serverNameOf = (url: string): string => {
  const { hostname } = new URL(url)
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : ''
}

/** The whole answer. @throws as `open` does */
export const send = async (question: Question, signal: AbortSignal): Promise<Reply> => {
  const { response, ...head } = await open(question, signal)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBodyBytes) break
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return { ...head, text, json: parse(text) }
}

const timingsOf = (
  { started, found, connected, secured }: { started: number; found: number; connected: number; secured: number },
  answered: number,
): Timings => ({
  dnsMs: found === 0 ? null : found - started,
  tcpMs: connected - (found || started),
  tlsMs: secured === 0 ? null : secured - connected,
  firstByteMs: answered - (secured || connected),
})

const plainHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
