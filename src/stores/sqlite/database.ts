import { chmodSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError } from '../../contract/errors.ts'
import { fileFault, isBusy } from './fault.ts'
import { makeFolder } from '../make-folder.ts'
import { migrations } from './migrations.ts'

/** The one connection of this process that writes. */
export interface Database {
  path: string
  prepare(sql: string): StatementSync
  /**
   * Runs `work` in one transaction: all of it or nothing. While another process holds the write lock it is tried again
   * between other work of the event loop, for about five seconds. `work` must be repeatable and must not await.
   */
  write<Result>(work: () => Result): Promise<Result>
  close(): void
}

// Waiting inside SQLite stops every stream of the gateway, so each try waits little and the event loop has the pauses.
const lockWaitMs = 20
const lockPauseMs = 30
const lockTries = 100
const openingLockWaitMs = 5_000

/**
 * Opens `<dataDir>/gateway.db`, making the folder, the file (for its owner only) and the schema where they are missing.
 * WAL with synchronous=NORMAL: a commit survives `kill -9`; a power cut may take the last ones, but never breaks the file.
 * @throws GatewayError store_unavailable, whose message says what to do
 */
export const openDatabase = (dataDir: string): Database => {
  const path = join(dataDir, 'gateway.db')
  const connection = openConnection(dataDir, path)
  return {
    path,
    prepare: (sql) => connection.prepare(sql),
    write: async (work) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return transact(connection, work)
        } catch (thrown) {
          if (!isBusy(thrown) || tries === lockTries) throw thrown
          await sleep(lockPauseMs)
        }
      }
    },
    close: () => connection.close(),
  }
}

const openConnection = (dataDir: string, path: string): DatabaseSync => {
  let connection: DatabaseSync | null = null
  try {
    makeFolder(dataDir)
    // SQLite would make the file readable to all; its -wal and -shm files take over the mode of this one.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    connection = new DatabaseSync(path, { timeout: openingLockWaitMs, enableForeignKeyConstraints: true })
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    migrate(connection, path)
    connection.exec(`PRAGMA busy_timeout = ${lockWaitMs}`)
    return connection
  } catch (thrown) {
    connection?.close()
    throw fileFault(path, thrown)
  }
}

const migrate = (connection: DatabaseSync, path: string): void =>
  // The version is read under the write lock: of two processes that start together one migrates and one finds it done.
  transact(connection, () => {
    const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version > migrations.length)
      throw new GatewayError(
        'store_unavailable',
        `The database ${path} was written by a newer gateway (schema ${version}, this one knows ${migrations.length}): ` +
          'start that version again, or point DATA_DIR to another folder.',
      )
    for (const step of migrations.slice(version)) connection.exec(step)
    connection.exec(`PRAGMA user_version = ${migrations.length}`)
  })

const transact = <Result>(connection: DatabaseSync, work: () => Result): Result => {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (thrown) {
    // A full disk has SQLite roll back by itself.
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw thrown
  }
}
