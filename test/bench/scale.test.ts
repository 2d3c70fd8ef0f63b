import { expect, test } from 'vitest'
import { openStores } from '../../src/stores/index.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { fillLedger } from './scale/fill.ts'
import { inPairs, quantile } from './scale/pairs.ts'
import { measureScales } from './scale/scales.ts'
import { tableOf } from './scale/table.ts'

test('the bench of growth runs through, and has a ratio for each of its figures', async () => {
  const sizes = { receipts: [60, 120], keys: [1, 3], entries: [40, 80] } as const
  const told: string[] = []
  const comparisons = await measureScales(sizes, { rounds: 1, requests: 4 }, (line) => told.push(line))
  expect(Object.groupBy(comparisons, ({ grows }) => grows)).toMatchObject({
    receipts: { length: 6 },
    keys: { length: 2 },
    entries: { length: 5 },
  })
  expect(told).toHaveLength(comparisons.length)
  const lines = comparisons.flatMap((comparison) => comparison.lines)
  for (const { what, small, large } of lines)
    for (const figure of [small, large]) expect(figure, what).toBeGreaterThanOrEqual(0)
  expect(tableOf(comparisons, sizes).trim().split('\n')).toHaveLength(2 + lines.length)
}, 180_000)

test('a ledger is filled with as many receipts as were asked for, all within the span', async () => {
  using folder = temporaryFolder()
  const nowMs = Date.now()
  await fillLedger(folder.path, 1_234, nowMs)
  await using stores = await openStores({ dataDir: folder.path, cacheMaxBytes: 0, clock: { now: () => nowMs } })
  const span = { fromMs: nowMs - 30 * 86_400_000, untilMs: nowMs, callerId: null, groupBy: 'model' } as const
  const [real, simulated] = await Promise.all(
    [false, true].map((isSimulated) => stores.receipts.usage({ ...span, simulated: isSimulated })),
  )
  expect((real?.total.requests ?? 0) + (simulated?.total.requests ?? 0)).toBe(1_234)
  expect(real?.rows).toHaveLength(5)
})

test('both sizes are measured in every round, the order turning', async () => {
  const order: string[] = []
  const lines = await inPairs({
    small: 'small',
    large: 'large',
    rounds: 3,
    measure: async (subject, round) => {
      order.push(subject)
      return { cost: subject === 'small' ? 10 : 10 * (round + 1) }
    },
  })
  expect(order).toEqual(['small', 'large', 'large', 'small', 'small', 'large'])
  expect(lines).toEqual([{ what: 'cost', small: 10, large: 20, ratio: { median: 2, low: 1, high: 3 } }])
})

test('a quantile is the value that its share of the values is at or below', () => {
  const values = [5, 1, 4, 2, 3]
  expect([0, 0.2, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 1, 3, 5, 5])
  expect(quantile([], 0.5)).toBeNaN()
})
