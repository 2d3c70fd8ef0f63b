import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort, isListening, lacks, programsOf, startDaemon, untilUp } from './server.ts'
import type { Daemon } from './server.ts'

/** For `describe.skipIf`, with the name "with Redis (skipped where it is not installed)" that test/allowed-skips.json lists. */
export const lacksRedis = lacks('redis')

/** A Redis of this test file's own. */
export interface TestRedis extends AsyncDisposable {
  port: number
  url: string
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
  /** Ends it without a word to its clients. */
  kill(): Promise<void>
}

/**
 * Starts a server on a free port of 127.0.0.1, with its data in a temporary folder: by default it keeps none, so that a
 * restart begins empty.
 * @param keep writes every command down before it answers, so that data survive a restart and a kill
 * @param args further words of its command line, as `--maxmemory 5mb`
 * @throws Error where it is not installed, saying what to install
 */
export const startRedis = async ({
  keep = false,
  args = [],
}: { keep?: boolean; args?: readonly string[] } = {}): Promise<TestRedis> => {
  const program = path.join(programsOf('redis'), 'redis-server')
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-'))
  const port = await freePort()
  const kept = keep ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...kept, ...args]
  let daemon: Daemon | null = null

  const start = async (): Promise<void> => {
    daemon = startDaemon(program, words)
    await untilUp(daemon, () => isListening(port))
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await daemon?.end(signal)
    daemon = null
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    stop: () => end('SIGTERM'),
    start,
    restart: async () => {
      await end('SIGTERM')
      await start()
    },
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
