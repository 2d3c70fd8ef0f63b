import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/stores/sqlite/database.ts'
import { createReceipts } from '../../../src/stores/sqlite/receipts.ts'
import { openReports } from '../../../src/stores/sqlite/reports.ts'
import { receiptOf } from '../receipt-of.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const openLedger = () => {
  const folder = temporaryFolder()
  const database = openDatabase(folder.path)
  const receipts = createReceipts(database)
  return {
    database,
    receipts,
    /** What another process does to the same file. */
    stranger: () => new DatabaseSync(database.path),
    [Symbol.asyncDispose]: async () => {
      await receipts[Symbol.asyncDispose]()
      database.close()
      folder[Symbol.dispose]()
    },
  }
}

const poisonTrigger = `CREATE TRIGGER poison BEFORE INSERT ON receipts WHEN NEW.id = 'poison'
  BEGIN SELECT RAISE(ABORT, 'poisoned'); END`

test('a commit that fails rejects every receipt in it and writes none; the next one succeeds', async () => {
  await using ledger = openLedger()
  using stranger = ledger.stranger()
  stranger.exec(poisonTrigger)
  const ids = ['r1', 'poison', 'r2']
  const results = await Promise.allSettled(ids.map((id) => ledger.receipts.append(receiptOf({ id }))))
  for (const result of results)
    expect(result).toMatchObject({ status: 'rejected', reason: { name: 'GatewayError', code: 'ledger_unavailable' } })
  expect(await ledger.receipts.find('r1')).toBeNull()

  await ledger.receipts.append(receiptOf({ id: 'r1' }))
  expect(await ledger.receipts.find('r1')).not.toBeNull()
})

test('receipts of one tick are one commit, receipts of the next tick another', async () => {
  await using ledger = openLedger()
  using stranger = ledger.stranger()
  stranger.exec(poisonTrigger)
  const good = ledger.receipts.append(receiptOf({ id: 'good' }))
  await good
  const bad = ledger.receipts.append(receiptOf({ id: 'poison' }))
  await expect(bad).rejects.toMatchObject({ code: 'ledger_unavailable' })
  expect(await ledger.receipts.find('good')).not.toBeNull()
})

test('a receipt that cannot be a row is refused alone', async () => {
  await using ledger = openLedger()
  const [good, tooMuch] = await Promise.allSettled([
    ledger.receipts.append(receiptOf({ id: 'good' })),
    ledger.receipts.append(receiptOf({ id: 'rich', costNanoUsd: 2n ** 63n })),
  ])
  expect(good).toMatchObject({ status: 'fulfilled' })
  expect(tooMuch).toMatchObject({ status: 'rejected', reason: { code: 'ledger_unavailable' } })
})

test('a receipt appended while others are being committed is committed after them', async () => {
  await using ledger = openLedger()
  const chain = async (lane: number): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await ledger.receipts.append(receiptOf({ id: `${lane}-${turn}` }))
  }
  await Promise.all(Array.from({ length: 30 }, (_, lane) => chain(lane)))
  using stranger = ledger.stranger()
  expect(stranger.prepare('SELECT count(*) AS rows FROM receipts').get()).toEqual({ rows: 600 })
})

test('waits for a lock without stopping the event loop', async () => {
  await using ledger = openLedger()
  using stranger = ledger.stranger()
  stranger.exec('BEGIN IMMEDIATE')
  const appended = ledger.receipts.append(receiptOf({ id: 'r1' }))
  let turns = 0
  for (; turns < 8; turns += 1) await sleep(20)
  expect(await ledger.receipts.find('r1')).toBeNull()
  stranger.exec('ROLLBACK')
  await appended
  expect(await ledger.receipts.find('r1')).not.toBeNull()
})

test('disposing waits for what is being written; afterwards nothing can be', async () => {
  using folder = temporaryFolder()
  const database = openDatabase(folder.path)
  const receipts = createReceipts(database)
  let isWritten = false
  void receipts.append(receiptOf({ id: 'r1' })).then(() => (isWritten = true))
  await receipts[Symbol.asyncDispose]()
  expect(isWritten).toBe(true)
  database.close()
  await expect(receipts.append(receiptOf({ id: 'r2' }))).rejects.toMatchObject({ code: 'ledger_unavailable' })
  await expect(receipts.find('r1')).rejects.toMatchObject({ code: 'store_unavailable' })
})

test('a report leaves the event loop to others', async () => {
  await using ledger = openLedger()
  const query = { callerId: null, fromMs: 0, untilMs: Date.UTC(2100, 0), groupBy: 'user', simulated: false } as const
  await ledger.receipts.usage(query)
  await Promise.all(
    Array.from({ length: 5000 }, (_, index) => ledger.receipts.append(receiptOf({ id: `r${index}`, costNanoUsd: 1n }))),
  )
  let turns = 0
  const counting = setInterval(() => (turns += 1), 1)
  const reports = await Promise.all(Array.from({ length: 20 }, () => ledger.receipts.usage(query)))
  clearInterval(counting)
  expect(reports.every(({ total }) => total.requests === 5000)).toBe(true)
  expect(turns).toBeGreaterThan(0)
})

test('deleting old receipts lets receipts of now be written in between', async () => {
  await using ledger = openLedger()
  const old = Array.from({ length: 1000 }, (_, index) => receiptOf({ id: `old${index}`, receivedAtMs: index }))
  await Promise.all(old.map((receipt) => ledger.receipts.append(receipt)))
  let isOver = false
  let written = 0
  const pruning = ledger.receipts.prune(1000).finally(() => (isOver = true))
  for (; !isOver; written += 1) await ledger.receipts.append(receiptOf({ id: `new${written}` }))
  expect(await pruning).toBe(1000)
  expect(written).toBeGreaterThan(10)
})

test('a report thread that cannot work says so to each who asks, and another takes its place', async () => {
  using folder = temporaryFolder()
  await using reports = openReports(join(folder.path, 'gateway.db'))
  const query = { callerId: null, fromMs: 0, untilMs: 1, groupBy: 'day', simulated: false } as const
  const asked = [reports.usage(query), reports.usage(query)]
  for (const result of await Promise.allSettled(asked))
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } })
  openDatabase(folder.path).close()
  expect((await reports.usage(query)).total.requests).toBe(0)
})

test('a question the report thread cannot answer leaves it at work', async () => {
  await using ledger = openLedger()
  using stranger = ledger.stranger()
  const query = { callerId: null, fromMs: 0, untilMs: 1, groupBy: 'day', simulated: false } as const
  stranger.exec('ALTER TABLE receipts RENAME TO elsewhere')
  await expect(ledger.receipts.usage(query)).rejects.toMatchObject({ code: 'store_unavailable' })
  stranger.exec('ALTER TABLE elsewhere RENAME TO receipts')
  expect((await ledger.receipts.usage(query)).total.requests).toBe(0)
})
