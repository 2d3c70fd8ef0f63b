import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { RequestContext } from '../contract/journey.ts'
import { priorities } from '../contract/priority.ts'
import type { Priority } from '../contract/priority.ts'
import { readCloudTraceContext, readTraceparent } from '../contract/trace.ts'
import type { TraceParent } from '../contract/trace.ts'

/** A request at the door: named and traceable, but nobody knows yet who sent it. */
export interface Arrival {
  req: IncomingMessage
  res: ServerResponse
  /** Without the query. */
  path: string
  requestId: string
  clientRequestId: string | null
  traceId: string
  traceParent: TraceParent | null
  /** Ids of the gateways that the request passed before this one. */
  hops: readonly string[]
  priority: Priority | undefined
  /** Aborted when the caller leaves, or when a drain has waited long enough. */
  signal: AbortSignal
  /** Breaks the answer off. */
  cut(reason: GatewayError): void
}

/** An arrival whose sender is known. Only these reach a route that spends. */
export interface Exchange extends Arrival {
  caller: Caller
}

/**
 * Names a request and writes the names on its response, so that even a refusal can be found in the log.
 * @param newId 32 hexadecimal characters, never the same twice
 */
export const openArrival = (req: IncomingMessage, res: ServerResponse, newId: () => string): Arrival => {
  const leave = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) leave.abort(new GatewayError('caller_left', 'The caller closed the connection.'))
  })
  const requestId = `req_${newId()}`
  const traceParent =
    readTraceparent(headerOf(req, 'traceparent')) ?? readCloudTraceContext(headerOf(req, 'x-cloud-trace-context'))
  const traceId = traceParent?.traceId ?? newId()
  res.setHeader('x-request-id', requestId)
  res.setHeader('x-trace-id', traceId)
  return {
    req,
    res,
    path: (req.url ?? '').split('?', 1)[0] ?? '',
    requestId,
    clientRequestId: clientIdOf(headerOf(req, 'x-request-id')),
    traceId,
    traceParent,
    hops: hopsOf(headerOf(req, 'x-gateway-hop')),
    priority: priorityOf(headerOf(req, 'x-gateway-priority')),
    signal: leave.signal,
    cut: (reason) => leave.abort(reason),
  }
}

/** What the journey wants to know. */
export const contextOf = (exchange: Exchange, incremental: boolean): RequestContext => ({
  requestId: exchange.requestId,
  caller: exchange.caller,
  face: 'http',
  clientRequestId: exchange.clientRequestId,
  traceId: exchange.traceId,
  traceParent: exchange.traceParent,
  hops: exchange.hops,
  priority: exchange.priority,
  incremental,
  signal: exchange.signal,
})

/** One header's text, repeated ones joined. */
export const headerOf = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** The caller's own id is kept when it can be written to a log line as it is. */
const clientIdOf = (id: string | undefined): string | null =>
  id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : null

/** A word that means nothing is as if it were not said: it decides over nothing but a place in line. */
const priorityOf = (header: string | undefined): Priority | undefined =>
  priorities.find((priority) => priority === header?.trim().toLowerCase())

const hopsOf = (header: string | undefined): readonly string[] =>
  (header ?? '')
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '')
