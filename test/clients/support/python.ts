import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { installOnce } from '../../support/cached-install.ts'

const folder = path.resolve(import.meta.dirname, '../python')
const requirements = path.join(folder, 'requirements.txt')
const onWindows = process.platform === 'win32'
/** Of its own files nothing is written into the tree; a test's Python inherits no proxy and no PYTHONPATH. */
const env = {
  PATH: process.env['PATH'] ?? '',
  ...(onWindows ? { SystemRoot: process.env['SystemRoot'] ?? '' } : {}),
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONUTF8: '1',
}

/** What a script of `test/clients/python` made of an order. */
export type Outcome = { did: unknown } | { raised: Raised }

/** A Python exception, as `conversation.py` describes it. */
export interface Raised {
  /** Its class and all that it inherits from. */
  classes: string[]
  message: string
  code: string | number | null
  param: string | null
  status: number | null
  request_id: string | null
  headers: Record<string, string>
}

/** A running script. */
export interface PythonClient extends AsyncDisposable {
  /** Gives an order and waits for its outcome; one at a time. */
  order(scenario: string, arguments_?: Readonly<Record<string, unknown>>): Promise<Outcome>
}

/**
 * A Python with the pinned clients, in an environment of its own under the project's cache.
 * @returns null, having said why on stderr, where there is no Python ≥ 3.10 or its packages cannot be had
 */
export const preparePython = async (): Promise<string | null> => {
  const found = await findPython()
  if (found === null) return refuse('there is no Python 3.10 or later with venv and pip')
  const { command, version } = found
  const wanted = `${version}\n${readFileSync(requirements, 'utf8')}`
  try {
    const made = await installOnce({ name: 'python-clients', wanted, install: (into) => makeVenv(command, into) })
    return pythonOf(made)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const refuse = (reason: string): null => {
  process.stderr.write(`The Python clients are not tested: ${reason}\n`)
  return null
}

/** The first of the usual names that is young enough and can make an environment. */
const findPython = async (): Promise<{ command: string; version: string } | null> => {
  const probe = 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10); print(sys.version)'
  for (const command of ['python3', 'python']) {
    const { stdout } = await promisify(execFile)(command, ['-c', probe]).catch(() => ({ stdout: '' }))
    if (stdout !== '') return { command, version: stdout }
  }
  return null
}

/** With the machine's own settings of pip: its index, its certificates, its proxy. */
const makeVenv = async (command: string, into: string): Promise<void> => {
  await promisify(execFile)(command, ['-m', 'venv', into])
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '0', '--timeout', '30']
  const words = ['-m', 'pip', 'install', ...flags, '--requirement', requirements]
  await promisify(execFile)(pythonOf(into), words, { timeout: 300_000 })
}

const pythonOf = (venv: string): string =>
  path.join(venv, ...(onWindows ? ['Scripts', 'python.exe'] : ['bin', 'python']))

/** Starts a script of `test/clients/python`. */
export const startPythonClient = (python: string, script: string, args: readonly string[]): PythonClient => {
  const child = spawn(python, [path.join(folder, script), ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    order: async (scenario, arguments_ = {}) => {
      child.stdin.write(`${JSON.stringify({ do: scenario, with: arguments_ })}\n`)
      const line = await lines.next()
      if (line.done === true) throw new Error(`${script} ended: ${complaints}`)
      return JSON.parse(line.value) as Outcome
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** @throws Error with what was raised instead */
export const didOf = (outcome: Outcome): Record<string, unknown> => {
  if (!('did' in outcome)) throw new Error(`It raised: ${JSON.stringify(outcome.raised)}`)
  return outcome.did as Record<string, unknown>
}

/** @throws Error with what was done instead */
export const raisedBy = (outcome: Outcome): Raised => {
  if (!('raised' in outcome)) throw new Error(`It did not raise: ${JSON.stringify(outcome.did)}`)
  return outcome.raised
}
