import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Json, JsonObject } from '../../src/contract/json.ts'

export interface SeenRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: JsonObject
}

export interface WireServer extends AsyncDisposable {
  /** Without a trailing slash. */
  url: string
  port: number
  requests: SeenRequest[]
  /** How many connections were ever made. */
  connections(): number
  /** Resolves once every connection that `act` used is closed. */
  idleAfter(act: () => Promise<void>): Promise<void>
}

type Handler = (request: SeenRequest, response: ServerResponse, incoming: IncomingMessage) => void

/** A real HTTP server on loopback that answers as a test says. */
export const startWireServer = async (handler: Handler): Promise<WireServer> => {
  const requests: SeenRequest[] = []
  let connections = 0
  const closings = new WeakMap<Socket, Promise<void>>()
  let used: (Promise<void> | undefined)[] = []

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body: JsonObject = JSON.parse(Buffer.concat(chunks).toString() || '{}')
      const { method = '', url = '', headers } = incoming
      const request = { method, path: url, headers, body }
      used.push(closings.get(incoming.socket))
      requests.push(request)
      handler(request, response, incoming)
    })
  })
  server.on('connection', (socket) => {
    connections += 1
    closings.set(socket, new Promise((resolve) => socket.once('close', () => resolve())))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no address.')

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    connections: () => connections,
    async idleAfter(act) {
      used = []
      await act()
      for (const closed of used) await closed
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Answers with JSON. */
export const sendJson = (
  response: ServerResponse,
  status: number,
  value: Json,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

/** Answers with a text in pieces, each given to the network by itself. */
export const sendPieces = async (
  response: ServerResponse,
  pieces: Iterable<string | Uint8Array>,
  contentType = 'text/event-stream',
  status = 200,
): Promise<void> => {
  response.writeHead(status, { 'content-type': contentType })
  for (const piece of pieces) {
    response.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}

/** A stream of events with these payloads. */
export const sse = (payloads: readonly Json[], end = ''): string =>
  payloads.map((payload) => `data: ${JSON.stringify(payload)}\n\n`).join('') + end
