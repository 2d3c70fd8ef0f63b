import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { folderOf, remedyFor, servers } from '../../scripts/launch/servers.mjs'

const isContinuousIntegration = process.env['CI'] === 'true'

/** Whether tests that need this server are to be skipped: where it is absent, but never in continuous integration. */
export const lacks = (server: keyof typeof servers): boolean =>
  !isContinuousIntegration && folderOf(servers[server]) === null

/**
 * Where a server's programs are.
 * @throws Error that says what to install
 */
export const programsOf = (server: keyof typeof servers): string => {
  const folder = folderOf(servers[server])
  if (folder === null) throw new Error(remedyFor(servers[server]))
  return folder
}

/** A user without root's rights, for programs that refuse root; null where the tests are run by such a one. */
export const plainUser = (): { uid: number; gid: number } | null => {
  if (process.getuid?.() !== 0) return null
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  const line = ['postgres', 'nobody'].flatMap((name) => users.filter((user) => user.startsWith(`${name}:`)))[0]
  const [, , uid, gid] = (line ?? '::65534:65534').split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port was given')
  return address.port
}

/** A program that runs until it is told to stop. */
export interface Daemon {
  child: ChildProcess
  /** What it wrote, for whoever wonders why it does not answer. */
  output(): string
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

export const startDaemon = (
  file: string,
  args: readonly string[],
  user: { uid: number; gid: number } | null = null,
): Daemon => {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...user })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)))
  child.on('error', (error) => (output += String(error)))
  const ended = once(child, 'exit')
  ended.catch(() => undefined)
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  void ended.then(
    () => process.off('exit', killAtExit),
    () => undefined,
  )
  return {
    child,
    output: () => output,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await ended
    },
  }
}

/**
 * Asks until `answers` says yes.
 * @throws Error with what the program wrote, when it has ended or does not come up
 */
export const untilUp = async (daemon: Daemon, answers: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (daemon.child.exitCode !== null || daemon.child.signalCode !== null) break
    if (await answers()) return
    await sleep(50)
  }
  throw new Error(`The server does not come up:\n${daemon.output()}`)
}

/** Whether somebody listens there. */
export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
