import type { ErrorCode, GatewayError } from '../../contract/errors.ts'
import { errorExtension } from '../error-extension.ts'

/** Whether a path is of Anthropic's wire: its errors are then in Anthropic's shape. */
export const isAnthropicPath = (path: string): boolean => path === '/v1/messages' || path.startsWith('/v1/messages/')

/** An error in Anthropic's shape. `details.error_code` is where its clients look for a stable code. */
export const anthropicError = (error: GatewayError, requestId: string) => ({
  type: 'error',
  error: {
    type: typeOf(error),
    message: error.message,
    details: { error_code: error.code, param: error.detail.param ?? null },
    gateway: errorExtension(error, requestId),
  },
  request_id: requestId,
})

/** Anthropic's own status for a provider that has too much to do, which its clients wait for. */
const overloaded: ReadonlySet<ErrorCode> = new Set([
  'provider_overloaded',
  'provider_circuit_open',
  'provider_busy',
  'gateway_overloaded',
])

export const anthropicStatus = ({ code, status }: GatewayError): number => (overloaded.has(code) ? 529 : status)

const typeOf = (error: GatewayError): string => {
  switch (error.type) {
    case 'authentication_error':
    case 'permission_error':
    case 'not_found_error':
    case 'rate_limit_error':
    case 'timeout_error':
      return error.type
    case 'invalid_request_error':
      if (error.status === 413) return 'request_too_large'
      return error.status === 402 ? 'billing_error' : error.type
    case 'overloaded_error':
      return overloaded.has(error.code) ? error.type : 'api_error'
    case 'provider_error':
    case 'internal_error':
      return 'api_error'
  }
}
