import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSecret } from '../../src/config/secrets.ts'
import { openStores } from '../../src/stores/index.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { lacksRedis, startRedis } from '../support/redis.ts'
import type { TestRedis } from '../support/redis.ts'
import { cacheKey } from '../stores/sqlite/cache-folder.ts'
import { settingsOf } from '../stores/redis/open.ts'

const slow = { kind: 'slow-first-token', ms: 600_000 } as const

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  let started = 0
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  /** Two gateways that share answers, with one provider behind both. */
  const startTwo = async (clock = { now: () => Date.now() }) => {
    started += 1
    await using resources = new AsyncDisposableStack()
    const redis = settingsOf(`${server.url}?timeout=10000&prefix=turns${started}:`)
    const keys = { current: createSecret(cacheKey(3)), previous: null }
    const start = async (upstreamUrl?: string): Promise<TestApp> => {
      const stores = await openStores({
        dataDir: ':memory:',
        redis,
        cacheMaxBytes: 1_000_000,
        clock,
        keptCache: { keys, maxBytes: 1, notice: () => undefined },
        sharedCache: { maxBytes: 10_000_000, maxNewsBytes: 0, lifeMs: 3_600_000 },
      })
      return resources.use(
        await startApp({
          env: {
            EMBEDDER: 'none',
            ...(upstreamUrl === undefined ? {} : { OPENAI_BASE_URL: `${upstreamUrl}/openai/v1` }),
          },
          change: (config) => ({
            ...config,
            cache: { ...config.cache, taskTtlMs: {}, chatTtlMs: 60_000, staleMs: 60_000 },
          }),
          overrides: { stores, clock, random: () => 0.5 },
        }),
      )
    }
    const one = await start()
    const other = await start(one.upstream.url)
    const owned = resources.move()
    return { one, other, upstream: one.upstream, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  }
  const complete = (it: TestApp, requestId: string, fields: Parameters<typeof ask>[1] = {}, text = 'What is TCP?') =>
    hear(it.app.gateway.complete(ask(text, fields), context({ requestId })))
  const receiptOf = (it: TestApp, id: string) => it.app.stores.receipts.find(id)

  test('whoever waits for another instance is given its answer, as shared and spared', async () => {
    await using it = await startTwo()
    it.upstream.script([{ kind: 'slow-first-token', ms: 500 }])
    const paid = complete(it.one, 'paid')
    await it.upstream.waitForRequest()
    const [waited, followed] = await Promise.all([complete(it.other, 'waited'), complete(it.other, 'followed')])
    const { text } = await paid
    expect([waited.text, followed.text]).toEqual([text, text])
    expect(waited.events[0]).toMatchObject({ type: 'start', served: { cache: 'shared', requestId: 'waited' } })
    expect(it.upstream.requests).toHaveLength(1)
    const cost = (await receiptOf(it.one, 'paid'))?.costNanoUsd
    expect(cost).toBeGreaterThan(0n)
    for (const id of ['waited', 'followed'])
      expect(await receiptOf(it.other, id)).toMatchObject({
        cache: 'shared',
        costNanoUsd: 0n,
        savedNanoUsd: cost,
        tries: [],
        outcome: 'complete',
        served: { provider: 'openai' },
      })
    expect(await complete(it.other, 'later')).toMatchObject({ text })
    expect(await receiptOf(it.other, 'later')).toMatchObject({ cache: 'exact' })
  }, 60_000)

  test('nobody waits for what will not be kept: creative work', async () => {
    await using it = await startTwo()
    it.upstream.script([slow])
    const poem = 'Write a poem about the sea.'
    const leaving = new AbortController()
    const first = hear(it.one.app.gateway.complete(ask(poem), context({ signal: leaving.signal }))).catch(() => null)
    await it.upstream.waitForRequest()
    expect((await complete(it.other, 'poem', {}, poem)).error).toBeNull()
    expect(await receiptOf(it.other, 'poem')).toMatchObject({ cache: 'miss', task: { task: 'creative' } })
    expect(it.upstream.requests).toHaveLength(2)
    leaving.abort()
    await first
  }, 60_000)

  test('an instance whose caller leaves passes the question on', async () => {
    await using it = await startTwo()
    it.upstream.script([slow])
    const leaving = new AbortController()
    const left = hear(it.one.app.gateway.complete(ask('What is TCP?'), context({ signal: leaving.signal }))).catch(
      () => null,
    )
    await it.upstream.waitForRequest()
    const waiting = complete(it.other, 'waited')
    leaving.abort()
    await left
    expect((await waiting).text).not.toBe('')
    expect(await receiptOf(it.other, 'waited')).toMatchObject({ cache: 'miss', outcome: 'complete' })
    expect(it.upstream.requests).toHaveLength(2)
  }, 60_000)

  test('who has little time waits for half of it, and then asks for himself', async () => {
    await using it = await startTwo()
    it.upstream.script([slow])
    const leaving = new AbortController()
    const first = hear(it.one.app.gateway.complete(ask('What is TCP?'), context({ signal: leaving.signal }))).catch(
      () => null,
    )
    await it.upstream.waitForRequest()
    const request = { ...ask('What is TCP?'), limits: { maxLatencyMs: 20_000 } }
    const hurried = hear(it.other.app.gateway.complete(request, context({ requestId: 'hurried' })))
    expect((await hurried).error).toBeNull()
    expect(await receiptOf(it.other, 'hurried')).toMatchObject({ cache: 'miss', outcome: 'complete' })
    expect(it.upstream.requests).toHaveLength(2)
    leaving.abort()
    await first
  }, 60_000)

  test('a stale answer is renewed by one instance, and given anew by both', async () => {
    let nowMs = Date.now()
    await using it = await startTwo({ now: () => nowMs })
    await complete(it.one, 'made')
    await complete(it.other, 'read')
    nowMs += 61_000
    it.upstream.script([{ kind: 'slow-first-token', ms: 1_000 }])
    const stale = await Promise.all([complete(it.one, 'stale-1'), complete(it.other, 'stale-2')])
    expect(stale.map(({ error }) => error)).toEqual([null, null])
    await it.upstream.waitForClose(2)
    for (const instance of [it.one, it.other])
      await expect
        .poll(
          async () => {
            const id = `after-${Math.random()}`
            await complete(instance, id)
            return (await receiptOf(instance, id))?.cacheReason
          },
          { timeout: 20_000 },
        )
        .toBeNull()
    expect(it.upstream.requests).toHaveLength(2)
  }, 60_000)
})
