import { createServer, request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { SecureContextOptions } from 'node:tls'

/** What a proxy between the doctor and a gateway does to what passes. */
export interface Habits {
  /** Sends an answer on when it has all of it. */
  buffers?: boolean
  /** Keeps what comes of a streamed answer until it has so many pieces, and is honest from then on. */
  holds?: number
  /** Stays with the gateway when its own caller has left. */
  ignoresLeaving?: boolean
  /** Answers in place of the gateway; null lets the request through. */
  answer?: (req: IncomingMessage) => { status: number; headers?: Record<string, string>; body: string } | null
  /** Changes the head of an answer. */
  changeHeaders?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders
  /** Changes the text of an answer, which it then buffers. */
  changeText?: (text: string, req: IncomingMessage) => string
  /** Replaces the page of an answer with this status or a higher one by one of its own. */
  htmlFrom?: number
}

export const webPage = '<!doctype html><html><title>502 Bad Gateway</title><h1>nginx</h1></html>'

/** A real reverse proxy. Host goes through as it came. */
export const startProxy = async (
  target: string,
  habits: Habits,
  tls: SecureContextOptions | null = null,
): Promise<AsyncDisposable & { url: string }> => {
  const pass = (req: IncomingMessage, res: ServerResponse): void => {
    const instead = habits.answer?.(req) ?? null
    if (instead !== null) {
      res.writeHead(instead.status, instead.headers ?? { 'content-type': 'text/html' }).end(instead.body)
      return
    }
    const outgoing = request(`${target}${req.url}`, { method: req.method, headers: req.headers, agent: false })
    outgoing.on('error', () => res.destroy())
    outgoing.on('response', (answer) => void passBack(answer, req, res, habits))
    if (habits.ignoresLeaving !== true) res.once('close', () => outgoing.destroy())
    req.pipe(outgoing)
  }
  return startServer(pass, tls)
}

const passBack = async (
  answer: IncomingMessage,
  req: IncomingMessage,
  res: ServerResponse,
  habits: Habits,
): Promise<void> => {
  const status = answer.statusCode ?? 502
  if (habits.htmlFrom !== undefined && status >= habits.htmlFrom) {
    answer.resume()
    res.writeHead(status, { 'content-type': 'text/html' }).end(webPage)
    return
  }
  const { 'content-length': _length, ...headers } = answer.headers
  const changed = habits.changeHeaders?.(headers) ?? headers
  res.sendDate = 'date' in changed
  try {
    if (habits.buffers === true || habits.changeText !== undefined) {
      const whole = await text(answer)
      res.writeHead(status, changed).end(habits.changeText?.(whole, req) ?? whole)
    } else {
      res.writeHead(status, changed).flushHeaders()
      const held: unknown[] = []
      let pieces = 0
      for await (const chunk of answer) {
        pieces += 1
        held.push(chunk)
        if (pieces >= (habits.holds ?? 0)) for (const one of held.splice(0)) res.write(one)
      }
      for (const one of held) res.write(one)
      res.end()
    }
  } catch {
    res.destroy()
  }
}

/** A server on a free port of this machine. */
export const startServer = async (
  handle: (req: IncomingMessage, res: ServerResponse) => void,
  tls: SecureContextOptions | null = null,
): Promise<AsyncDisposable & { url: string }> => {
  const server = tls ? createTlsServer(tls, handle) : createServer(handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
