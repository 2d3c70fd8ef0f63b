import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { GatewayError } from '../../contract/errors.ts'
import { migrations } from './migrations.ts'
import type { Tables } from './tables.ts'

/** "gateway" in bytes: the advisory lock that every migrating process of a database takes. */
const lockKey = '29097059087803762'

/**
 * Brings the schema up to date, each step in a transaction of its own under a lock: of processes that start together, one
 * makes a step and the others find it made. The lock ends with its transaction, so that a pooler in between does no harm.
 * @throws GatewayError store_unavailable for a database that this program does not know; the driver's own errors
 */
export const migrate = async (database: Kysely<Tables>, steps: readonly string[] = migrations): Promise<void> => {
  for (let isDone = false; !isDone;) isDone = await database.transaction().execute((trx) => stepOnce(trx, steps))
}

const stepOnce = async (trx: Transaction<Tables>, steps: readonly string[]): Promise<boolean> => {
  await sql`SELECT pg_advisory_xact_lock(${lockKey}::bigint)`.execute(trx)
  await sql`
    CREATE TABLE IF NOT EXISTS schema_steps (
      version integer PRIMARY KEY,
      checksum text NOT NULL,
      made_at timestamptz NOT NULL DEFAULT now()
    )`.execute(trx)
  const made = await sql<{ version: number; checksum: string }>`
    SELECT version, checksum FROM schema_steps ORDER BY version`.execute(trx)
  const last = made.rows.at(-1)?.version ?? 0
  if (last > steps.length)
    throw new GatewayError(
      'store_unavailable',
      `The PostgreSQL database was written by a newer gateway (schema ${last}, this one knows ${steps.length}): ` +
        'start that version again, or point DATABASE_URL to another database.',
    )
  for (const { version, checksum } of made.rows)
    if (checksum !== checksumOf(steps[version - 1] ?? ''))
      throw new GatewayError(
        'store_unavailable',
        `Step ${version} of the PostgreSQL schema is not the one that this gateway knows: the database belongs to ` +
          'another program or to a version that was never released. Point DATABASE_URL to another database.',
      )
  const next = steps[last]
  if (next === undefined) return true
  await sql.raw(next).execute(trx)
  await sql`INSERT INTO schema_steps (version, checksum) VALUES (${last + 1}, ${checksumOf(next)})`.execute(trx)
  return false
}

/** Of what a step does: how it is laid out does not matter. */
const checksumOf = (step: string): string => hash('sha256', step.replaceAll(/\s+/g, ' ').trim(), 'hex')
