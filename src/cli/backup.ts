import { existsSync } from 'node:fs'
import path from 'node:path'
import { openConfiguredStores } from '../app.ts'
import { configureKept } from './configure.ts'

/**
 * Copies the database to a file, also while a gateway uses it.
 * @throws Error where the file is there and `force` does not say that it may go
 */
export const backup = async (file: string, { force }: { force: boolean }): Promise<void> => {
  const target = path.resolve(file)
  if (!force && existsSync(target))
    throw new Error(`${target} is there already: name another file, or replace this one with --force.`)
  await using stores = await openConfiguredStores(configureKept())
  await stores.backup?.(target)
  process.stderr.write(`The ledger and the keys are in ${file}.\n`)
}
