import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Stores } from '../../../src/stores/index.ts'
import { lacksPostgres, query, startPostgres } from '../../support/postgres.ts'
import type { TestPostgres } from '../../support/postgres.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startWire } from '../../support/wire.ts'
import { receiptOf } from '../receipt-of.ts'
import { openAt } from './open.ts'

const journalsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.includes('.journal'))

const isHere = (stores: Stores) => () => stores.ledger.faults().length === 0

/** Appends in several lanes until it is told to stop; keeps the ids of what was acknowledged, in each lane in order. */
const appendInLanes = (stores: Stores, lanes: number) => {
  const acknowledged: string[] = []
  const failed: string[] = []
  let isOver = false
  const lane = async (number: number): Promise<void> => {
    for (let turn = 0; !isOver; turn += 1) {
      const id = `${number}-${String(turn).padStart(6, '0')}`
      await stores.receipts.append(receiptOf({ id })).then(
        () => acknowledged.push(id),
        () => failed.push(id),
      )
      await sleep(2)
    }
  }
  const running = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  return {
    acknowledged,
    failed,
    stop: async () => {
      isOver = true
      await running
    },
  }
}

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const idsIn = async (url: string): Promise<string[]> =>
    (await query(url, 'SELECT id FROM receipts ORDER BY id')).map(({ id }) => String(id))

  test.each(['stop', 'kill'] as const)(
    'no receipt that was acknowledged is lost or doubled when the server is gone for a while (%s)',
    async (manner) => {
      const url = await server.newDatabase()
      using folder = temporaryFolder()
      const told: string[] = []
      await using stores = await openAt({ url, dataDir: folder.path, told })
      const writer = appendInLanes(stores, 8)
      await expect.poll(() => writer.acknowledged.length).toBeGreaterThan(50)
      await server[manner]()
      await expect.poll(() => stores.ledger.faults()).toEqual([expect.stringMatching(/^PostgreSQL cannot be used: /)])
      const soFar = writer.acknowledged.length
      await expect.poll(() => writer.acknowledged.length).toBeGreaterThan(soFar + 50)
      expect(journalsIn(folder.path)).toHaveLength(1)
      await server.start()
      await expect.poll(isHere(stores)).toBe(true)
      const back = writer.acknowledged.length
      await expect.poll(() => writer.acknowledged.length).toBeGreaterThan(back + 50)
      await writer.stop()

      expect(writer.failed).toEqual([])
      await expect.poll(() => journalsIn(folder.path)).toEqual([])
      expect(await idsIn(url)).toEqual(writer.acknowledged.toSorted())
      expect(told).toContain('PostgreSQL is back')
    },
    120_000,
  )

  test('a commit whose answer is lost is in the ledger once', async () => {
    const url = await server.newDatabase()
    using folder = temporaryFolder()
    await using wire = await startWire(server.port)
    await using stores = await openAt({ url: url.replace(`:${server.port}/`, `:${wire.port}/`), dataDir: folder.path })
    await stores.receipts.append(receiptOf({ id: 'before' }))
    wire.loseReplies()
    const appending = Promise.all(['a', 'b', 'c'].map((id) => stores.receipts.append(receiptOf({ id }))))
    // It has been done there, and nobody here can know.
    await expect.poll(() => idsIn(url)).toEqual(['a', 'b', 'before', 'c'])
    await appending
    expect(journalsIn(folder.path)).toHaveLength(1)
    wire.mend()
    await expect.poll(isHere(stores)).toBe(true)
    await expect.poll(() => journalsIn(folder.path)).toEqual([])
    expect(await idsIn(url)).toEqual(['a', 'b', 'before', 'c'])
  })

  test('a network that says nothing any more holds a receipt up, not for ever', async () => {
    const url = await server.newDatabase()
    using folder = temporaryFolder()
    await using wire = await startWire(server.port)
    await using stores = await openAt({ url: url.replace(`:${server.port}/`, `:${wire.port}/`), dataDir: folder.path })
    await stores.receipts.append(receiptOf({ id: 'before' }))
    wire.stall()
    await stores.receipts.append(receiptOf({ id: 'meanwhile' }))
    expect(journalsIn(folder.path)).toHaveLength(1)
    wire.mend()
    await expect.poll(isHere(stores)).toBe(true)
    await expect.poll(() => idsIn(url)).toEqual(['before', 'meanwhile'])
  })

  test('connections that the server closes while nobody uses them do not count as its absence', async () => {
    const url = await server.newDatabase()
    const told: string[] = []
    await using stores = await openAt({ url, told })
    await Promise.all([
      stores.receipts.append(receiptOf({ id: 'a' })),
      stores.directory.keys(),
      stores.directory.keys(),
    ])
    await query(
      url,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    await stores.receipts.append(receiptOf({ id: 'b' }))
    stores.ledger.assertWritable()
    expect(told).toEqual([])
    expect(await idsIn(url)).toEqual(['a', 'b'])
  })

  test('a gateway starts while the server is away, and serves when it is there', async () => {
    const url = await server.newDatabase()
    using folder = temporaryFolder()
    await server.stop()
    await using stores = await openAt({ url, dataDir: folder.path })
    expect(stores.ledger.faults()).toHaveLength(1)
    await expect(stores.directory.keys()).rejects.toMatchObject({ code: 'store_unavailable' })
    await stores.receipts.append(receiptOf({ id: 'early' }))
    await server.start()
    await expect.poll(isHere(stores)).toBe(true)
    await expect.poll(() => idsIn(url)).toEqual(['early'])
    expect(await stores.directory.keys()).toEqual([])
  })

  test.each([
    ['refuse', { whenAway: 'refuse' }, /nothing is spent that could not be written down/],
    ['journal that is full', { whenAway: 'journal', journalMaxBytes: 1 }, /its journal is full/],
    ['journal without a disk', { whenAway: 'journal', dataDir: ':memory:' }, /nothing is spent/],
  ] as const)('while the server is away requests are refused: %s', async (_what, settings, why) => {
    const url = await server.newDatabase()
    using folder = temporaryFolder()
    await using stores = await openAt({ url, dataDir: folder.path, ...settings })
    stores.ledger.assertWritable()
    await server.stop()
    await expect.poll(() => stores.ledger.faults()).toHaveLength(1)
    // What was running when it went away is written all the same, where there is a disk.
    const running = stores.receipts.append(receiptOf({ id: 'running' }))
    if ('dataDir' in settings) await expect(running).rejects.toMatchObject({ code: 'ledger_unavailable' })
    else await running
    expect(() => stores.ledger.assertWritable()).toThrow(why)
    await server.start()
    await expect.poll(isHere(stores)).toBe(true)
    stores.ledger.assertWritable()
    if (!('dataDir' in settings)) await expect.poll(() => idsIn(url)).toEqual(['running'])
  })

  test('a key that was seen works while the server is away, one that was not does not', async () => {
    const url = await server.newDatabase()
    let nowMs = 1_000_000
    await using stores = await openAt({ url, now: () => nowMs })
    const key = {
      id: 'key_a',
      name: 'Ada',
      scope: 'use',
      sha256: 'a'.repeat(64),
      createdAtMs: 0,
      revokedAtMs: null,
    } as const
    await stores.directory.create(key)
    expect(await stores.directory.find(key.sha256)).toEqual(key)
    await server.stop()
    nowMs += 60_000
    expect(await stores.directory.find(key.sha256)).toEqual(key)
    await expect(stores.directory.find('b'.repeat(64))).rejects.toMatchObject({ code: 'store_unavailable' })
    await server.start()
    await expect.poll(isHere(stores)).toBe(true)
  })
})
