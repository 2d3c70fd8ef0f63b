import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Limit } from '../../src/contract/limit.ts'
import type { LimitSettings } from '../../src/contract/settings.ts'
import { createLimiter } from '../../src/limits/limiter.ts'
import type { Claim } from '../../src/limits/limiter.ts'
import { createCounters } from '../../src/stores/memory/counters.ts'

const minute = 60_000
const hour = 3_600_000
const day = 86_400_000

const requests = (windowMs: number, max: number): Limit => ({ unit: 'requests', windowMs, max })
const tokens = (windowMs: number, max: number): Limit => ({ unit: 'tokens', windowMs, max })

const setUp = (settings: Partial<LimitSettings> = {}) => {
  const clock = { nowMs: 1_800_000_000_000, now: () => clock.nowMs }
  const none = { callers: [], byCaller: new Map(), models: new Map(), providers: new Map(), priorities: new Map() }
  const limiter = createLimiter({ counters: createCounters(), clock, settings: { ...none, ...settings } })
  return { clock, limiter, one: (id: string) => limiter.take({ kind: 'caller', id }, { requests: 1 }) }
}

test('tells what is left and, refusing, how long to wait', async () => {
  const { one, clock } = setUp({ callers: [requests(minute, 2)] })
  expect((await one('ada')).states).toEqual({ requests: { limit: 2, remaining: 1, resetMs: 60_000 } })
  clock.nowMs += 10_000
  expect((await one('ada')).states).toEqual({ requests: { limit: 2, remaining: 0, resetMs: 50_000 } })
  await expect(one('ada')).rejects.toMatchObject({
    code: 'rate_limited',
    message: 'This key may make 2 requests in 60 s and has made them; the next is free in 50 s.',
    detail: { retryAfterMs: 50_000, limits: { requests: { limit: 2, remaining: 0, resetMs: 50_000 } } },
  })
  expect((await one('bob')).states).toMatchObject({ requests: { remaining: 1 } })
})

test('gives back exactly one, however often it is told to', async () => {
  const { one } = setUp({ callers: [requests(1000, 2)] })
  const first = await one('ada')
  await one('ada')
  await first.settle({})
  await first.settle({})
  await one('ada')
  await expect(one('ada')).rejects.toThrow(GatewayError)
})

test('without limits nothing is counted and nothing told', async () => {
  const { one } = setUp()
  const claims = await Promise.all(Array.from({ length: 1000 }, () => one('ada')))
  expect(claims[999]?.states).toEqual({})
  await claims[999]?.settle({ requests: 1 })
})

test('counts tokens by what was claimed until it is known what was used', async () => {
  const { limiter } = setUp({ callers: [tokens(minute, 1000)] })
  const take = (wanted: number) => limiter.take({ kind: 'caller', id: 'ada' }, { tokens: wanted })
  const claim = await take(900)
  await expect(take(200)).rejects.toMatchObject({
    code: 'rate_limited',
    message:
      'This key may use 1000 tokens in 60 s, of which 100 are left; this request may take 200, which are free in 60 s.',
  })
  await claim.settle({ tokens: 300 })
  expect((await take(0)).states).toMatchObject({ tokens: { remaining: 700 } })
  // More than was claimed counts as well.
  const more = await take(700)
  await more.settle({ tokens: 900 })
  expect((await take(0)).states).toMatchObject({ tokens: { remaining: 0 } })
  await expect(take(1)).rejects.toMatchObject({ code: 'rate_limited' })
})

test('what is more than the whole limit is refused for good', async () => {
  const { limiter } = setUp({ models: new Map([['m', [tokens(minute, 1000)]]]) })
  await expect(limiter.take({ kind: 'model', id: 'm' }, { tokens: 1001 })).rejects.toMatchObject({
    code: 'over_token_limit',
    retryable: false,
    detail: { param: 'max_tokens' },
  })
})

test('every window holds, and what one refuses stands in no other', async () => {
  const { one, clock } = setUp({ callers: [requests(minute, 2), requests(hour, 3)] })
  await one('ada')
  await one('ada')
  await expect(one('ada')).rejects.toMatchObject({ detail: { retryAfterMs: minute } })
  clock.nowMs += minute
  expect((await one('ada')).states).toMatchObject({ requests: { limit: 3, remaining: 0 } })
  const refused: unknown = await one('ada').catch((error: unknown) => error)
  // The hour is kept by the second, and says no less than what it takes.
  expect(refused).toMatchObject({ code: 'rate_limited', message: expect.stringContaining('3 requests in 3600 s') })
  const waitMs = refused instanceof GatewayError ? (refused.detail.retryAfterMs ?? 0) : 0
  expect(waitMs).toBeGreaterThanOrEqual(hour - minute)
  expect(waitMs).toBeLessThan(hour - minute + 1000)
  clock.nowMs += waitMs - 1
  await expect(one('ada')).rejects.toThrow(GatewayError)
  clock.nowMs += 1
  // The minute has room for two: the refused ones took nothing of it.
  await one('ada')
  await one('ada')
})

test('limits of models and providers are everybody’s, and callers with limits of their own have no others', async () => {
  const { limiter, one } = setUp({
    callers: [requests(minute, 1)],
    byCaller: new Map([['vip', [requests(minute, 3)]]]),
    providers: new Map([['openai', [requests(minute, 1)]]]),
  })
  for (let turn = 0; turn < 3; turn += 1) await one('vip')
  await expect(one('vip')).rejects.toThrow('3 requests')
  await one('ada')
  await expect(one('ada')).rejects.toThrow('1 requests')
  const own = { kind: 'caller', id: 'kim', limits: [requests(minute, 2)] } as const
  await limiter.take(own, { requests: 1 })
  await limiter.take(own, { requests: 1 })
  await expect(limiter.take(own, { requests: 1 })).rejects.toThrow('2 requests')
  await limiter.take({ kind: 'provider', id: 'openai' }, { requests: 1, tokens: 50 })
  await expect(limiter.take({ kind: 'provider', id: 'openai' }, { requests: 1 })).rejects.toMatchObject({
    code: 'shared_limit_reached',
    message: expect.stringContaining('Everybody together at openai may make 1 requests'),
  })
})

test('whenever requests come and whichever are given back, no window holds more than the limit', async () => {
  const moves = fc.array(fc.record({ gapMs: fc.nat({ max: 300 }), givesBack: fc.option(fc.nat()) }), { maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(moves, fc.integer({ min: 1, max: 5 }), async (arrivals, max) => {
      const windowMs = 1000
      const { one, clock } = setUp({ callers: [requests(windowMs, max)] })
      const held: { atMs: number; claim: Claim }[] = []
      for (const { gapMs, givesBack } of arrivals) {
        clock.nowMs += gapMs
        if (givesBack !== null && held.length > 0) {
          const [returned] = held.splice(givesBack % held.length, 1)
          await returned?.claim.settle({})
        }
        const inWindow = held.filter(({ atMs }) => atMs > clock.nowMs - windowMs).length
        const claim = await one('ada').catch(() => null)
        expect(claim !== null).toBe(inWindow < max)
        if (claim) held.push({ atMs: clock.nowMs, claim })
      }
    }),
  )
})

test('hours and days never hold more than the limit, and nobody waits longer than a grain too long', async () => {
  const moves = fc.array(fc.record({ gapMs: fc.nat({ max: 4_000_000 }), weight: fc.integer({ min: 1, max: 50 }) }), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(
      moves,
      fc.integer({ min: 50, max: 200 }),
      fc.constantFrom(hour, day),
      async (arrivals, max, windowMs) => {
        const { limiter, clock } = setUp({ callers: [tokens(windowMs, max)] })
        const grainMs = windowMs / 3600
        const let_in: { atMs: number; weight: number }[] = []
        const sumSince = (fromMs: number) =>
          let_in.filter(({ atMs }) => atMs > fromMs).reduce((sum, { weight }) => sum + weight, 0)
        for (const { gapMs, weight } of arrivals) {
          clock.nowMs += gapMs
          const claim = await limiter.take({ kind: 'caller', id: 'ada' }, { tokens: weight }).catch(() => null)
          if (claim) let_in.push({ atMs: clock.nowMs, weight })
          else expect(sumSince(clock.nowMs - windowMs - grainMs) + weight).toBeGreaterThan(max)
          expect(sumSince(clock.nowMs - windowMs)).toBeLessThanOrEqual(max)
        }
      },
    ),
  )
})
