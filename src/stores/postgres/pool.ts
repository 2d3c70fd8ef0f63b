import { Kysely, PostgresDialect } from 'kysely'
import type { PostgresCursor, PostgresPool, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import type { ClientBase, PoolClient, QueryResult } from 'pg'
import type { DatabaseSettings, TlsSettings } from '../../contract/settings.ts'
import type { Tables } from './tables.ts'

/** What is asked of one server: statements of every request, and apart from them the reports, which may take their time. */
export interface Postgres extends AsyncDisposable {
  main: Kysely<Tables>
  reports: Kysely<Tables>
}

/** A statement that takes longer than this has lost its server, whatever the connection says. */
const statementMs = 5_000
export const reportMs = 30_000

/**
 * Opens nothing yet: connections are made when they are needed, and made again when they were lost.
 * @param suspect is called when one was lost or could not be made
 */
export const openPostgres = (settings: DatabaseSettings, suspect: () => void): Postgres => {
  const forReports = Math.floor(settings.poolMax / 4) || 1
  const main = openPool(settings, { max: settings.poolMax - forReports, timeoutMs: statementMs, suspect })
  // The server's own bound comes first, and says what happened.
  const reports = openPool(settings, { max: forReports, timeoutMs: reportMs + 5_000, suspect })
  return {
    main,
    reports,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([main.destroy(), reports.destroy()])
    },
  }
}

interface Bounds {
  max: number
  timeoutMs: number
  suspect: () => void
}

const openPool = (settings: DatabaseSettings, bounds: Bounds): Kysely<Tables> => {
  const { host, port, database, user, password, applicationName } = settings
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    password: password?.reveal(),
    ssl: settings.tls ? tlsOptions(settings.tls) : false,
    application_name: applicationName,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    max: bounds.max,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  })
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: bounded(pool, bounds) }) })
}

const tlsOptions = ({ check, ca, cert, key }: TlsSettings): pg.ClientConfig['ssl'] => ({
  rejectUnauthorized: check !== 'nothing',
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key: key.reveal() }),
  ...(check === 'authority' ? { checkServerIdentity: () => undefined } : {}),
})

/**
 * The same pool, whose statements end after `timeoutMs`, and which trusts no connection that is older than the loss of another:
 * when a server goes, all of them are dead, and each would fail whoever gets it.
 */
const bounded = (pool: pg.Pool, { timeoutMs, suspect }: Bounds): PostgresPool => {
  let generation = 0
  const generationOf = new WeakMap<ClientBase, number>()
  pool.on('connect', (client) => void generationOf.set(client, generation))

  const lose = (client: ClientBase): void => {
    if (generationOf.get(client) === generation) generation += 1
    suspect()
  }
  // One that breaks while nobody uses it is nobody's error.
  pool.on('error', (_error, client) => lose(client))

  const connect = async (): Promise<PoolClient> => {
    for (;;) {
      const client = await pool.connect().catch((error: unknown) => {
        suspect()
        throw error
      })
      if (generationOf.get(client) === generation) return client
      client.release(true)
    }
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => lend(await connect(), { timeoutMs, lose }),
  }
}

/** A connection as Kysely uses it. Once lost it is not given back: it would hold up whoever gets it next. */
const lend = (client: PoolClient, { timeoutMs, lose }: { timeoutMs: number; lose: (client: ClientBase) => void }) => {
  let isLost = false
  const onLoss = (): void => {
    if (!isLost) lose(client)
    isLost = true
  }
  // Between two statements nobody else hears of its end, and an error that nobody hears ends the process.
  client.on('error', onLoss)

  function query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  function query(cursor: PostgresCursor<unknown>): never
  async function query(asked: unknown, values: readonly unknown[] = []): Promise<PostgresQueryResult<unknown>> {
    if (typeof asked !== 'string') throw new TypeError('No cursors are used here')
    try {
      return await withinTime(client.query(asked, [...values]).then(resultOf), timeoutMs)
    } catch (error) {
      if (!isOfStatement(error)) onLoss()
      throw error
    }
  }
  return {
    query,
    release: (destroy?: boolean): void => {
      client.off('error', onLoss)
      client.release(destroy === true || isLost)
    },
  }
}

/** Whether the server refused a statement and goes on; what is worse than that ends the connection. */
const isOfStatement = (error: unknown): boolean => error instanceof pg.DatabaseError && error.severity === 'ERROR'

const withinTime = async <Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('PostgreSQL did not answer in time')), timeoutMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

const commands = ['UPDATE', 'DELETE', 'INSERT', 'SELECT', 'MERGE', 'COMMIT', 'ROLLBACK'] as const

/** A text of several statements, as a migration is, has a result each: the last one stands for all. */
const resultOf = (result: QueryResult): PostgresQueryResult<unknown> => {
  const { command, rowCount, rows } = [result].flat().at(-1) ?? result
  return { command: commands.find((known) => known === command) ?? 'SELECT', rowCount: rowCount ?? 0, rows }
}
