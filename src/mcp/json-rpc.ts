import type { GatewayError } from '../contract/errors.ts'

/** An error of the JSON-RPC envelope, where the SDK is not asked or has given up. */
interface RpcError {
  /** Of jsonrpc.org/specification §5.1: no JSON, no message, no such method, failed inside. */
  code: -32700 | -32600 | -32601 | -32603
  message: string
  data?: object
}

/** Why a call was broken off, for clients to show and for programs to go by. */
export const brokenOff = (error: GatewayError): RpcError => ({
  code: -32603,
  message: `${error.code}: ${error.message} What to do: ${error.advice}`,
  data: { code: error.code, retryable: error.retryable, next_step: error.advice },
})

/** @param request the message to answer, as it was read: its id is taken over where it has one */
export const errorResponse = (status: number, error: RpcError, request: unknown = null): Response =>
  Response.json(errorMessage(error, request), { status })

/** The same as the last event of a stream that has begun. */
export const errorFrame = (error: RpcError, request: unknown): Uint8Array =>
  new TextEncoder().encode(`event: message\ndata: ${JSON.stringify(errorMessage(error, request))}\n\n`)

const errorMessage = (error: RpcError, request: unknown) => ({ jsonrpc: '2.0', id: idOf(request), error })

/** Null where the message is no request. */
const idOf = (request: unknown): string | number | null => {
  if (typeof request !== 'object' || request === null || !('id' in request)) return null
  const { id } = request
  return typeof id === 'string' || typeof id === 'number' ? id : null
}
