import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import { createRateLimit } from '../../src/limits/rate.ts'
import type { RateTicket } from '../../src/limits/rate.ts'
import { createCounters } from '../../src/stores/memory/counters.ts'

const setUp = (settings: { windowMs: number; maxRequests: number } | null) => {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs }
  return { clock, limit: createRateLimit({ counters: createCounters(), clock, settings }) }
}

test('tells what is left and, refusing, how long to wait', async () => {
  const { limit, clock } = setUp({ windowMs: 60_000, maxRequests: 2 })
  expect(await limit.take('ada')).toMatchObject({ remaining: 1, resetMs: 60_000 })
  clock.nowMs += 10_000
  expect(await limit.take('ada')).toMatchObject({ remaining: 0, resetMs: 50_000 })
  await expect(limit.take('ada')).rejects.toMatchObject({
    code: 'rate_limited',
    message: 'This key may make 2 requests in 60 s and has made them; the next is free in 50 s.',
    detail: { retryAfterMs: 50_000 },
  })
  expect(await limit.take('bob')).toMatchObject({ remaining: 1 })
})

test('gives back exactly one, however often it is told to', async () => {
  const { limit } = setUp({ windowMs: 1000, maxRequests: 2 })
  const first = await limit.take('ada')
  await limit.take('ada')
  await first.giveBack()
  await first.giveBack()
  await limit.take('ada')
  await expect(limit.take('ada')).rejects.toThrow(GatewayError)
})

test('without settings there is no limit', async () => {
  const { limit } = setUp(null)
  const tickets = await Promise.all(Array.from({ length: 1000 }, () => limit.take('ada')))
  expect(tickets[999]).toMatchObject({ remaining: Infinity })
  await tickets[999]?.giveBack()
})

test('whenever requests come and whichever are given back, no window holds more than the limit', async () => {
  const moves = fc.array(fc.record({ gapMs: fc.nat({ max: 300 }), givesBack: fc.option(fc.nat()) }), { maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(moves, fc.integer({ min: 1, max: 5 }), async (arrivals, maxRequests) => {
      const windowMs = 1000
      const { limit, clock } = setUp({ windowMs, maxRequests })
      const held: { atMs: number; ticket: RateTicket }[] = []
      for (const { gapMs, givesBack } of arrivals) {
        clock.nowMs += gapMs
        if (givesBack !== null && held.length > 0) {
          const [returned] = held.splice(givesBack % held.length, 1)
          await returned?.ticket.giveBack()
        }
        const inWindow = held.filter(({ atMs }) => atMs > clock.nowMs - windowMs).length
        const ticket = await limit.take('ada').catch(() => null)
        expect(ticket !== null).toBe(inWindow < maxRequests)
        if (ticket) held.push({ atMs: clock.nowMs, ticket })
      }
    }),
  )
})
