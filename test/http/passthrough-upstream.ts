import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'

/** What a provider received, to the byte. */
export interface Received {
  method: string
  /** With its query. */
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** The connection was closed before the reply was whole. */
  wasLeft: Promise<boolean>
}

export type Answer = (res: ServerResponse, received: Received) => void | Promise<void>

/** A provider that shows what it received and answers as the test says. */
export const startProvider = async () => {
  const received: Received[] = []
  let answer: Answer = (res) => void res.end('{}')

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = []
    req.on('data', (piece: Buffer) => pieces.push(piece))
    await once(req, 'end')
    const wasLeft = new Promise<boolean>((resolve) => void res.once('close', () => resolve(!res.writableFinished)))
    const entry = {
      method: req.method ?? '',
      url: req.url ?? '',
      headers: Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(pieces).toString(),
      wasLeft,
    }
    received.push(entry)
    await answer(res, entry)
  }
  const server = createServer((req, res) => void handle(req, res))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    received,
    answers: (next: Answer): void => void (answer = next),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers with a JSON document. */
export const document =
  (body: object, { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {}): Answer =>
  (res) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers })
    res.end(JSON.stringify(body))
  }
