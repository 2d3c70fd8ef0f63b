import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { fileFault, isBusy, isDamaged } from './fault.ts'
import { makeFolder } from '../make-folder.ts'

/** The file of remembered answers. It can always be done without. */
export interface CacheFile {
  prepare(sql: string): StatementSync
  /** Runs `work` in one transaction: all of it or nothing. */
  write(work: () => void): void
  close(): void
}

export type OpenedCacheFile =
  /** `notice`: what its owner should know. */
  | { kind: 'open'; file: CacheFile; notice: string | null }
  /** Another gateway has it. */
  | { kind: 'taken'; path: string }

/** Another number wherever the tables change: what an other version wrote is not read, it is made anew. */
const schemaVersion = 2

const schema = `
  CREATE TABLE entries (
    id TEXT NOT NULL PRIMARY KEY,
    key_mac BLOB NOT NULL UNIQUE,
    canonical_mac BLOB,
    key_name TEXT NOT NULL,
    uses INTEGER NOT NULL,
    head BLOB NOT NULL,
    question BLOB
  ) STRICT;
  CREATE INDEX entries_by_canonical ON entries (canonical_mac) WHERE canonical_mac IS NOT NULL;
  CREATE TABLE bodies (id TEXT NOT NULL PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE, body BLOB NOT NULL) STRICT;
  CREATE TABLE epochs (scope_mac BLOB NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
`

/** A gateway that is being stopped may have it for as long. */
const lockWaitMs = 5_000

const pathOf = (dataDir: string): string => join(dataDir, 'cache.db')

/**
 * Opens `<dataDir>/cache.db`, or begins it where it is missing, damaged or of another version: what lay there is set aside.
 * One process has it at a time, since each knows by heart what is in it.
 * @param read reads what it needs; damage that it comes upon counts too. It is called again on the new file.
 * @throws GatewayError store_unavailable where no file can be
 */
export const openCacheFile = (dataDir: string, read: (file: CacheFile) => void): OpenedCacheFile => {
  const path = pathOf(dataDir)
  try {
    makeFolder(dataDir)
    const first = tryOpening(path, read)
    if (first.kind !== 'unfit') return first
    setCacheFileAside(dataDir)
    const second = tryOpening(path, read)
    if (second.kind === 'unfit') throw new Error(second.why)
    if (second.kind === 'taken') return second
    return { ...second, notice: `${path} ${first.why}: it was set aside as ${asideOf(path)}, and a new one begun.` }
  } catch (thrown) {
    throw fileFault(path, thrown)
  }
}

const tryOpening = (
  path: string,
  read: (file: CacheFile) => void,
): OpenedCacheFile | { kind: 'unfit'; why: string } => {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const connection = new DatabaseSync(path, { timeout: lockWaitMs, enableForeignKeyConstraints: true })
  try {
    connection.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    connection.exec('BEGIN IMMEDIATE')
    const version = Number(connection.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version === 0) connection.exec(`${schema}; PRAGMA user_version = ${schemaVersion}`)
    connection.exec('COMMIT')
    if (version !== 0 && version !== schemaVersion) {
      connection.close()
      return { kind: 'unfit', why: `was written by another version of the gateway (schema ${version})` }
    }
    const file = fileOf(connection)
    read(file)
    return { kind: 'open', file, notice: null }
  } catch (thrown) {
    connection.close()
    if (isBusy(thrown)) return { kind: 'taken', path }
    if (isDamaged(thrown)) return { kind: 'unfit', why: 'is damaged' }
    throw thrown
  }
}

const fileOf = (connection: DatabaseSync): CacheFile => ({
  prepare: (sql) => connection.prepare(sql),
  write: (work) => {
    connection.exec('BEGIN IMMEDIATE')
    try {
      work()
      connection.exec('COMMIT')
    } catch (thrown) {
      // A full disk has SQLite roll back by itself.
      if (connection.isTransaction) connection.exec('ROLLBACK')
      throw thrown
    }
  },
  close: () => connection.close(),
})

const asideOf = (path: string): string => `${path}.set-aside`

/** Moves what is there out of the way, where one can look into it. One is enough: a disk is not to be filled with them. */
export const setCacheFileAside = (dataDir: string): void => {
  const path = pathOf(dataDir)
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(asideOf(path) + suffix, { force: true })
    if (existsSync(path + suffix)) renameSync(path + suffix, asideOf(path) + suffix)
  }
}
