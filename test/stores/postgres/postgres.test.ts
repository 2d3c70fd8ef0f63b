import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAudit } from '../../../src/stores/postgres/audit.ts'
import { createDirectory } from '../../../src/stores/postgres/directory.ts'
import { migrate } from '../../../src/stores/postgres/migrate.ts'
import { openPostgres } from '../../../src/stores/postgres/pool.ts'
import type { Postgres } from '../../../src/stores/postgres/pool.ts'
import { createReceipts } from '../../../src/stores/postgres/receipts.ts'
import { within } from '../../../src/stores/postgres/reports.ts'
import { lacksPostgres, query, startPostgres } from '../../support/postgres.ts'
import type { TestPostgres } from '../../support/postgres.ts'
import { describeAudit } from '../conformance/audit.ts'
import { describeDirectory } from '../conformance/directory.ts'
import { describeReceipts } from '../conformance/receipts.ts'
import { receiptOf } from '../receipt-of.ts'
import { openAt, settingsOf } from './open.ts'

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  let server: TestPostgres
  let postgres: Postgres

  beforeAll(async () => {
    server = await startPostgres()
    postgres = openPostgres(settingsOf(await server.newDatabase()), () => undefined)
    await migrate(postgres.main)
  }, 60_000)
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  }, 60_000)

  const open =
    <Port extends object>(create: (postgres: Postgres) => Port & Partial<AsyncDisposable>) =>
    async () => {
      await sql`TRUNCATE receipts, keys, audit`.execute(postgres.main)
      const port = create(postgres)
      return { port, [Symbol.asyncDispose]: async () => port[Symbol.asyncDispose]?.() }
    }

  describeReceipts('PostgreSQL', open(createReceipts))
  describeDirectory(
    'PostgreSQL',
    open(({ main }) => createDirectory(main)),
  )
  describeAudit(
    'PostgreSQL',
    open(({ main }) => createAudit(main)),
  )

  test('receipts can be asked for by their columns', async () => {
    const url = await server.newDatabase()
    await using stores = await openAt({ url })
    await stores.receipts.append(receiptOf({ id: 'r1' }))
    expect(
      await query(
        url,
        `SELECT cost_nano_usd, metadata ->> 'project' AS project, "user" FROM receipts WHERE model = 'gpt-6-luna'`,
      ),
    ).toEqual([{ cost_nano_usd: '9007199254740993', project: 'Kraków 🌉', user: 'user-7' }])
  })

  test('a receipt that the database refuses fails alone, and the database is not taken for lost', async () => {
    const url = await server.newDatabase()
    await using stores = await openAt({ url })
    await query(url, `ALTER TABLE receipts ADD CONSTRAINT no_bob CHECK (caller_id <> 'key_bob')`)
    const bob = receiptOf({ id: 'r2', caller: { id: 'key_bob', name: 'Bob' } })
    const ends = await Promise.allSettled(
      [receiptOf({ id: 'r1' }), bob, receiptOf({ id: 'r3' })].map((receipt) => stores.receipts.append(receipt)),
    )
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(ends[1]).toMatchObject({ reason: { code: 'ledger_unavailable' } })
    expect(stores.ledger.faults()).toEqual([])
    expect(await query(url, 'SELECT id FROM receipts ORDER BY id')).toEqual([{ id: 'r1' }, { id: 'r3' }])
  })

  test('reports that take long keep nobody from writing', async () => {
    const url = await server.newDatabase()
    await using stores = await openAt({ url })
    // Whoever reads the ledger sleeps; whoever writes to it does not.
    await query(
      url,
      `CREATE FUNCTION sleeps() RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT true FROM pg_sleep(600)';
       ALTER TABLE receipts RENAME TO kept;
       INSERT INTO kept SELECT * FROM json_populate_recordset(NULL::kept, '[]');
       CREATE VIEW receipts AS SELECT * FROM kept WHERE sleeps()`,
    )
    await stores.receipts.append(receiptOf({ id: 'before' }))
    const asked = { callerId: null, fromMs: 0, untilMs: 9e15, groupBy: 'provider', simulated: false } as const
    const reports = Promise.allSettled(Array.from({ length: 3 }, () => stores.receipts.usage(asked)))
    const asleep = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    await expect.poll(async () => (await query(url, `SELECT pid ${asleep}`)).length).toBeGreaterThan(0)
    await stores.receipts.append(receiptOf({ id: 'meanwhile' }))
    expect(await query(url, 'SELECT id FROM kept ORDER BY id')).toEqual([{ id: 'before' }, { id: 'meanwhile' }])
    let areOver = false
    void reports.then(() => (areOver = true))
    await expect
      .poll(async () => {
        await query(url, `SELECT pg_cancel_backend(pid) ${asleep}`)
        return areOver
      })
      .toBe(true)
    for (const end of await reports) expect(end).toMatchObject({ reason: { code: 'store_unavailable' } })
  })

  test('the server itself ends a report that takes too long', async () => {
    const late = within(postgres.reports, (trx) => sql`SELECT pg_sleep(60)`.execute(trx), 50)
    await expect(late).rejects.toMatchObject({ code: 'store_unavailable', cause: { code: '57014' } })
  })

  test('an address of a socket leads to the same server', async () => {
    const url = await server.newDatabase()
    const database = url.slice(url.lastIndexOf('/') + 1)
    const socket = `postgres://gateway@/${database}?host=${server.folder}&port=${server.port}`
    await using stores = await openAt({ url: socket })
    await stores.receipts.append(receiptOf({ id: 'r1' }))
    expect(await query(url, 'SELECT id FROM receipts')).toEqual([{ id: 'r1' }])
  })
})
