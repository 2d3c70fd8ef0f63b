import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBatches } from '../../src/stores/batches.ts'
import { createGate } from '../support/gate.ts'

test('what comes while a batch is written is in the next one, in order and bounded', async () => {
  const gate = createGate()
  const written: number[][] = []
  const batches = createBatches<number>({
    maxItems: 3,
    write: async (items) => {
      written.push([...items])
      await gate.opened
    },
    isItemsFault: () => false,
  })
  const first = batches.add(0)
  await expect.poll(() => written).toEqual([[0]])
  const rest = [1, 2, 3, 4].map((item) => batches.add(item))
  gate.open()
  await Promise.all([first, ...rest])
  expect(written).toEqual([[0], [1, 2, 3], [4]])
})

test('every item is written once, in order, whatever the rhythm', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 3 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (gaps, max) => {
        const written: number[] = []
        const batches = createBatches<number>({
          maxItems: max,
          write: async (items) => {
            expect(items.length).toBeLessThanOrEqual(max)
            for (let turn = 0; turn < (items[0] ?? 0) % 3; turn += 1) await Promise.resolve()
            written.push(...items)
          },
          isItemsFault: () => false,
        })
        const adding: Promise<void>[] = []
        for (const [item, gap] of gaps.entries()) {
          adding.push(batches.add(item))
          for (let turn = 0; turn < gap; turn += 1) await new Promise(setImmediate)
        }
        await Promise.all(adding)
        await batches.idle()
        expect(written).toEqual(gaps.map((_, item) => item))
      },
    ),
    { numRuns: 50 },
  )
})

test('an item that cannot be written fails alone', async () => {
  const kept: string[] = []
  const batches = createBatches<string>({
    maxItems: 10,
    write: async (items) => {
      if (items.includes('bad')) throw new TypeError('bad')
      kept.push(...items)
    },
    isItemsFault: (thrown) => thrown instanceof TypeError,
  })
  const ends = await Promise.allSettled(['a', 'bad', 'b'].map((item) => batches.add(item)))
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(kept).toEqual(['a', 'b'])
})

test('when the place itself is gone, those who wait are told at once, and the next who come are tried again', async () => {
  let tries = 0
  const gate = createGate()
  const batches = createBatches<number>({
    maxItems: 1,
    write: async () => {
      tries += 1
      await gate.opened
      if (tries === 1) throw new Error('gone')
    },
    isItemsFault: () => false,
  })
  const ends = Promise.allSettled([1, 2, 3].map((item) => batches.add(item)))
  gate.open()
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(tries).toBe(1)
  await batches.add(4)
  expect(tries).toBe(2)
})
