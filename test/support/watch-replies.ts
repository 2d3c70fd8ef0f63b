import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { faultsOf } from './reply-check.ts'

/** Where Node tells of every request that one of this process's servers begins to answer. */
const channel = 'http.server.request.start'
const exchange = z.object({ request: z.instanceof(IncomingMessage), response: z.instanceof(ServerResponse) })

/** Every gateway's reply bears it before its first byte; the sandbox's and other stand-ins' do not. */
const mark = 'x-trace-id'

const found: string[] = []
let judged = 0

/** How many replies were looked at so far: no fault among none would mean nothing. */
export const judgedReplies = (): number => judged

/** What was wrong since the last look, each with the request that it answered. */
export const takeFaults = (): string[] => found.splice(0)

/** Looks at everything that gateways of this process answer, until it is disposed. */
export const watchReplies = (): Disposable => {
  const watch = (message: unknown): void => {
    const { request, response } = exchange.parse(message)
    record(request, response)
  }
  subscribe(channel, watch)
  return { [Symbol.dispose]: () => void unsubscribe(channel, watch) }
}

/** Listens along to what is written. A reply is judged as it ends, before its reader has the last of it, or when it is cut. */
const record = (request: IncomingMessage, response: ServerResponse): void => {
  const pieces: Buffer[] = []
  let isJudged = false
  const keep = (piece: unknown): void => {
    if (!response.hasHeader(mark)) return
    if (typeof piece === 'string') pieces.push(Buffer.from(piece))
    else if (piece instanceof Uint8Array) pieces.push(Buffer.from(piece))
  }
  const judge = (): void => {
    if (isJudged || !response.hasHeader(mark)) return
    isJudged = true
    judged++
    const { method = '', url = '' } = request
    const path = url.split('?', 1)[0] ?? ''
    const reply = {
      method,
      path,
      status: response.statusCode,
      contentType: String(response.getHeader('content-type')),
      body: Buffer.concat(pieces).toString(),
    }
    const where = `${method} ${path} (${response.statusCode}, ${String(response.getHeader('x-request-id'))})`
    found.push(...faultsOf(reply).map((fault) => `${where}: ${fault}`))
  }
  response.write = new Proxy(response.write, {
    apply(write, self, args) {
      keep(args[0])
      return Reflect.apply(write, self, args)
    },
  })
  response.end = new Proxy(response.end, {
    apply(end, self, args) {
      keep(args[0])
      judge()
      return Reflect.apply(end, self, args)
    },
  })
  response.once('close', () => {
    if (pieces.length > 0) judge()
  })
}
