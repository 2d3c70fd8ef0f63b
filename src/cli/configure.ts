import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/config.ts'
import { projectRoot } from '../config/version.ts'
import { inMemory } from '../contract/store.ts'

/**
 * The configuration of this process: folders and `.env` are the project's, wherever the command was typed.
 * @throws ConfigError
 */
export const configure = (): Config => loadConfig({ root: fileURLToPath(projectRoot) })

/**
 * The same, for commands whose work is in DATA_DIR or in DATABASE_URL.
 * @throws ConfigError
 * @throws Error where nothing is kept
 */
export const configureKept = (): Config => {
  const config = configure()
  if (config.dataDir === inMemory && !config.database)
    throw new Error(
      'DATA_DIR=:memory: keeps nothing: name the folder that the gateway keeps its ledger and keys in, or set DATABASE_URL.',
    )
  return config
}
