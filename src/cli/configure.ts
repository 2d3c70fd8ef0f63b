import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/config.ts'
import { projectRoot } from '../config/version.ts'

/**
 * The configuration of this process: folders and `.env` are the project's, wherever the command was typed.
 * @throws ConfigError
 */
export const configure = (): Config => loadConfig({ root: fileURLToPath(projectRoot) })
