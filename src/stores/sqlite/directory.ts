import { scopes } from '../../contract/caller.ts'
import type { KeyRecord } from '../../contract/caller.ts'
import { parseLimits, sayLimits } from '../../contract/limit.ts'
import type { Directory } from '../../contract/store.ts'
import { numberOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'
import type { Database } from './database.ts'
import { answering } from './fault.ts'

/** Keys in SQLite, read anew each time: another process may have written since. */
export const createDirectory = (database: Database): Directory => {
  const select = database.prepare('SELECT * FROM keys ORDER BY created_at_ms, id')
  const selectOne = database.prepare('SELECT * FROM keys WHERE sha256 = ?')
  const insert = database.prepare(
    `INSERT INTO keys (id, name, scope, sha256, created_at_ms, revoked_at_ms, team, tenant, limits)
     VALUES (:id, :name, :scope, :sha256, :createdAtMs, :revokedAtMs, :team, :tenant, :limits)`,
  )
  const update = database.prepare('UPDATE keys SET revoked_at_ms = :atMs WHERE id = :id AND revoked_at_ms IS NULL')

  return {
    keys: () => answering('the keys', () => select.all().map(keyOf)),
    find: (sha256) =>
      answering('the keys', () => {
        const row = selectOne.get(sha256)
        return row ? keyOf(row) : null
      }),
    create: (key) =>
      answering('the new key', async () => {
        const { team = null, tenant = null, limits } = key
        await database.write(() => insert.run({ ...key, team, tenant, limits: limits ? sayLimits(limits) : null }))
      }),
    revoke: (id, atMs) =>
      answering('the key', async () => {
        const { changes } = await database.write(() => update.run({ id, atMs }))
        return changes === 1
      }),
  }
}

const keyOf = (row: Row): KeyRecord => {
  const id = textOf(row, 'id')
  const scope = scopes.find((known) => known === row['scope'])
  if (!scope) throw new TypeError(`Key ${id} has the unknown scope ${String(row['scope'])}`)
  return {
    id,
    name: textOf(row, 'name'),
    scope,
    ...(row['team'] === null ? {} : { team: textOf(row, 'team') }),
    ...(row['tenant'] === null ? {} : { tenant: textOf(row, 'tenant') }),
    ...(row['limits'] === null ? {} : { limits: parseLimits(textOf(row, 'limits')) }),
    sha256: textOf(row, 'sha256'),
    createdAtMs: numberOf(row, 'created_at_ms'),
    revokedAtMs: row['revoked_at_ms'] === null ? null : numberOf(row, 'revoked_at_ms'),
  }
}
