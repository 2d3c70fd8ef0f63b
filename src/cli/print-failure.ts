import { ConfigError } from '../config/problem.ts'
import { GatewayError } from '../contract/errors.ts'

/** Says on stderr what went wrong and what to do, to the gateway's owner; a stack only for our own mistakes. */
export const printFailure = (error: unknown): void => {
  process.stderr.write(`ai-gateway-mcp: ${describe(error)}\n`)
}

const describe = (error: unknown): string => {
  if (error instanceof ConfigError) return error.message
  // The advice of the table is for callers, who do not see the cause.
  if (error instanceof GatewayError)
    return error.message + (error.cause instanceof Error ? ` (${error.cause.message})` : '')
  if (!(error instanceof Error)) return String(error)
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return isBug ? (error.stack ?? error.message) : error.message
}
