import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Priority } from '../../src/contract/priority.ts'
import type { ConcurrencySettings } from '../../src/contract/settings.ts'
import { createBulkhead } from '../../src/limits/bulkhead.ts'
import type { Slot, WaitEnd } from '../../src/limits/bulkhead.ts'

const never = new AbortController().signal
const now = { wait: false, priority: 'normal' } as const
const inLine = { wait: true, priority: 'normal' } as const

const setUp = (maxConcurrent: number, settings: Partial<ConcurrencySettings> = {}) => {
  const clock = { nowMs: 0, now: () => clock.nowMs }
  const ends: WaitEnd[] = []
  const bulkhead = createBulkhead({
    provider: 'p',
    maxConcurrent,
    settings: { min: 1, backoff: 0.5, recoverMs: 60_000, maxWaiting: 10, maxWaitMs: 3_600_000, ...settings },
    waited: ({ end }) => ends.push(end),
    clock,
  })
  /** Who waits, and in which order they are let in. */
  const served: string[] = []
  const join = (name: string, priority: Priority = 'normal', signal = never) =>
    bulkhead.acquire({ wait: true, priority }, signal).then((slot) => {
      served.push(name)
      return slot
    })
  return { bulkhead, clock, ends, served, join }
}

test('gives out its slots, then refuses who will not wait', async () => {
  const { bulkhead } = setUp(2)
  const first = await bulkhead.acquire(now, never)
  await bulkhead.acquire(now, never)
  await expect(bulkhead.acquire(now, never)).rejects.toMatchObject({ code: 'provider_busy' })
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  await expect(bulkhead.acquire(now, never)).resolves.toBeDefined()
  expect(bulkhead.inFlight()).toBe(2)
})

test('who waits gets the next free slot, in order', async () => {
  const { bulkhead, join, served, ends } = setUp(2)
  const held = [await bulkhead.acquire(inLine, never), await bulkhead.acquire(inLine, never)]
  const waiting = [join('a'), join('b')]
  for (const slot of held) slot[Symbol.dispose]()
  await Promise.all(waiting)
  expect(served).toEqual(['a', 'b'])
  expect(bulkhead.inFlight()).toBe(2)
  expect(ends).toEqual(['served', 'served'])
})

test('higher priorities go first, and among equals who came first', async () => {
  const { bulkhead, join, served } = setUp(1)
  let slot: Slot = await bulkhead.acquire(inLine, never)
  const orders = [
    ['b1', 'batch'],
    ['n1', 'normal'],
    ['i1', 'interactive'],
    ['n2', 'normal'],
    ['i2', 'interactive'],
  ] as const
  const waiting = orders.map(([name, priority]) => join(name, priority))
  for (const name of ['i1', 'i2', 'n1', 'n2', 'b1']) {
    slot[Symbol.dispose]()
    slot = await (waiting[orders.findIndex(([one]) => one === name)] ?? Promise.reject(new Error(name)))
  }
  expect(served).toEqual(['i1', 'i2', 'n1', 'n2', 'b1'])
})

test('a full line refuses, but for those before whom somebody of lower priority has to give way', async () => {
  const { bulkhead, join, ends } = setUp(1, { maxWaiting: 2 })
  const held = await bulkhead.acquire(inLine, never)
  const first = join('b1', 'batch')
  const second = join('b2', 'batch')
  await expect(join('b3', 'batch')).rejects.toMatchObject({
    code: 'provider_busy',
    message: 'All 1 slots of p are taken, and 2 requests wait for one.',
    detail: { retryAfterMs: 1000 },
  })
  const urgent = join('i1', 'interactive')
  await expect(second).rejects.toMatchObject({ code: 'provider_busy', message: expect.stringContaining('higher') })
  expect(bulkhead.waiting()).toBe(2)
  held[Symbol.dispose]()
  ;(await urgent)[Symbol.dispose]()
  ;(await first)[Symbol.dispose]()
  expect(bulkhead.inFlight()).toBe(0)
  expect(ends).toEqual(['full', 'displaced', 'served', 'served'])
})

test('who has waited too long is told, with what the line will take', async () => {
  const { bulkhead, clock, join, ends } = setUp(1, { maxWaitMs: 1 })
  const slow = await bulkhead.acquire(inLine, never)
  clock.nowMs = 20_000
  slow[Symbol.dispose]()
  const held = await bulkhead.acquire(inLine, never)
  await expect(join('a')).rejects.toMatchObject({
    code: 'provider_busy',
    message: 'No slot of p came free within 1 ms.',
    detail: { retryAfterMs: 20_000 },
  })
  expect(ends).toEqual(['late'])
  held[Symbol.dispose]()
  expect(bulkhead.inFlight()).toBe(0)
  expect(bulkhead.waiting()).toBe(0)
})

test('whoever leaves the line does so at once, and does not take a slot with him', async () => {
  const { bulkhead, join, ends } = setUp(1)
  const held = await bulkhead.acquire(inLine, never)
  const caller = new AbortController()
  const waiting = join('a', 'normal', caller.signal)
  caller.abort(new Error('left'))
  expect(bulkhead.waiting()).toBe(0)
  await expect(waiting).rejects.toThrow('left')
  held[Symbol.dispose]()
  expect(bulkhead.inFlight()).toBe(0)
  expect(ends).toEqual(['left'])
})

test('a provider that says it has too much to do gets less, once for all calls that ran meanwhile', async () => {
  const { bulkhead, clock } = setUp(100)
  const slots = await Promise.all(Array.from({ length: 20 }, () => bulkhead.acquire(now, never)))
  clock.nowMs = 10
  for (const slot of slots.slice(0, 5)) {
    slot.tell('overloaded')
    slot[Symbol.dispose]()
    clock.nowMs += 1
  }
  // Half of the twenty that ran, not of the hundred that might have.
  expect(bulkhead.slots()).toBe(10)
  await expect(bulkhead.acquire(now, never)).rejects.toMatchObject({ code: 'provider_busy' })
  for (const slot of slots) slot[Symbol.dispose]()
  const after = await Promise.all(Array.from({ length: 10 }, () => bulkhead.acquire(now, never)))
  for (const slot of after) {
    slot.tell('overloaded')
    slot[Symbol.dispose]()
  }
  expect(bulkhead.slots()).toBe(5)
})

test('it gets more again while it answers, and all of it without a complaint for long enough', async () => {
  const { bulkhead, clock } = setUp(64, { min: 2 })
  const complain = async () => {
    const slot = await bulkhead.acquire(now, never)
    slot.tell('overloaded')
    slot[Symbol.dispose]()
    clock.nowMs += 1
  }
  for (let turn = 0; turn < 10; turn += 1) await complain()
  expect(bulkhead.slots()).toBe(2)
  const answer = async (together: number) => {
    const slots = await Promise.all(Array.from({ length: together }, () => bulkhead.acquire(now, never)))
    for (const slot of slots) {
      slot.tell('answered')
      slot[Symbol.dispose]()
    }
  }
  for (let turn = 0; turn < 4; turn += 1) await answer(2)
  expect(bulkhead.slots()).toBeGreaterThan(2)
  const grown = bulkhead.slots()
  // What nobody uses proves nothing.
  const slot = await bulkhead.acquire(now, never)
  slot.tell('neither')
  slot[Symbol.dispose]()
  expect(bulkhead.slots()).toBe(grown)
  clock.nowMs += 60_000
  expect(bulkhead.slots()).toBeGreaterThanOrEqual(grown * 2)
  clock.nowMs += 5 * 60_000
  expect(bulkhead.slots()).toBe(64)
})

test('with a backoff of 1 no complaint changes anything', async () => {
  const { bulkhead } = setUp(8, { backoff: 1 })
  const slot = await bulkhead.acquire(now, never)
  slot.tell('overloaded')
  slot[Symbol.dispose]()
  expect(bulkhead.slots()).toBe(8)
})

test('never more run than there are slots, and none is lost, whatever the order of coming and going', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ step: fc.constant('take' as const), priority: fc.constantFrom('batch', 'normal', 'interactive') }),
      fc.record({
        step: fc.constant('give' as const),
        verdict: fc.constantFrom('answered', 'overloaded', 'neither'),
      }),
      fc.record({ step: fc.constant('leave' as const), which: fc.nat() }),
      fc.record({ step: fc.constant('pass' as const), ms: fc.nat({ max: 100_000 }) }),
    ),
    { maxLength: 60 },
  )
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 4 }), async (order, max, maxWaiting) => {
      const { bulkhead, clock } = setUp(max, { maxWaiting, recoverMs: 10_000 })
      const held: Slot[] = []
      const callers: AbortController[] = []
      let settled = 0
      for (const move of order) {
        switch (move.step) {
          case 'take': {
            const caller = new AbortController()
            callers.push(caller)
            void bulkhead
              .acquire({ wait: true, priority: move.priority }, caller.signal)
              .then((slot) => held.push(slot))
              .catch(() => undefined)
              .finally(() => (settled += 1))
            break
          }
          case 'give': {
            const slot = held.shift()
            slot?.tell(move.verdict)
            slot?.[Symbol.dispose]()
            break
          }
          case 'leave':
            callers[move.which % Math.max(1, callers.length)]?.abort(new Error('left'))
            break
          case 'pass':
            clock.nowMs += move.ms
        }
        await nextTurn()
        expect(held.length).toBeLessThanOrEqual(max)
        expect(bulkhead.inFlight()).toBe(held.length)
        expect(bulkhead.waiting()).toBeLessThanOrEqual(maxWaiting)
        expect(settled + bulkhead.waiting()).toBe(callers.length)
      }
      for (const caller of callers) caller.abort(new Error('left'))
      await nextTurn()
      expect(settled).toBe(callers.length)
      while (held.length) held.shift()?.[Symbol.dispose]()
      expect([bulkhead.inFlight(), bulkhead.waiting()]).toEqual([0, 0])
    }),
    { numRuns: 100 },
  )
})
