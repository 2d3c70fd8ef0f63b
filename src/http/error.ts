import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError } from '../contract/errors.ts'
import type { Logger } from '../contract/runtime.ts'
import { anthropicError, anthropicStatus, isAnthropicPath } from './anthropic/error.ts'
import { errorExtension } from './error-extension.ts'
import { hasBody } from './guards.ts'
import { limitHeaders } from './limit-headers.ts'

/** How long a refused upload is drained, so that its sender reads the refusal instead of a broken connection. */
const lingerMs = 1_000

/** An error in OpenAI's shape: its four keys are always there, and ours beside them. */
export const errorBody = (error: GatewayError, requestId: string) => ({
  error: {
    message: error.message,
    type: error.type,
    param: error.detail.param ?? null,
    code: error.code,
    gateway: errorExtension(error, requestId),
  },
})

/** The same for `/mcp`, whose clients read JSON-RPC. Codes: the specification's, -32000 for what it has no code for. */
const rpcErrorBody = (error: GatewayError, requestId: string) => ({
  jsonrpc: '2.0',
  id: null,
  error: { code: rpcCodeOf(error), message: error.message, data: errorBody(error, requestId).error },
})

const rpcCodeOf = (error: GatewayError): number => {
  if (error.code === 'invalid_json') return -32700
  if (error.code === 'internal') return -32603
  return error.type === 'invalid_request_error' ? -32600 : -32000
}

/** What clients go by besides the status. `x-should-retry` is read by OpenAI's and Anthropic's SDKs. */
export const errorHeaders = (error: GatewayError): Record<string, string> => {
  const headers: Record<string, string> = { 'x-should-retry': String(error.retryable) }
  const { retryAfterMs, allow, limits } = error.detail
  Object.assign(headers, limitHeaders(limits))
  if (retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
    headers['retry-after-ms'] = String(Math.ceil(retryAfterMs))
  }
  if (error.status === 401) headers['www-authenticate'] = 'Bearer'
  if (allow !== undefined) headers['allow'] = allow.join(', ')
  return headers
}

/**
 * Says in the log what the caller is not told, and who was turned away. Every other refusal is its caller's to read and
 * leaves its code for who looks closer: its words may be a provider's, who quotes the request.
 */
export const logError = (logger: Logger, error: GatewayError, requestId: string): void => {
  const { code, status, message, cause } = error
  const fields = { request_id: requestId, code, status, param: error.detail.param ?? null }
  const line = `${requestId}  refused ${status} ${code}`
  if (code === 'internal' || code === 'store_unavailable')
    logger.error({ ...fields, err: cause ?? error }, `${requestId}  failed ${code}`)
  else if (isTurnedAway(error)) logger.info(fields, `${line}: ${message}`)
  else if (code !== 'caller_left') logger.debug(fields, line)
}

/** Without a key, with a wrong one, by a foreign host name or page, or in a circle. */
const isTurnedAway = ({ status }: GatewayError): boolean => status === 401 || status === 403 || status === 508

/** What a refused caller is told of how to get in, as the value of `www-authenticate`; null: nothing would help. */
export type Challenge = (error: GatewayError, req: IncomingMessage, path: string) => string | null

export type SendError = ReturnType<typeof createSendError>

/**
 * Answers with an error, whatever was thrown, in the shape that clients of the path read. A response that has begun is
 * cut: nothing may pass for its clean end.
 * @param challenge unset: a key is all that there is to ask for
 */
export const createSendError =
  (logger: Logger, challenge: Challenge | null = null) =>
  (req: IncomingMessage, res: ServerResponse, thrown: unknown, path: string): void => {
    const error = GatewayError.from(thrown)
    const requestId = String(res.getHeader('x-request-id'))
    logError(logger, error, requestId)
    if (res.headersSent || res.destroyed) {
      res.destroy()
      return
    }
    for (const [name, value] of Object.entries(errorHeaders(error))) res.setHeader(name, value)
    const asked = challenge?.(error, req, path) ?? null
    if (asked !== null) res.setHeader('www-authenticate', asked)
    if (isAnthropicPath(path)) sendJson(req, res, anthropicStatus(error), anthropicError(error, requestId))
    else sendJson(req, res, error.status, (path === '/mcp' ? rpcErrorBody : errorBody)(error, requestId))
  }

/** Sends a JSON reply in one piece. */
export const sendJson = (req: IncomingMessage, res: ServerResponse, status: number, body: unknown): void => {
  const text = JSON.stringify(body)
  res.statusCode = status
  res.setHeader('content-type', 'application/json; charset=utf-8')
  res.setHeader('content-length', Buffer.byteLength(text))
  if (hasBody(req) && !req.complete) linger(req, res, text)
  else res.end(text)
}

/** Closing at once would reset the connection under a caller who still sends, and lose him the reply. */
const linger = (req: IncomingMessage, res: ServerResponse, text: string): void => {
  res.setHeader('connection', 'close')
  res.write(text)
  const end = (): void => {
    clearTimeout(timer)
    res.end()
  }
  const timer = setTimeout(end, lingerMs)
  req.once('end', end).once('close', end).resume()
}
