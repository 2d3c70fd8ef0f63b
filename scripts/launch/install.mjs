import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { differences } from './differences.mjs'
import { withInstallLock } from './install-lock.mjs'
import { LaunchError } from './launch-error.mjs'
import { chooseNode, requireNode, shellNodeIsNewEnough } from './node-runtime.mjs'
import { npm } from './npm.mjs'

/**
 * Brings node_modules in line with package-lock.json. The usual start reads two files and is done.
 *
 * @param {string} root
 * @throws LaunchError
 */
export async function install(root) {
  const lockfile = join(root, 'package-lock.json')
  // A packed copy has none: npm has installed its packages beside it.
  if (!existsSync(lockfile)) return

  const stampFile = join(root, 'node_modules', '.ai-gateway-mcp')
  const stamp = `${createHash('sha256').update(readFileSync(lockfile)).digest('hex')} ${process.platform}-${process.arch}\n`
  const isDone = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  if (isDone()) return

  requireNode(root)
  try {
    await withInstallLock(root, async () => {
      if (isDone()) return
      // Where somebody ran npm by hand, there is nothing left to do but to say so.
      if (differences(root).length > 0) await installPackages(root)
      writeWhole(stampFile, stamp)
    })
  } catch (error) {
    // A read-only place, such as an image, will do where somebody has installed everything before.
    if (!isRefusedWrite(error)) throw error
    if (differences(root).length === 0) return
    throw new LaunchError(`the packages must be installed in ${root}, which this user cannot write (${error.message}).`)
  }
}

/**
 * @param {string} root
 * @throws LaunchError
 */
async function installPackages(root) {
  process.stderr.write('Installing the packages that package-lock.json names; later starts find them in place.\n')
  await withNpmCache(async (env) => {
    await npm(['ci'], { cwd: root, env })
    const node = chooseNode(root)
    // npm skips an optional package that does not support the Node which npm runs on; an older shell's would go without
    // some compiled parts of the tools. Node 24 is here by now and can fetch those.
    if (!shellNodeIsNewEnough() && differences(root).length > 0) {
      const path = `${dirname(node)}${delimiter}${process.env['PATH']}`
      await npm(['install', '--no-save'], { cwd: root, env: { ...env, PATH: path } })
    }
  })
  const missing = differences(root)
  if (missing.length > 0) process.stderr.write(`npm left out what its registry could not give: ${missing.join(', ')}\n`)
}

/**
 * npm keeps its cache in HOME. Where that cannot be written, it gets one for the time of the work.
 *
 * @param {(env: NodeJS.ProcessEnv) => Promise<void>} work
 */
async function withNpmCache(work) {
  const usual = process.env['npm_config_cache'] ?? join(home(), '.npm')
  if (canBeWritten(usual)) return work(process.env)

  const cache = mkdtempSync(join(tmpdir(), 'ai-gateway-mcp-npm-'))
  try {
    await work({ ...process.env, npm_config_cache: cache })
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

function home() {
  try {
    return homedir()
  } catch {
    return '' // No HOME, and the system does not know the user.
  }
}

/**
 * @param {string} folder which need not exist yet
 */
function canBeWritten(folder) {
  if (!isAbsolute(folder)) return false
  let nearest = folder
  while (!existsSync(nearest)) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * In one step, so that a reader never sees half of it.
 *
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text)
  renameSync(draft, file)
}

/**
 * @param {unknown} error
 * @returns {error is NodeJS.ErrnoException}
 */
function isRefusedWrite(error) {
  return error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code))
}
