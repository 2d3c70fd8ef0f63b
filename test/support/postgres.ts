import { execFile } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort, lacks, plainUser, programsOf, startDaemon, untilUp } from './server.ts'
import type { Daemon } from './server.ts'

const runFile = promisify(execFile)

/** For `describe.skipIf`, with the name "with PostgreSQL (skipped where it is not installed)" that test/allowed-skips.json lists. */
export const lacksPostgres = lacks('postgres')

/** A PostgreSQL of this test file's own, with nothing in it. */
export interface TestPostgres extends AsyncDisposable {
  port: number
  /** Of its socket, for addresses of the form `?host=…`. */
  folder: string
  /** Its superuser's database. */
  url: string
  /** A new, empty database. */
  newDatabase(): Promise<string>
  /** Cuts its clients off and writes everything down. */
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
  /** Ends every process of it at once, as a machine does that fails. */
  kill(): Promise<void>
}

/**
 * Starts a server on a free port of 127.0.0.1, with its data in a temporary folder. What it has committed survives `kill`.
 * @param tls PEM files that it shows to clients who want TLS
 * @throws Error where it is not installed, saying what to install
 */
export const startPostgres = async ({ tls }: { tls?: { cert: string; key: string } } = {}): Promise<TestPostgres> => {
  const programs = programsOf('postgres')
  const user = plainUser()
  const folder = mkdtempSync(path.join(quickPlace(), 'pg-'))
  if (user) chownSync(folder, user.uid, user.gid)
  chmodSync(folder, 0o700)
  const data = path.join(folder, 'data')
  const initial = ['--username=gateway', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '-D', data]
  await runFile(path.join(programs, 'initdb'), initial, { ...user, cwd: folder })

  const port = await freePort()
  const settled = [
    `port=${port}`,
    `listen_addresses=127.0.0.1${tls ? ',127.0.0.2' : ''}`,
    `unix_socket_directories=${folder}`,
    // Against a machine that loses power, not against a process that dies.
    'fsync=off',
    ...(tls ? ['ssl=on', ...lay(tls, folder, user)] : []),
  ]
  const urlOf = (database: string) => `postgres://gateway@127.0.0.1:${port}/${database}`
  const url = urlOf('postgres')
  let daemon: Daemon | null = null
  let databases = 0

  const start = async (): Promise<void> => {
    const words = ['-D', data, ...settled.flatMap((setting) => ['-c', setting])]
    // Backends of one that was killed may need a moment to see it, and it does not start before they are gone.
    for (let tries = 1; ; tries += 1) {
      daemon = startDaemon(path.join(programs, 'postgres'), words, user)
      try {
        await untilUp(daemon, () => answers(url))
        return
      } catch (error) {
        if (tries === 5) throw error
      }
    }
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await daemon?.end(signal)
    daemon = null
  }
  await start()
  return {
    port,
    folder,
    url,
    newDatabase: async () => {
      databases += 1
      const name = `test_${databases}`
      await query(url, `CREATE DATABASE ${name}`)
      return urlOf(name)
    },
    stop: () => end('SIGINT'),
    start,
    restart: async () => {
      await end('SIGINT')
      await start()
    },
    kill: () => end('SIGQUIT'),
    [Symbol.asyncDispose]: async () => {
      // Nothing of it is to be kept.
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A database is a thousand files: where memory can hold them, no disk has to. */
const quickPlace = (): string => {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > 2e9 ? memory : tmpdir()
}

/** Copies the server's certificate to where it reads it, with a key that is nobody else's; without that it refuses both. */
const lay = (tls: { cert: string; key: string }, folder: string, user: ReturnType<typeof plainUser>): string[] =>
  (['cert', 'key'] as const).map((name) => {
    const file = path.join(folder, `${name}.pem`)
    copyFileSync(tls[name], file)
    chmodSync(file, 0o600)
    if (user) chownSync(file, user.uid, user.gid)
    return `ssl_${name}_file=${file}`
  })

/** One statement on a connection of its own: what a test asks past the gateway. */
export const query = async (url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows
  } finally {
    await client.end()
  }
}

const answers = (url: string): Promise<boolean> =>
  query(url, 'SELECT 1').then(
    () => true,
    () => false,
  )
