import type { Duplex } from 'node:stream'
import { GatewayError } from '../contract/errors.ts'
import { errorBody, errorHeaders } from './error.ts'

/**
 * Answers what never became a request (broken HTTP, endless headers, a head that does not come) on the bare socket, in
 * the shape of every other error.
 * @param isAnswering an answer is under way on this socket, and anything written now would land in it
 */
export const answerJunk = (
  error: Error & { code?: string },
  socket: Duplex,
  requestId: string,
  isAnswering: boolean,
): void => {
  if (isAnswering || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const refusal = refusalOf(error.code)
  const body = JSON.stringify(errorBody(refusal, requestId))
  const headers = {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    ...errorHeaders(refusal),
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.status === 408 ? 'Request Timeout' : 'Bad Request'}\r\n${head.join('')}\r\n${body}`,
  )
}

const refusalOf = (code: string | undefined): GatewayError => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError('request_timeout', 'The request did not arrive in time.')
  if (code === 'HPE_HEADER_OVERFLOW') return new GatewayError('invalid_request', 'The headers have more than 16 KiB.')
  return new GatewayError('invalid_request', 'This is not valid HTTP/1.1.')
}
