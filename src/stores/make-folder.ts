import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { GatewayError } from '../contract/errors.ts'

/**
 * Makes a folder for its owner only, and those above it. Each alone: where a file system takes no folders, as Linux's
 * /proc, Node's recursive mkdir tries for ever.
 * @throws GatewayError store_unavailable, naming the folder in which the next cannot be made
 */
export const makeFolder = (path: string): void => {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return
    throw refusal(`${path} is no folder`)
  }
  const parent = dirname(path)
  // A drive that is not there is its own parent.
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    // Two gateways that start together make it together.
    if (!existsSync(path)) throw refusal(`The folder ${path} cannot be made in ${parent}`, cause)
  }
}

const refusal = (what: string, cause?: unknown): GatewayError =>
  new GatewayError(
    'store_unavailable',
    `${what}: DATA_DIR must name a folder that the user who runs the gateway can write to.`,
    { cause },
  )
