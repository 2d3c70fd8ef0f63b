import path from 'node:path'
import { openConfiguredStores } from '../app.ts'
import { configure } from './configure.ts'

/** Copies the database to a file, also while a gateway uses it. */
export const backup = async (file: string): Promise<void> => {
  await using stores = await openConfiguredStores(configure())
  await stores.backup?.(path.resolve(file))
  process.stderr.write(`The ledger and the keys are in ${file}.\n`)
}
