import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Limit } from '../../src/contract/limit.ts'
import { createLimiter } from '../../src/limits/limiter.ts'
import { openAt } from '../stores/redis/open.ts'
import { lacksRedis, startRedis } from '../support/redis.ts'
import type { TestRedis } from '../support/redis.ts'

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const windowMs = 1_000
  const most = { requests: 200, tokens: 10_000 }

  test('three instances under load keep to one limit in every window, to one per cent', async () => {
    const limits: Limit[] = [
      { unit: 'requests', windowMs, max: most.requests },
      { unit: 'tokens', windowMs, max: most.tokens },
    ]
    const settings = {
      callers: limits,
      byCaller: new Map(),
      priorities: new Map(),
      models: new Map(),
      providers: new Map(),
    }
    const url = `${server.url}?prefix=three:`
    await using a = await openAt({ url })
    await using b = await openAt({ url })
    await using c = await openAt({ url })
    const clock = { readMs: 0, now: () => (clock.readMs = Date.now()) }
    const limiters = [a, b, c].map((counters) => createLimiter({ counters, clock, settings }))

    const used: { atMs: number; tokens: number }[] = []
    let refused = 0
    let isOver = false
    const lane = async ({ take }: (typeof limiters)[number], seed: number): Promise<void> => {
      for (let turn = seed; !isOver; turn += 1) {
        const tokens = 20 + ((turn * 37) % 90)
        const taking = take({ kind: 'caller', id: 'ada' }, { requests: 1, tokens })
        // As the limiter has just read it.
        const atMs = clock.readMs
        try {
          const claim = await taking
          const really = Math.floor((tokens * (turn % 4)) / 4)
          await claim.settle({ requests: 1, tokens: really })
          used.push({ atMs, tokens: really })
        } catch {
          refused += 1
        }
        await sleep(turn % 3)
      }
    }
    const running = Promise.all(limiters.flatMap((limiter, index) => [lane(limiter, index), lane(limiter, index + 7)]))
    await expect.poll(() => used.length, { timeout: 30_000 }).toBeGreaterThan(5 * most.requests)
    isOver = true
    await running

    expect(refused).toBeGreaterThan(0)
    for (const { atMs: fromMs } of used) {
      const inWindow = used.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + windowMs)
      expect(inWindow.length).toBeLessThanOrEqual(most.requests * 1.01)
      expect(inWindow.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(most.tokens * 1.01)
    }
  }, 60_000)
})
