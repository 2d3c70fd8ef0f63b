/** Errors of the JSON-RPC envelope, where the SDK is not asked or has given up. Codes: jsonrpc.org/specification, §5.1. */
export type JsonRpcErrorCode = -32700 | -32600 | -32603

/** @param request the message to answer, as it was read: its id is taken over where it has one */
export const errorResponse = (
  status: number,
  code: JsonRpcErrorCode,
  message: string,
  request: unknown = null,
): Response => Response.json(errorMessage(code, message, request), { status })

/** The same as the last event of a stream that has begun. */
export const errorFrame = (code: JsonRpcErrorCode, message: string, request: unknown): Uint8Array =>
  new TextEncoder().encode(`event: message\ndata: ${JSON.stringify(errorMessage(code, message, request))}\n\n`)

const errorMessage = (code: JsonRpcErrorCode, message: string, request: unknown) => ({
  jsonrpc: '2.0',
  id: idOf(request),
  error: { code, message },
})

/** Null where the message is no request. */
const idOf = (request: unknown): string | number | null => {
  if (typeof request !== 'object' || request === null || !('id' in request)) return null
  const { id } = request
  return typeof id === 'string' || typeof id === 'number' ? id : null
}
