import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasGlibc } from './node-runtime.mjs'

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 */

/** @type {ReadonlyMap<string, LockedPackage>} */
const none = new Map()

/**
 * Where node_modules differs from package-lock.json, by npm's own record of what it put there: paths that this machine
 * needs and that are absent or of another version, and paths that should not be there. Empty when npm has nothing to do.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function differences(root) {
  const locked = readPackages(join(root, 'package-lock.json'))
  const record = join(root, 'node_modules', '.package-lock.json')
  const installed = existsSync(record) ? readPackages(record) : none

  const wrong = [...locked].filter(([path, { version, integrity, ...rest }]) => {
    const found = installed.get(path)
    if (!found) return isNeededHere(rest)
    return found.version !== version || found.integrity !== integrity
  })
  const foreign = [...installed].filter(([path]) => !locked.has(path))
  return [...wrong, ...foreign].map(([path]) => path)
}

/**
 * An optional package is one of a set, a machine each; without a machine named, it is a companion of one of the set.
 *
 * @param {LockedPackage} locked
 */
function isNeededHere({ optional, os, cpu, libc }) {
  if (!optional) return true
  if (!os && !cpu) return false
  return (
    names(os, process.platform) &&
    names(cpu, process.arch) &&
    (process.platform !== 'linux' || names(libc, hasGlibc() ? 'glibc' : 'musl'))
  )
}

/**
 * @param {string | string[] | undefined} choice as npm reads it: anything where it is not given
 * @param {string} value
 */
function names(choice, value) {
  return choice === undefined || [choice].flat().includes(value)
}

/**
 * @param {string} file
 * @returns {Map<string, LockedPackage>} by path; the project itself is left out
 */
function readPackages(file) {
  const { packages } = /** @type {{ packages: Record<string, LockedPackage> }} */ (
    JSON.parse(readFileSync(file, 'utf8'))
  )
  return new Map(Object.entries(packages).filter(([path]) => path !== ''))
}
