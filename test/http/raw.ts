import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'

/** Sends bytes as they are and gives back everything until the server closes. */
export const exchangeRaw = async (port: number, bytes: string | Buffer): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  return readToEnd(socket)
}

export const readToEnd = async (socket: Socket): Promise<string> => {
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => {})
  await once(socket, 'close')
  return Buffer.concat(pieces).toString()
}

/** A request with headers that fetch would not let through. */
export const rawRequest = ({
  method = 'GET',
  path = '/',
  headers = {},
  body = '',
}: {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string
}): string => {
  const all: Record<string, string> = { host: 'localhost', connection: 'close', ...headers }
  if (body !== '' && !('content-length' in all)) all['content-length'] = String(Buffer.byteLength(body))
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${body}`
}

export const statusOf = (reply: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1])
export const bodyOf = (reply: string): string => reply.slice(reply.indexOf('\r\n\r\n') + 4)
