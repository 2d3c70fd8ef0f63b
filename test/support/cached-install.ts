import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { withInstallLock } from '../../scripts/launch/install-lock.mjs'
import { projectRoot } from './app.ts'

/** Goes with the packages, and is no part of them: set-up does not look into it. */
const cache = path.join(projectRoot, 'node_modules/.cache')

/**
 * A folder of the project's cache with something in it that is no dependency of the project. The first who asks has it
 * made; a folder that was left half made is made anew.
 *
 * @param wanted what is to be installed: another text has a folder of its own
 * @throws what `install` throws
 */
export const installOnce = async (options: {
  name: string
  wanted: string
  install: (folder: string) => Promise<void>
}): Promise<string> => {
  const { name, wanted, install } = options
  const folder = path.join(cache, `${name}-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`)
  const complete = path.join(folder, '.complete')
  if (existsSync(complete)) return folder

  mkdirSync(cache, { recursive: true })
  await withInstallLock(cache, async () => {
    if (existsSync(complete)) return
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    await install(folder)
    writeFileSync(complete, '')
  })
  return folder
}

/**
 * Installs npm packages at exact versions, away from the project's own, and without running a script of theirs.
 * @returns their `node_modules`
 * @throws Error where the registry cannot be reached
 */
export const installNpmPackages = async (packages: {
  name: string
  dependencies: Readonly<Record<string, string>>
  overrides?: Readonly<Record<string, string>>
}): Promise<string> => {
  const { name, ...rest } = packages
  const wanted = JSON.stringify({ private: true, ...rest })
  const folder = await installOnce({ name, wanted, install: (into) => runNpm(into, wanted) })
  return path.join(folder, 'node_modules')
}

const runNpm = async (folder: string, packageJson: string): Promise<void> => {
  writeFileSync(path.join(folder, 'package.json'), packageJson)
  const npm = process.env['npm_execpath']
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  const flags = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0']
  await promisify(execFile)(command, [...first, 'install', ...flags], { timeout: 300_000 })
}
