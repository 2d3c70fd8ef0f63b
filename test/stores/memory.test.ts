import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createAudit } from '../../src/stores/memory/audit.ts'
import { createCounters } from '../../src/stores/memory/counters.ts'
import { createDirectory } from '../../src/stores/memory/directory.ts'
import { createEntries } from '../../src/stores/memory/entries.ts'
import { createLeases } from '../../src/stores/memory/leases.ts'
import { createReceipts } from '../../src/stores/memory/receipts.ts'
import { fenced } from '../../src/stores/entries/fenced.ts'
import { describeBounds, describeCounters, describeEntries } from '../conformance/store.ts'
import { describeLeases } from '../conformance/leases.ts'
import { answerOf } from '../cache/answer-of.ts'
import { entryOf } from '../cache/entry-of.ts'
import { describeAudit } from './conformance/audit.ts'
import { describeDirectory } from './conformance/directory.ts'
import { describeReceipts } from './conformance/receipts.ts'
import { receiptOf } from './receipt-of.ts'

const nothingToClose = async (): Promise<void> => {}

describeReceipts('memory', async () => ({ port: createReceipts(10_000), [Symbol.asyncDispose]: nothingToClose }))
describeDirectory('memory', async () => ({ port: createDirectory(), [Symbol.asyncDispose]: nothingToClose }))
describeAudit('memory', async () => ({ port: createAudit(1_000), [Symbol.asyncDispose]: nothingToClose }))
describeCounters('memory', async () => ({ port: createCounters(), [Symbol.asyncDispose]: nothingToClose }))
for (const describe of [describeEntries, describeBounds])
  describe('memory', async (options) => ({ port: createEntries(options), [Symbol.asyncDispose]: nothingToClose }))
describeLeases('memory', async () => {
  const clock = { now: () => Date.now() }
  const leases = createLeases({ clock })
  const entries = fenced(createEntries({ maxBytes: 1_000_000, clock }), leases.isNewest)
  return { leases, writer: entries, reader: entries, [Symbol.asyncDispose]: nothingToClose }
})

describe('memory receipts alone', () => {
  test('forget the oldest beyond their capacity', async () => {
    const receipts = createReceipts(2)
    for (const id of ['r1', 'r2', 'r3']) await receipts.append(receiptOf({ id }))
    expect(await receipts.find('r1')).toBeNull()
    expect(await receipts.find('r3')).not.toBeNull()
  })
})

test('memory audit forgets the oldest beyond its capacity', async () => {
  const audit = createAudit(2)
  const entry = {
    atMs: 0,
    actor: { id: 'a', name: 'a' },
    action: 'cache.remove',
    target: null,
    outcome: 'done',
  } as const
  for (const id of ['a1', 'a2', 'a3']) await audit.append({ ...entry, id, detail: {} })
  expect((await audit.recent({ after: null, limit: 10 })).map(({ id }) => id)).toEqual(['a3', 'a2'])
})

test('counting and clearing many remembered answers leaves the event loop to others', async () => {
  const entries = createEntries({ maxBytes: 1e9, clock: { now: () => 0 } })
  const answer = answerOf()
  for (let index = 0; index < 50_000; index += 1)
    await entries.set(entryOf({ key: `${index}`, scope: `key_${index % 3}`, answer, bytes: 1 }))
  const turnsDuring = async (work: Promise<unknown>): Promise<number> => {
    let isOver = false
    let turns = 0
    void work.finally(() => (isOver = true))
    for (; !isOver; turns += 1) await setImmediate()
    return turns
  }
  expect(await turnsDuring(entries.stats(null))).toBeGreaterThan(5)
  expect(await turnsDuring(entries.remove({ scope: null, dryRun: false }))).toBeGreaterThan(5)
  expect(await entries.stats(null)).toMatchObject({ entries: 0, bytes: 0 })
})
