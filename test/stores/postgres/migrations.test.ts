import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../../src/stores/postgres/migrate.ts'
import { migrations } from '../../../src/stores/postgres/migrations.ts'
import { openPostgres } from '../../../src/stores/postgres/pool.ts'
import { lacksPostgres, query, startPostgres } from '../../support/postgres.ts'
import type { TestPostgres } from '../../support/postgres.ts'
import { receiptOf } from '../receipt-of.ts'
import { openAt, settingsOf } from './open.ts'

const child = fileURLToPath(new URL('./child.ts', import.meta.url))

const migrateTo = async (url: string, steps: readonly string[]): Promise<void> => {
  await using postgres = openPostgres(settingsOf(url), () => undefined)
  await migrate(postgres.main, steps)
}

/** Everything that the schema is made of, but for when it was made. */
const schemaOf = async (url: string): Promise<unknown> => ({
  columns: await query(
    url,
    `SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns
     WHERE table_schema = 'public' ORDER BY table_name, column_name`,
  ),
  indexes: await query(url, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname"),
  constraints: await query(
    url,
    `SELECT conname, pg_get_constraintdef(oid) AS def FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace ORDER BY conname`,
  ),
  steps: await query(url, 'SELECT version, checksum FROM schema_steps ORDER BY version'),
})

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  test.each(migrations.map((_, version) => version))(
    'a database of version %i is brought up to date with what it holds',
    async (version) => {
      const [fresh, older] = [await server.newDatabase(), await server.newDatabase()]
      await migrateTo(fresh, migrations)
      await migrateTo(older, migrations.slice(0, version))
      const key = `('key_a', 'Ada', 'use', '${'a'.repeat(64)}', 5, NULL)`
      if (version > 0)
        await query(older, `INSERT INTO keys (id, name, scope, sha256, created_at_ms, revoked_at_ms) VALUES ${key}`)
      await using stores = await openAt({ url: older })
      expect(await schemaOf(older)).toEqual(await schemaOf(fresh))
      expect(await stores.directory.keys()).toHaveLength(version > 0 ? 1 : 0)
      await stores.receipts.append(receiptOf({ id: 'r1' }))
      expect(await stores.receipts.find('r1')).toEqual(receiptOf({ id: 'r1' }))
    },
  )

  test('processes that start together on an empty database make one schema', async () => {
    const url = await server.newDatabase()
    const runs = Array.from({ length: 3 }, () => promisify(execFile)(process.execPath, [child, url]))
    expect(await Promise.all(runs)).toEqual(runs.map(() => ({ stdout: '', stderr: '' })))
    expect(await query(url, 'SELECT version FROM schema_steps ORDER BY version')).toEqual(
      migrations.map((_, index) => ({ version: index + 1 })),
    )
  })

  test('a step that fails leaves nothing of itself, and the steps before it', async () => {
    const url = await server.newDatabase()
    await expect(migrateTo(url, [...migrations, 'CREATE TABLE half (a text); SELECT 1 / 0'])).rejects.toThrow('zero')
    expect(await query(url, "SELECT to_regclass('half') AS half")).toEqual([{ half: null }])
    expect(await query(url, 'SELECT count(*)::int AS made FROM schema_steps')).toEqual([{ made: migrations.length }])
  })

  test('a database of a newer gateway is refused, with what to do, and left as it was', async () => {
    const url = await server.newDatabase()
    await migrateTo(url, [...migrations, 'CREATE TABLE newer (a text)'])
    const before = await schemaOf(url)
    await expect(openAt({ url })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/newer gateway \(schema \d+, .*start that version again, or point DATABASE_URL/),
    })
    expect(await schemaOf(url)).toEqual(before)
  })

  test('a database whose steps are not ours is refused', async () => {
    const url = await server.newDatabase()
    await migrateTo(url, ['CREATE TABLE theirs (a text)'])
    await expect(openAt({ url })).rejects.toThrow(/Step 1 of the PostgreSQL schema is not the one/)
  })

  test.each([
    ['a role that is not there', (url: string) => url.replace('gateway@', 'nobody@')],
    ['a database that is not there', (url: string) => `${url}_not`],
    ['a server without TLS', (url: string) => `${url}?sslmode=require`],
  ])('%s ends the start with what to correct, and without the password', async (_what, change) => {
    const url = change(await server.newDatabase()).replace('@', ':p4ssw0rd@')
    const refused: unknown = await openAt({ url }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'store_unavailable', message: expect.stringMatching(/DATABASE_URL/) })
    expect(String(refused)).not.toContain('p4ssw0rd')
  })
})
