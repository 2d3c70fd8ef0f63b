import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
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
  /** What came on stdout so far. */
  stdout(): string
  stderr(): string
}

/** Starts the gateway's command line from another folder than the project's. */
export const run = (args: readonly string[], env: Readonly<Record<string, string>>): Run => {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: os.tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
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

/** A gateway in a process of its own, on a free port, with the sandbox behind it. */
export const serve = async (env: Readonly<Record<string, string>>): Promise<Run & { url: string }> => {
  const gateway = run(['start'], { PORT: '0', PROVIDERS: 'sandbox', LOG_FORMAT: 'json', ...env })
  const listening = new Promise<string>((resolve) => {
    gateway.child.stdout?.on('data', () => {
      const url = /"message":"listening on (\S+)"/.exec(gateway.stdout())?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const url = await Promise.race([
    listening,
    gateway.ended.then(({ stderr, code }) => Promise.reject(new Error(`The gateway ended (${code}): ${stderr}`))),
  ])
  return { ...gateway, url }
}
