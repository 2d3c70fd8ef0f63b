import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBulkhead } from '../../src/limits/bulkhead.ts'
import type { Slot } from '../../src/limits/bulkhead.ts'

const never = new AbortController().signal

test('gives out its slots, then refuses who will not wait', async () => {
  const bulkhead = createBulkhead('p', 2)
  const first = await bulkhead.acquire({ wait: false }, never)
  await bulkhead.acquire({ wait: false }, never)
  await expect(bulkhead.acquire({ wait: false }, never)).rejects.toMatchObject({ code: 'provider_busy' })
  first[Symbol.dispose]()
  await expect(bulkhead.acquire({ wait: false }, never)).resolves.toBeDefined()
})

test('who waits gets the next free slot, in order', async () => {
  const bulkhead = createBulkhead('p', 2)
  const held = [await bulkhead.acquire({ wait: true }, never), await bulkhead.acquire({ wait: true }, never)]
  const served: string[] = []
  const a = bulkhead.acquire({ wait: true }, never).then(() => served.push('a'))
  const b = bulkhead.acquire({ wait: true }, never).then(() => served.push('b'))
  for (const slot of held) slot[Symbol.dispose]()
  await Promise.all([a, b])
  expect(served).toEqual(['a', 'b'])
  expect(bulkhead.inFlight()).toBe(2)
})

test('the line is bounded', async () => {
  const bulkhead = createBulkhead('p', 1)
  await bulkhead.acquire({ wait: true }, never)
  const waiting = bulkhead.acquire({ wait: true }, never)
  await expect(bulkhead.acquire({ wait: true }, never)).rejects.toMatchObject({ code: 'provider_busy' })
  expect(bulkhead.inFlight()).toBe(1)
  void waiting
})

test('whoever leaves the line does not take a slot with him', async () => {
  const bulkhead = createBulkhead('p', 1)
  const held = await bulkhead.acquire({ wait: true }, never)
  const caller = new AbortController()
  const waiting = bulkhead.acquire({ wait: true }, caller.signal)
  caller.abort(new Error('left'))
  await expect(waiting).rejects.toThrow('left')
  held[Symbol.dispose]()
  expect(bulkhead.inFlight()).toBe(0)
})

test('never more run than there are slots, and none is lost, whatever the order of coming and going', async () => {
  const steps = fc.array(fc.constantFrom('take', 'give', 'leave'), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (order, max) => {
      const bulkhead = createBulkhead('p', max)
      const held: Slot[] = []
      const waiting: AbortController[] = []
      for (const step of order) {
        if (step === 'take') {
          const caller = new AbortController()
          waiting.push(caller)
          void bulkhead.acquire({ wait: true }, caller.signal).then(
            (slot) => held.push(slot),
            () => undefined,
          )
        } else if (step === 'give') held.shift()?.[Symbol.dispose]()
        else waiting.pop()?.abort(new Error('left'))
        await new Promise(setImmediate)
        expect(held.length).toBeLessThanOrEqual(max)
        expect(bulkhead.inFlight()).toBe(held.length)
      }
      for (const caller of waiting) caller.abort(new Error('left'))
      await new Promise(setImmediate)
      while (held.length) held.shift()?.[Symbol.dispose]()
      expect(bulkhead.inFlight()).toBe(0)
    }),
  )
})
