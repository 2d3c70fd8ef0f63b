import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectRoot } from './app.ts'

const main = path.join(projectRoot, 'src/main.ts')

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** One run of the command line, in an environment that holds nothing but `env`. */
export interface Run extends AsyncDisposable {
  child: ChildProcess
  ended: Promise<Ended>
  /** What came on stdout so far, or the last of it. */
  stdout(): string
  stderr(): string
}

interface RunOptions {
  /** A module that the process loads before ours; then `child.send` reaches it, and `gc` is there. */
  preload?: string
  /** How much of each output is kept. @default all of it */
  keepChars?: number
}

/** Starts the gateway's command line from another folder than the project's. */
export const run = (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { preload, keepChars = Infinity }: RunOptions = {},
): Run => {
  const nodeArgs = preload === undefined ? [] : ['--expose-gc', '--import', pathToFileURL(preload).href]
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    cwd: os.tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(preload === undefined ? [] : (['ipc'] as const))],
  })
  let stdout = ''
  let stderr = ''
  const last = (text: string): string => (text.length > 2 * keepChars ? text.slice(-keepChars) : text)
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout = last(stdout + text)))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = last(stderr + text)))
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode, stdout, stderr }))
  return {
    child,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/**
 * A gateway in a process of its own, on a free port, with the sandbox behind it. It loads no models unless EMBEDDER says so: each would
 * take a core for a second.
 */
export const serve = async (
  env: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<Run & { url: string }> => {
  const gateway = run(
    ['start'],
    { PORT: '0', PROVIDERS: 'sandbox', LOG_FORMAT: 'json', EMBEDDER: 'none', ...env },
    options,
  )
  const listening = new Promise<string>((resolve) => {
    const look = (): void => {
      const url = /"message":"listening on (\S+)"/.exec(gateway.stdout())?.[1]
      if (url === undefined) return
      gateway.child.stdout?.off('data', look)
      resolve(url)
    }
    gateway.child.stdout?.on('data', look)
  })
  const url = await Promise.race([
    listening,
    gateway.ended.then(({ stderr, code }) => Promise.reject(new Error(`The gateway ended (${code}): ${stderr}`))),
  ])
  return { ...gateway, url }
}
