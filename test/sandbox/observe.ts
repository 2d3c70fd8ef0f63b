import { request } from 'node:http'

/** What a client saw on the connection. */
export interface Sight {
  /** Null when no reply began. */
  status: number | null
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
  /** The body as it was read, piece by piece. */
  chunks: readonly Buffer[]
  /** `open`: nothing more came, nothing was closed. */
  ended: 'complete' | 'cut' | 'reset' | 'open'
}

export interface Look {
  body?: unknown
  method?: string
  headers?: Readonly<Record<string, string>>
  /** Stops looking once this much is seen, and leaves. */
  enough?: (seen: { status: number | null; text: string }) => boolean
}

export const openaiHeaders = { 'content-type': 'application/json', authorization: 'Bearer test-key' }
export const anthropicHeaders = {
  'content-type': 'application/json',
  'x-api-key': 'test-key',
  'anthropic-version': '2023-06-01',
}

export const geminiHeaders = { 'content-type': 'application/json', 'x-goog-api-key': 'test-key' }

/** Sends a request over a connection of its own and reports what the socket did, which SDKs and fetch hide. */
export const observe = (url: string, look: Look = {}): Promise<Sight> => {
  const { method = 'POST', headers = openaiHeaders, body, enough } = look
  const { promise, resolve } = Promise.withResolvers<Sight>()
  const chunks: Buffer[] = []
  let status: number | null = null
  let replyHeaders: Sight['headers'] = {}
  const text = (): string => Buffer.concat(chunks).toString('utf8')
  const finish = (ended: Sight['ended']): void =>
    resolve({ status, headers: replyHeaders, text: text(), chunks, ended })
  const leaveWhenEnough = (): void => {
    if (enough?.({ status, text: text() }) !== true) return
    finish('open')
    outgoing.destroy()
  }

  const outgoing = request(url, { method, headers, agent: false }, (reply) => {
    status = reply.statusCode ?? null
    replyHeaders = reply.headers
    reply.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      leaveWhenEnough()
    })
    reply.once('end', () => finish('complete'))
    reply.once('error', (error: NodeJS.ErrnoException) => finish(kindOf(error)))
    leaveWhenEnough()
  })
  outgoing.once('error', (error: NodeJS.ErrnoException) => finish(kindOf(error)))
  outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  return promise
}

/** Node says "aborted" or "socket hang up" with the same code as a reset; only a real one comes from a system call. */
const kindOf = (error: NodeJS.ErrnoException): 'cut' | 'reset' => (error.syscall === 'read' ? 'reset' : 'cut')

/** The data of every event in a stream, in order, parsed; `[DONE]` stays as it is. */
export const eventsOf = (text: string): unknown[] =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']): unknown => (data === '[DONE]' ? data : JSON.parse(data)))
