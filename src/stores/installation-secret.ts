import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from './sqlite/make-folder.ts'

const secretBytes = 32

/**
 * 32 bytes that only this installation knows: `<dataDir>/scope.secret`, for its owner only. Made once, and the same from
 * then on, so that names which are made with it stay the same when a key changes.
 * @param derived what to begin with; random bytes where there is nothing that others come to as well
 */
export const readSecret = (dataDir: string, derived: Uint8Array | null): Uint8Array => {
  const path = join(dataDir, 'scope.secret')
  const known = readKnown(path)
  if (known) return known
  makeFolder(dataDir)
  const made = derived ?? randomBytes(secretBytes)
  const partial = `${path}.${process.pid}`
  writeFileSync(partial, Buffer.from(made).toString('base64'), { mode: 0o600 })
  renameSync(partial, path)
  // Of two gateways that start together the later one's stays; the other's answers are then not found again, and no more.
  return readKnown(path) ?? made
}

/** Null where it is missing or cut short. */
const readKnown = (path: string): Uint8Array | null => {
  try {
    const secret = Buffer.from(readFileSync(path, 'utf8'), 'base64')
    return secret.length === secretBytes ? secret : null
  } catch {
    return null
  }
}
