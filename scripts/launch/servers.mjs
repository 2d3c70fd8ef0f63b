import { accessSync, constants, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { withInstallLock } from './install-lock.mjs'
import { LaunchError } from './launch-error.mjs'
import { run } from './run.mjs'

/** @typedef {{ name: string, programs: readonly string[], folders: readonly string[], aptPackage: string }} Server */

/** The servers that tests start for themselves, and where systems keep programs that are not on the PATH. */
export const servers = {
  postgres: {
    name: 'PostgreSQL',
    programs: ['postgres', 'initdb'],
    folders: ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql*/bin', '/usr/local/bin'],
    aptPackage: 'postgresql',
  },
  redis: {
    name: 'Redis',
    programs: ['redis-server'],
    folders: ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'],
    aptPackage: 'redis-server',
  },
}

/** The commands that run tests; the gateway itself needs no server beside it. */
const testing = new Set(['test', 'check'])
/** A package source that was out of reach is asked again by the first start after this. */
const silenceMs = 3_600_000
/** Tells the packages' own scripts to start nothing: the tests start what they need, on ports of their own. */
const startNothing = '/usr/sbin/policy-rc.d'

/**
 * The folder that holds all of a server's programs; null where it is not installed.
 *
 * @param {Server} server
 * @returns {string | null}
 */
export function folderOf({ programs, folders }) {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  const places = [...onPath, ...folders.flatMap(expand)]
  return places.find((folder) => programs.every((program) => isProgram(join(folder, program)))) ?? null
}

/**
 * What somebody has to do who wants the tests that need a server.
 *
 * @param {Server} server
 */
export function remedyFor({ name, aptPackage, programs }) {
  return (
    `${name} is not installed: the programs ${programs.join(' and ')} are neither on the PATH nor in their usual folders. ` +
    `Install it, for example with "sudo apt-get install ${aptPackage}", and start again.`
  )
}

/**
 * Installs the servers that tests need, where this user may. Whatever comes of it, the tests run: those that need what is
 * still missing say so themselves.
 *
 * @param {{ root: string, command: string | undefined, needed?: readonly Server[], mayInstall?: boolean }} what
 * @throws LaunchError where somebody stopped it
 */
export async function setUpServers({
  root,
  command,
  needed = Object.values(servers),
  mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'),
}) {
  if (command === undefined || !testing.has(command)) return
  const whatIsMissing = () => needed.filter((server) => folderOf(server) === null)
  if (whatIsMissing().length === 0) return

  const stamp = join(root, 'node_modules', '.ai-gateway-mcp-servers-failed')
  if (mayInstall && !isFresh(stamp)) {
    await withInstallLock(
      root,
      async () => {
        const wanted = whatIsMissing()
        if (wanted.length > 0) await installPackages(wanted)
        if (whatIsMissing().length > 0) writeFileSync(stamp, '')
      },
      'installing the servers that tests need',
    )
  }
  const missing = whatIsMissing()
  if (missing.length === 0) return rmSync(stamp, { force: true })
  for (const server of missing) process.stderr.write(`${remedyFor(server)} Until then its tests do not run.\n`)
}

/**
 * @param {readonly Server[]} wanted
 * @throws LaunchError where somebody stopped it
 */
async function installPackages(wanted) {
  process.stderr.write(`Installing ${wanted.map(({ name }) => name).join(' and ')} for the tests, with apt-get.\n`)
  const packages = wanted.map(({ aptPackage }) => aptPackage)
  const policyIsOurs = !existsSync(startNothing)
  if (policyIsOurs) writeFileSync(startNothing, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const words = ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages]
    if ((await aptGet(words)) === 0) return
    // The lists may be old, or there may be none yet, as in an image.
    await aptGet(['update'])
    await aptGet(words)
  } finally {
    if (policyIsOurs) rmSync(startNothing, { force: true })
  }
}

/**
 * @param {readonly string[]} words
 * @returns {Promise<number | null>} the exit code
 * @throws LaunchError
 */
async function aptGet(words) {
  const { code, stoppedBy } = await run('apt-get', ['-qq', '-o', 'Acquire::Retries=1', ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    // Standard output belongs to the command that follows.
    stdio: ['ignore', 2, 2],
  })
  if (stoppedBy) throw new LaunchError('stopped while apt-get was at work', stoppedBy)
  return code
}

/**
 * @param {string} stamp
 */
function isFresh(stamp) {
  return existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < silenceMs
}

/**
 * @param {string} pattern a folder in whose path one name may hold a star
 * @returns {string[]} of several versions the newest first
 */
function expand(pattern) {
  const star = pattern.indexOf('*')
  if (star === -1) return [pattern]
  const parent = dirname(pattern.slice(0, star + 1))
  const prefix = pattern.slice(parent.length + 1, star)
  const rest = pattern.slice(star + 1)
  if (!existsSync(parent)) return []
  const names = readdirSync(parent).filter((name) => name.startsWith(prefix))
  const newestFirst = names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return newestFirst.map((name) => join(parent, name) + rest)
}

/**
 * @param {string} file
 */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
