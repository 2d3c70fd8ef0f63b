import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { toNodeHandler } from '@modelcontextprotocol/node'
import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node'
import { createMcpHandler, isJsonContentType } from '@modelcontextprotocol/server'
import type { McpServer } from '@modelcontextprotocol/server'
import { serveStdio as serveSdkStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Logger } from '../contract/runtime.ts'
import type { HttpSettings } from '../contract/settings.ts'
import { alarmWithin } from '../lib/abort.ts'
import { brokenOff, errorFrame, errorResponse } from './json-rpc.ts'
import { createServer } from './server.ts'
import type { ServerDeps, Session } from './server.ts'
import type { CallOrigin } from './tool.ts'

/** What the HTTP face has found out before it hands a request over. */
export interface McpHttpContext extends Omit<CallOrigin, 'face'> {
  caller: Caller
  /** Where a client learns how to log in; null where nobody does. */
  metadataUrl?: string | null
  /** Aborted when the caller leaves or the gateway stops; a GatewayError as its reason is told to the caller. */
  signal: AbortSignal
}

export type McpHttpHandler = (req: IncomingMessage, res: ServerResponse, context: McpHttpContext) => Promise<void>

export interface McpHttpDeps {
  /** Makes a server, with all that it offers, for one request. */
  buildServer: (session: Session) => McpServer
  settings: Pick<HttpSettings, 'maxBodyBytes' | 'requestDeadlineMs' | 'pingIntervalMs'>
  logger: Logger
}

/**
 * How much longer than the gateway's own deadline a response may stay open: time for the gateway's typed error, which
 * says more than ours, to arrive first.
 */
const graceMs = 1000

/**
 * Serves both protocol eras at one URL, statelessly: a server is made for every request and nothing is kept between
 * two. Host, Origin, key and request id have been seen to; the body is unread. The caller's leaving aborts the tool's
 * signal in both eras.
 */
export const createMcpHttpHandler = ({ buildServer, settings, logger }: McpHttpDeps): McpHttpHandler => {
  /** The SDK's factory sees a web Request and nothing of ours: this is the way from one to the other. */
  const sessions = new WeakMap<Request, Session>()

  const protocol = createMcpHandler(
    ({ requestInfo }) => {
      const session = requestInfo && sessions.get(requestInfo)
      if (!session) throw new Error('An MCP request reached the protocol without its caller.')
      return buildServer(session)
    },
    {
      legacy: 'stateless',
      responseMode: 'auto',
      keepAliveMs: settings.pingIntervalMs,
      onerror: (error) => logger.debug({ reason: error.message }, 'mcp request refused'),
    },
  )

  const serve = async (request: Request, session: Session, cut: AbortSignal): Promise<Response> => {
    if (request.method !== 'POST' || !isJsonContentType(request.headers.get('content-type')))
      return protocol.fetch(request)
    const message = parseJson(await request.text())
    if (message === undefined)
      return errorResponse(400, { code: -32700, message: 'Parse error: send one JSON-RPC message as JSON.' })
    // The protocol has no batches since 2025-06-18, and a cancellation inside one leaves the SDK's response open for ever.
    if (Array.isArray(message))
      return errorResponse(400, { code: -32600, message: 'Invalid Request: send one message per request, no batch.' })
    // Nothing that we declare can change, and the SDK would call its refusal of a subscription an error of ours.
    if (methodOf(message) === 'subscriptions/listen')
      return errorResponse(404, { code: -32601, message: 'Method not found: nothing here changes.' }, message)

    const bounded = new Request(request.url, {
      method: 'POST',
      headers: withAccept(request.headers),
      signal: AbortSignal.any([request.signal, cut]),
    })
    sessions.set(bounded, session)
    const response = await protocol.fetch(bounded, { parsedBody: message, ...authInfoOf(session) })
    return endedBy(cut, response, message)
  }

  return async (req, res, { caller, metadataUrl = null, signal, ...arrival }) => {
    const { requestId, clientRequestId, traceId, traceParent, hops, priority } = arrival
    const late = (): GatewayError => new GatewayError('deadline_exceeded', tooLate)
    const { signal: cut, stop } = alarmWithin(signal, settings.requestDeadlineMs + graceMs, late)
    res.once('close', stop)
    const session: Session = {
      caller,
      metadataUrl,
      origin: () => ({ requestId, clientRequestId, traceId, traceParent, hops, priority, face: 'mcp' }),
    }
    const handle = toNodeHandler(
      { fetch: (request) => serve(request, session, cut) },
      {
        maxRequestBodySize: settings.maxBodyBytes,
        onerror: (error) => logger.warn({ request_id: requestId, reason: error.message }, 'mcp request failed'),
      },
    )
    await handle(asSdkRequest(req), res)
  }
}

/** What the SDK must know to ask for further scopes. The token stays at the door. */
const authInfoOf = ({ caller, metadataUrl }: Session) =>
  metadataUrl === null || metadataUrl === undefined
    ? {}
    : { authInfo: { token: '', clientId: caller.id, scopes: [], resourceMetadataUrl: metadataUrl } }

const tooLate = 'The call was not finished when its time was up.'

/** The same request in the SDK's type, which knows no properties that are there and undefined. */
const asSdkRequest = (req: IncomingMessage): NodeIncomingMessageLike => ({
  method: req.method ?? 'GET',
  url: req.url ?? '/',
  headers: req.headers,
  [Symbol.asyncIterator]: () => req[Symbol.asyncIterator](),
})

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const methodOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'method' in message ? message.method : undefined

/** The SDK answers 2025-era requests only where both types are named; who takes anything takes both. */
const withAccept = (headers: Headers): Headers => {
  const accept = headers.get('accept')
  if (accept !== null && !accept.includes('*/*')) return headers
  const widened = new Headers(headers)
  widened.set('accept', 'application/json, text/event-stream')
  return widened
}

/**
 * A call that is cut off ends in a JSON-RPC error that says why: the SDK, whose request was aborted with it, ends the
 * response without a word. Status 200, as with every error of a call that has begun.
 */
const endedBy = (cut: AbortSignal, response: Response, message: unknown): Response => {
  if (cut.aborted) return errorResponse(200, brokenOff(GatewayError.from(cut.reason)), message)
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) return response
  const ended = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      flush: (stream) => {
        if (cut.aborted) stream.enqueue(errorFrame(brokenOff(GatewayError.from(cut.reason)), message))
      },
    }),
  )
  const headers = new Headers(response.headers)
  // The SDK writes "keep-alive" even to clients that asked to close; Node's server knows better, above all when it stops.
  headers.delete('connection')
  return new Response(ended, { status: response.status, headers })
}

/**
 * Serves one client over standard input and output until it closes them or `signal` is aborted. The gateway behind it
 * knows no keys: whoever started the process is its caller.
 */
export const serveStdio = async (
  deps: ServerDeps & {
    newRequestId: () => string
    /** Longest message; a longer one ends the connection. */
    maxMessageBytes: number
    /** Default: the process's own. */
    stdin?: Readable
    stdout?: Writable
    signal: AbortSignal
  },
): Promise<void> => {
  const { services, newRequestId, maxMessageBytes, stdin, stdout, signal, logger } = deps
  const caller = await services.gateway.authenticate({ kind: 'none' })
  const origin = (): CallOrigin => ({
    requestId: newRequestId(),
    clientRequestId: null,
    traceId: null,
    hops: [],
    face: 'stdio',
  })

  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: maxMessageBytes })
  const connection = serveSdkStdio(() => createServer(deps, { caller, origin }), {
    transport,
    maxSubscriptions: 0,
    onerror: (error) => logger.warn({ reason: error.message }, `mcp message refused: ${error.message}`),
  })
  const ended = Promise.withResolvers<void>()
  const closeConnection = transport.onclose
  transport.onclose = () => {
    closeConnection?.()
    ended.resolve()
  }
  const stop = (): void => void connection.close()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await ended.promise
  signal.removeEventListener('abort', stop)
}
