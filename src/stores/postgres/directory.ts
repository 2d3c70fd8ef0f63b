import type { Kysely, Selectable } from 'kysely'
import { scopes } from '../../contract/caller.ts'
import type { KeyRecord } from '../../contract/caller.ts'
import { parseLimits, sayLimits } from '../../contract/limit.ts'
import type { Directory } from '../../contract/store.ts'
import { answering } from './fault.ts'
import { storable } from './storable.ts'
import type { Tables } from './tables.ts'

/** Keys in PostgreSQL, read anew each time. */
export const createDirectory = (database: Kysely<Tables>): Directory => ({
  keys: () =>
    answering('the keys', async () => {
      const rows = await database.selectFrom('keys').selectAll().orderBy('created_at_ms').orderBy('id').execute()
      return rows.map(keyOf)
    }),
  find: (sha256) =>
    answering('the keys', async () => {
      const row = await database.selectFrom('keys').selectAll().where('sha256', '=', sha256).executeTakeFirst()
      return row ? keyOf(row) : null
    }),
  create: ({ id, name, scope, team, tenant, limits, sha256, createdAtMs, revokedAtMs }) =>
    answering('the new key', async () => {
      const [created_at_ms, revoked_at_ms] = [String(createdAtMs), revokedAtMs === null ? null : String(revokedAtMs)]
      const belongs = {
        team: team === undefined ? null : storable(team),
        tenant: tenant === undefined ? null : storable(tenant),
        limits: limits === undefined ? null : sayLimits(limits),
      }
      const row = { id, name: storable(name), scope, ...belongs, sha256, created_at_ms, revoked_at_ms }
      await database.insertInto('keys').values(row).execute()
    }),
  revoke: (id, atMs) =>
    answering('the key', async () => {
      const { numUpdatedRows } = await database
        .updateTable('keys')
        .set({ revoked_at_ms: String(atMs) })
        .where('id', '=', storable(id))
        .where('revoked_at_ms', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    }),
})

const keyOf = ({ id, name, sha256, ...row }: Selectable<Tables['keys']>): KeyRecord => {
  const scope = scopes.find((known) => known === row.scope)
  if (!scope) throw new TypeError(`Key ${id} has the unknown scope ${row.scope}`)
  const revokedAtMs = row.revoked_at_ms === null ? null : Number(row.revoked_at_ms)
  const belongs = {
    ...(row.team === null ? {} : { team: row.team }),
    ...(row.tenant === null ? {} : { tenant: row.tenant }),
    ...(row.limits === null ? {} : { limits: parseLimits(row.limits) }),
  }
  return { id, name, scope, ...belongs, sha256, createdAtMs: Number(row.created_at_ms), revokedAtMs }
}
