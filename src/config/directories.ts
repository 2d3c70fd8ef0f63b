import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { inMemory } from '../contract/store.ts'
import { envProblem } from './env.ts'
import type { Env } from './env.ts'
import { suggestion } from './explain.ts'
import type { Problem } from './problem.ts'
import { schemas } from './schema/files.ts'

const known = Object.keys(schemas)

/** Absolute; or `:memory:`, which is no path. */
export const dataDirOf = ({ DATA_DIR }: Env, root: string): string =>
  DATA_DIR === inMemory ? inMemory : path.resolve(root, DATA_DIR)

/** What is wrong with the files and folders that the variables name, and with what lies in CONFIG_DIR. */
export const checkDirectories = (env: Env, configDir: string, root: string): Problem[] => {
  const problems = checkConfigDir(configDir, root)
  const certificates = env.NODE_EXTRA_CA_CERTS
  if (certificates !== undefined && !existsSync(path.resolve(root, certificates)))
    problems.push(envProblem('NODE_EXTRA_CA_CERTS', `${certificates} does not exist`, 'name a PEM file'))
  const keepsKeys = env.DATA_DIR !== inMemory || env.DATABASE_URL !== undefined
  if (!keepsKeys && env.AUTH_MODE === 'api-key' && env.API_KEY_HASHES === undefined)
    problems.push(
      envProblem('DATA_DIR', 'is :memory:, where no key can be made', 'set API_KEY_HASHES, or name a folder'),
    )
  return problems
}

const checkConfigDir = (configDir: string, root: string): Problem[] => {
  if (!existsSync(configDir))
    return [envProblem('CONFIG_DIR', `${configDir} does not exist`, 'make it, or leave the variable out')]
  if (!statSync(configDir).isDirectory())
    return [envProblem('CONFIG_DIR', `${configDir} is no directory`, 'name the directory that the YAML files are in')]
  return unreadFiles(configDir).map((name) => ({
    file: path.join(path.relative(root, configDir), name),
    line: null,
    key: 'file',
    problem: 'is none of the files that are read',
    // The ending may be all that is wrong.
    advice: suggestion(`${path.parse(name).name}.yaml`, known),
  }))
}

/** Files that look like settings and have no effect. Notes, backups and what editors leave behind have other endings. */
const unreadFiles = (configDir: string): string[] =>
  readdirSync(configDir, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /^[^.].*\.(?:ya?ml|json)$/i.test(entry.name))
    .map(({ name }) => name)
    .filter((name) => !known.includes(name))
    .toSorted()
