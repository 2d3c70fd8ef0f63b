import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync, backup } from 'node:sqlite'
import { GatewayError } from '../../contract/errors.ts'

// All pages in one step: with several, every commit of another connection starts the copy again, and beside a busy gateway
// it would never end.
const allPages = 2 ** 31 - 1

/**
 * Copies the running database to `toPath`, as it is at one moment. It reads on a connection and a thread of its own, and
 * WAL readers stop no writer. The name appears, or is replaced, only when the copy is whole.
 * @throws GatewayError store_unavailable
 */
export const backUp = async (databasePath: string, toPath: string): Promise<void> => {
  const target = resolve(toPath)
  if (target === resolve(databasePath))
    throw new GatewayError('store_unavailable', `${target} is the database itself: name another file for its copy.`)
  const partial = `${target}.partial`
  try {
    closeSync(openSync(partial, 'w', 0o600))
    using source = new DatabaseSync(databasePath, { readOnly: true })
    await backup(source, partial, { rate: allPages })
    renameSync(partial, target)
  } catch (cause) {
    rmSync(partial, { force: true })
    throw new GatewayError('store_unavailable', `The copy ${target} could not be written: check its folder and disk.`, {
      cause,
    })
  }
}
