import { existsSync } from 'node:fs'
import path from 'node:path'
import { openConfiguredStores } from '../open-parts.ts'
import { configureKept } from './configure.ts'

/**
 * Copies the database to a file, also while a gateway uses it.
 * @throws Error where the file is there and `force` does not say that it may go, and where PostgreSQL keeps everything
 */
export const backup = async (file: string, { force }: { force: boolean }): Promise<void> => {
  const target = path.resolve(file)
  if (!force && existsSync(target))
    throw new Error(`${target} is there already: name another file, or replace this one with --force.`)
  const config = configureKept()
  if (config.database)
    throw new Error(
      `The ledger and the keys are in PostgreSQL (DATABASE_URL): copy them with its own tools, for example "pg_dump -Fc -d ${config.database.database} -f ${target}".`,
    )
  await using stores = await openConfiguredStores(config)
  await stores.backup?.(target)
  process.stderr.write(`The ledger and the keys are in ${file}.\n`)
}
