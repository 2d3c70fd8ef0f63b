import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 200
/** For holders that cannot be asked, on another machine or in another container: longer than any installation takes. */
const forgottenAfterMs = 15 * 60_000

/**
 * Does `work` while no other start of this project does. A holder that died is replaced.
 *
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @param {string} [doing] what is said to whoever waits
 * @returns {Promise<T>}
 * @throws the system's error where the project's folder cannot be written
 */
export async function withInstallLock(root, work, doing = 'installing the packages') {
  const lock = join(root, '.install.lock')
  for (let told = false; !take(lock);) {
    if (holderIsGone(lock)) {
      release(lock)
    } else if (!told) {
      process.stderr.write(`Another start is ${doing}; waiting for it (${lock}).\n`)
      told = true
    }
    await delay(pollMs)
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/**
 * @param {string} file
 * @returns {boolean} whether the file is new and ours
 */
function take(file) {
  try {
    writeFileSync(file, `${process.pid} ${hostname()}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes a dead holder's lock. Two starts may both find it dead, and the slower one must not remove the lock that the
 * quicker one has taken since: so it is removed under a lock of its own, after a second look.
 *
 * @param {string} lock
 */
function release(lock) {
  const guard = `${lock}.release`
  if (!take(guard)) return
  try {
    if (holderIsGone(lock)) rmSync(lock, { force: true })
  } finally {
    rmSync(guard, { force: true })
  }
}

/**
 * @param {string} lock
 */
function holderIsGone(lock) {
  try {
    const [pid, host] = readFileSync(lock, 'utf8').split(' ')
    if (host !== hostname()) return Date.now() - statSync(lock).mtimeMs > forgottenAfterMs
    // A restarted container has the same host name and may give the same number again.
    return Number(pid) === process.pid || !isRunning(Number(pid))
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false
    throw error
  }
}

/**
 * @param {number} pid
 */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isSystemError(error) && error.code === 'EPERM'
  }
}

/**
 * @param {unknown} error
 * @returns {error is NodeJS.ErrnoException}
 */
function isSystemError(error) {
  return error instanceof Error && 'code' in error
}
