import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOutbox } from '../../../src/stores/redis/outbox.ts'
import { createGate } from '../../support/gate.ts'

/** Even numbers may be dropped; 10,000 stands for all that may not. */
const open = (send: (texts: readonly string[]) => Promise<unknown>) =>
  createOutbox<number>({
    write: async (message) => (message < 0 ? null : Buffer.from(String(message))),
    send: (texts) => send(texts.map(String)),
    mayDrop: (message) => message % 2 === 0,
    inPlaceOf: () => 99_999,
  })

test('what is told arrives in order, in lots, whatever fails on the way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1000), { maxLength: 200 }), fc.array(fc.boolean()), async (messages, failures) => {
      const arrived: string[] = []
      const coming = [...failures]
      await using outbox = open(async (texts) => {
        if (coming.shift() === true) throw new Error('away')
        arrived.push(...texts)
      })
      for (const message of messages) outbox.put(message)
      await expect.poll(() => outbox.waiting(), { timeout: 20_000, interval: 1 }).toBe(0)
      expect(arrived).toEqual(messages.map(String))
      expect(outbox.counts).toEqual({ told: messages.length, dropped: 0 })
    }),
    { numRuns: 10 },
  )
}, 60_000)

test('what cannot be told is dropped and counted, and what follows is told', async () => {
  const arrived: string[] = []
  await using outbox = open(async (texts) => void arrived.push(...texts))
  for (const message of [1, -1, 2]) outbox.put(message)
  await expect.poll(() => outbox.waiting()).toBe(0)
  expect(arrived).toEqual(['1', '2'])
  expect(outbox.counts).toEqual({ told: 2, dropped: 1 })
})

test('where too many wait, those that need not arrive go first', async () => {
  const gate = createGate()
  const arrived: string[] = []
  await using outbox = open(async (texts) => {
    await gate.opened
    arrived.push(...texts)
  })
  for (let message = 0; message < 12_000; message += 1) outbox.put(message % 3 === 0 ? 1 : message * 2)
  expect(outbox.waiting()).toBe(10_000)
  expect(outbox.counts.dropped).toBe(2_000)
  gate.open()
  await expect.poll(() => outbox.waiting(), { timeout: 20_000 }).toBe(0)
  expect(arrived.filter((text) => text === '1')).toHaveLength(4_000)
  expect(arrived.at(-1)).toBe('23998')
})

test('where all must arrive, one stands for them all', async () => {
  const gate = createGate()
  const arrived: string[] = []
  await using outbox = open(async (texts) => {
    await gate.opened
    arrived.push(...texts)
  })
  for (let message = 0; message <= 10_000; message += 1) outbox.put(7)
  expect(outbox.waiting()).toBe(1)
  gate.open()
  await expect.poll(() => outbox.waiting()).toBe(0)
  expect(arrived).toContain('99999')
})
