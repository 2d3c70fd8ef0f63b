import { GatewayError } from '../../contract/errors.ts'

/** SQLite's primary result codes, https://sqlite.org/rescode.html */
const resultCodes = { busy: 5, readOnly: 8, corrupt: 11, full: 13, notADatabase: 26 }

const resultCodeOf = (thrown: unknown): number | null =>
  // The low byte of an extended code is the primary one.
  thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : null

/** Another connection holds the lock that this statement needs. */
export const isBusy = (thrown: unknown): boolean => resultCodeOf(thrown) === resultCodes.busy

/** The file is no database, or one that was written over. */
export const isDamaged = (thrown: unknown): boolean => {
  const code = resultCodeOf(thrown)
  return code === resultCodes.corrupt || code === resultCodes.notADatabase
}

/** What is wrong with the database file, and what its owner should do, as the error that ends the start. */
export const fileFault = (path: string, thrown: unknown): GatewayError =>
  thrown instanceof GatewayError
    ? thrown
    : new GatewayError('store_unavailable', `The database ${path} ${remedyFor(thrown)}`, { cause: thrown })

const remedyFor = (thrown: unknown): string => {
  switch (resultCodeOf(thrown)) {
    case resultCodes.busy:
      return 'is locked by another process: wait until it has finished, or stop it.'
    case resultCodes.readOnly:
      return 'cannot be written: give the user who runs the gateway write access to the file and to its folder.'
    case resultCodes.corrupt:
    case resultCodes.notADatabase:
      return (
        'is damaged or no database: move it away, with its -wal and -shm files, ' +
        'then start with an empty one or with a backup in its place.'
      )
    case resultCodes.full:
      return 'cannot grow: the disk is full. Free some space.'
    case null:
    default:
      return 'cannot be opened: DATA_DIR must name a folder that the user who runs the gateway can write to.'
  }
}

/**
 * Does a store's work; what goes wrong there is told to callers without paths and SQL, and to the log by its cause.
 * @throws GatewayError store_unavailable
 */
export const answering = async <Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (cause) {
    throw new GatewayError('store_unavailable', `The database could not answer for ${what}.`, { cause })
  }
}
