import pg from 'pg'
import { GatewayError } from '../../contract/errors.ts'

/** Classes of SQLSTATE that are about what was written, not about the server: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const ofTheData = ['22', '23']
/** What no waiting mends: wrong password, unknown role or database, no right to connect or to make tables. */
const ofTheSettings = ['28000', '28P01', '3D000', '42501']

/** The statement itself was refused: the server is well, and another try would end alike. */
export const isDataFault = (thrown: unknown): boolean => ofTheData.includes(codeOf(thrown).slice(0, 2))

/** The server is there and will not have us as we are set up. */
export const isSettingsFault = (thrown: unknown): boolean =>
  thrown instanceof GatewayError || ofTheSettings.includes(codeOf(thrown)) || isTlsFault(thrown)

/** What is wrong with the server, in words for the gateway's owner: never an address or a password. */
export const describeFault = (thrown: unknown): string => {
  if (thrown instanceof GatewayError) return thrown.message
  const said = thrown instanceof AggregateError ? thrown.errors.map(wordsOf).join('; ') : wordsOf(thrown)
  return `PostgreSQL cannot be used: ${said}.${remedyFor(thrown)}`
}

const wordsOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.message || codeOf(thrown) || thrown.name).replace(/\.$/, '') : 'unknown error'

const remedyFor = (thrown: unknown): string => {
  if (isTlsFault(thrown)) return ' Correct sslmode or sslrootcert in DATABASE_URL.'
  if (isSettingsFault(thrown)) return ' Correct DATABASE_URL, or give its user the rights.'
  return ''
}

const isTlsFault = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (/does not support SSL/.test(thrown.message) ||
    /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(codeOf(thrown)))

const codeOf = (thrown: unknown): string =>
  (thrown instanceof pg.DatabaseError || (thrown instanceof Error && 'code' in thrown)) &&
  typeof thrown.code === 'string'
    ? thrown.code
    : ''

/**
 * Does a store's work; what goes wrong there is told to callers without addresses and SQL, and to the log by its cause.
 * @throws GatewayError store_unavailable
 */
export const answering = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError('store_unavailable', `The database could not answer for ${what}.`, { cause })
  }
}
