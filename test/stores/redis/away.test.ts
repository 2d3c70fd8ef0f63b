import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Counters } from '../../../src/contract/store.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { startWire } from '../../support/wire.ts'
import { openAt } from './open.ts'

const query = { key: 'rate:ada', windowMs: 3_600_000 }

/** Hits in several lanes until it is told to stop. */
const hitInLanes = (instances: readonly Counters[], max: number) => {
  const seen = { allowed: 0, refused: 0, failed: 0, longestMs: 0 }
  let isOver = false
  const lane = async (counters: Counters): Promise<void> => {
    while (!isOver) {
      const sentAtMs = performance.now()
      await counters.hit({ ...query, nowMs: Date.now(), max }).then(
        ({ allowed }) => (seen[allowed ? 'allowed' : 'refused'] += 1),
        () => (seen.failed += 1),
      )
      seen.longestMs = Math.max(seen.longestMs, performance.now() - sentAtMs)
      await sleep(1)
    }
  }
  const running = Promise.all(instances.flatMap((counters) => [lane(counters), lane(counters)]))
  return {
    seen,
    stop: async () => {
      isOver = true
      await running
    },
  }
}

const allowedOf = async (counters: Counters, times: number, max: number): Promise<number> => {
  const nowMs = Date.now()
  const verdicts = await Promise.all(Array.from({ length: times }, () => counters.hit({ ...query, nowMs, max })))
  return verdicts.filter(({ allowed }) => allowed).length
}

const backAgain = 'Redis is back, and counts for all instances again'

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  let opened = 0
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  /** An address whose keys are this test's own. */
  const urlOf = (port = server.port): string => {
    opened += 1
    return `redis://127.0.0.1:${port}?prefix=away${opened}:`
  }

  test('three instances share one limit to the hit', async () => {
    const url = urlOf()
    await using a = await openAt({ url })
    await using b = await openAt({ url })
    await using c = await openAt({ url })
    const allowed = await Promise.all([a, b, c].map((counters) => allowedOf(counters, 200, 300)))
    expect(allowed.reduce((sum, each) => sum + each, 0)).toBe(300)
  })

  test.each(['stop', 'kill'] as const)(
    'when it is gone (%s) each keeps its share, and when it is back, empty, they share one limit again',
    async (manner) => {
      const url = urlOf()
      const told: string[] = []
      await using a = await openAt({ url, told })
      await using b = await openAt({ url })
      await using c = await openAt({ url })
      const max = 1_000_000
      const load = hitInLanes([a, b, c], max)
      await expect.poll(() => load.seen.allowed).toBeGreaterThan(100)
      await server[manner]()
      await expect.poll(() => told).toEqual([expect.stringMatching(/^Redis cannot be used: .* 30 % of a limit/)])
      const soFar = load.seen.allowed
      await expect.poll(() => load.seen.allowed).toBeGreaterThan(soFar + 100)
      await server.start()
      await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(backAgain)
      const back = load.seen.allowed
      await expect.poll(() => load.seen.allowed).toBeGreaterThan(back + 100)
      await load.stop()

      expect(load.seen).toMatchObject({ refused: 0, failed: 0 })
      // All that was ever let through counts, that of before it lost everything too; and each look that finds room counts as well.
      let counted = load.seen.allowed
      const lookOnce = async (): Promise<boolean> => {
        const { allowed } = await a.hit({ ...query, nowMs: Date.now(), max: counted })
        if (allowed) counted += 1
        return allowed
      }
      await expect.poll(lookOnce, { timeout: 10_000 }).toBe(false)
      const verdict = await a.hit({ ...query, nowMs: Date.now(), max: counted + Math.ceil(counted / 100) })
      expect(verdict).toMatchObject({ allowed: true })
    },
    60_000,
  )

  test('alone an instance lets its share through, its own hits of before among them', async () => {
    await using wire = await startWire(server.port)
    await using counters = await openAt({ url: urlOf(wire.port), awayShare: 0.25 })
    expect(await allowedOf(counters, 10, 100)).toBe(10)
    wire.cut()
    await expect.poll(() => wire.connections()).toBe(0)
    expect(await allowedOf(counters, 50, 100)).toBe(15)
    expect(await allowedOf(counters, 50, 100)).toBe(0)
    // Of the least limit there is one hit is let through.
    expect(await counters.hit({ ...query, key: 'other', nowMs: Date.now(), max: 1 })).toMatchObject({ allowed: true })
    expect(await counters.hit({ ...query, key: 'none', nowMs: Date.now(), max: 0 })).toMatchObject({ allowed: false })
    wire.mend()
    await expect.poll(() => allowedOf(counters, 100, 100), { timeout: 10_000 }).toBe(75)
  })

  test('a hit that is taken back while it is away stays taken back', async () => {
    await using wire = await startWire(server.port)
    const told: string[] = []
    const url = urlOf(wire.port)
    await using counters = await openAt({ url, told })
    const nowMs = Date.now()
    for (const atMs of [nowMs, nowMs + 1]) await counters.hit({ ...query, nowMs: atMs, max: 2 })
    wire.cut()
    await expect.poll(() => told.length).toBe(1)
    expect(await counters.settle({ key: query.key, atMs: nowMs, change: -1 })).toBe(true)
    wire.mend()
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(backAgain)
    expect(await counters.hit({ ...query, nowMs: nowMs + 2, max: 2 })).toMatchObject({ allowed: true, remaining: 0 })
    expect(await counters.hit({ ...query, nowMs: nowMs + 2, max: 2 })).toMatchObject({ allowed: false })
  })

  test('a network that says nothing any more holds nobody up', async () => {
    await using wire = await startWire(server.port)
    const told: string[] = []
    await using counters = await openAt({ url: urlOf(wire.port), told })
    const load = hitInLanes([counters], 1_000_000)
    await expect.poll(() => load.seen.allowed).toBeGreaterThan(20)
    wire.stall()
    await expect.poll(() => told.length).toBe(1)
    const soFar = load.seen.allowed
    await expect.poll(() => load.seen.allowed).toBeGreaterThan(soFar + 50)
    wire.mend()
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe(backAgain)
    await load.stop()
    expect(load.seen).toMatchObject({ refused: 0, failed: 0 })
    // Far below what a request would notice as hanging, far above what it takes.
    expect(load.seen.longestMs).toBeLessThan(2_000)
  }, 60_000)

  test('an instance that starts while it is away counts for itself, and for all once it is there', async () => {
    await using late = await startRedis()
    await late.stop()
    const told: string[] = []
    const url = `${late.url}?prefix=late:`
    await using counters = await openAt({ url, told })
    expect(told).toEqual([expect.stringContaining('Redis cannot be used: ')])
    expect(await allowedOf(counters, 100, 100)).toBe(30)
    await late.start()
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(backAgain)
    await using other = await openAt({ url })
    expect(await allowedOf(other, 100, 100)).toBe(70)
  }, 30_000)

  test.each([
    ['a password that is wrong', 'redis://:wrong@', 'Correct user and password in REDIS_URL.'],
    ['none where one is wanted', 'redis://', 'Correct user and password in REDIS_URL.'],
    ['a database that is not there', 'redis://:right@', 'Correct the number of the database in REDIS_URL.'],
  ])('%s ends the start with what to correct', async (what, start, advice) => {
    await using guarded = await startRedis({ args: ['--requirepass', 'right'] })
    const url = `${start}127.0.0.1:${guarded.port}${what.includes('database') ? '/99' : ''}`
    const refused: unknown = await openAt({ url }).then(
      (opened) => opened[Symbol.asyncDispose](),
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining(advice) })
  })
})
