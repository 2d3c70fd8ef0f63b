import { CommanderError } from 'commander'
import { ConfigError } from '../config/problem.ts'
import { GatewayError } from '../contract/errors.ts'
import { UsageError } from './usage-error.ts'

/**
 * Says on stderr what went wrong and what to do, to the gateway's owner; a stack only for our own mistakes.
 * @returns the exit code
 */
export const printFailure = (error: unknown): number => {
  // Commander has said it by the time it throws; after --help it throws too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode
  process.stderr.write(`ai-gateway-mcp: ${describe(error)}\n`)
  return error instanceof UsageError ? usageExitCode : 1
}

/** The command could not run as it was called, which says nothing of what it would have found. */
const usageExitCode = 2

const describe = (error: unknown): string => {
  if (error instanceof ConfigError) return error.message
  // The advice of the table is for callers, who do not see the cause.
  if (error instanceof GatewayError)
    return error.message + (error.cause instanceof Error ? ` (${error.cause.message})` : '')
  if (!(error instanceof Error)) return String(error)
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return isBug ? (error.stack ?? error.message) : error.message
}
