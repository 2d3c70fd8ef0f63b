import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Config } from '../../../src/config/config.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { createGate } from '../../support/gate.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { sse, startUpstream } from '../../support/upstream.ts'
import type { Upstream } from '../../support/upstream.ts'
import { startWire } from '../../support/wire.ts'

const poll = { timeout: 20_000 }
const minCalls = 4

const nervous =
  (restMs: number) =>
  (config: Config): Config => {
    const { breaker } = config.resilience
    return {
      ...config,
      cache: { ...config.cache, enabled: false },
      resilience: { ...config.resilience, maxTries: 1, breaker: { ...breaker, minCalls, restMs } },
    }
  }

const start = (redisUrl: string, upstream: Upstream, restMs: number): Promise<TestApp> =>
  startApp({
    env: { REDIS_URL: redisUrl, OPENAI_BASE_URL: `${upstream.url}/openai/v1` },
    change: nervous(restMs),
  })

/** Asks for something that nobody asked before; the status of the answer. */
const ask = async ({ url }: TestApp): Promise<number> => {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: randomBytes(8).toString('hex') }],
    }),
  })
  await reply.text()
  return reply.status
}

const asks = (apps: readonly TestApp[], times: number): Promise<number[]> =>
  Promise.all(apps.flatMap((app) => Array.from({ length: times }, () => ask(app))))

const stats = z.object({ providers: z.array(z.object({ id: z.string(), circuit: z.string().nullable() })) })

const circuitOf = async ({ url }: TestApp): Promise<string | null | undefined> => {
  const { providers } = stats.parse(await (await fetch(`${url}/api/stats`)).json())
  return providers.find(({ id }) => id === 'openai')?.circuit
}

const failure = { status: 500, body: { error: { message: 'down', type: 'server_error' } } }
const answer = {
  id: 'x',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-6-luna',
  choices: [{ index: 0, delta: { content: 'here again' }, finish_reason: 'stop' }],
}

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  test('what one sees die none of the others calls, and one call finds out for all that it is back', async () => {
    await using upstream = await startUpstream()
    const url = `${server.url}?prefix=three:`
    const restMs = 12_000
    await using one = await start(url, upstream, restMs)
    await using two = await start(url, upstream, restMs)
    await using three = await start(url, upstream, restMs)

    upstream.script(Array.from({ length: minCalls }, () => failure))
    for (let call = 0; call < minCalls; call += 1) await ask(one)
    expect(upstream.requests).toHaveLength(minCalls)
    for (const app of [one, two, three]) await expect.poll(() => circuitOf(app), poll).toBe('open')
    expect(new Set(await asks([one, two, three], 5))).toEqual(new Set([503]))
    expect(upstream.requests).toHaveLength(minCalls)

    // One that starts now knows it as well.
    await using late = await start(url, upstream, restMs)
    await expect.poll(() => circuitOf(late), poll).toBe('open')

    const gate = createGate()
    upstream.script([{ body: [gate, sse(answer), sse('[DONE]')] }])
    const apps = [one, two, three, late]
    // One of them waits for the gate; the others are told to come again.
    const tried = (): number => {
      void asks(apps, 3).catch(() => undefined)
      return upstream.requests.length
    }
    await expect.poll(tried, { ...poll, interval: 300 }).toBe(minCalls + 1)
    for (let round = 0; round < 5; round += 1) expect(await asks(apps, 2)).not.toContain(200)
    expect(upstream.requests).toHaveLength(minCalls + 1)
    gate.open()
    for (const app of apps) await expect.poll(() => circuitOf(app), poll).toBe('closed')
    expect(await asks(apps, 2)).toEqual(Array.from({ length: 8 }, () => 200))
  }, 60_000)

  test('a trial that fails rests it for all once more', async () => {
    await using upstream = await startUpstream()
    const url = `${server.url}?prefix=again:`
    const restMs = 4_000
    await using one = await start(url, upstream, restMs)
    await using two = await start(url, upstream, restMs)
    upstream.script(Array.from({ length: minCalls + 1 }, () => failure))
    for (let call = 0; call < minCalls; call += 1) await ask(one)
    await expect.poll(() => circuitOf(two), poll).not.toBe('closed')
    // Only the second is asked: its trial is the first one's news.
    await expect.poll(() => ask(two).then(() => upstream.requests.length), poll).toBe(minCalls + 1)
    // Its own rest was over when the other one's trial was made.
    await expect.poll(() => circuitOf(one), poll).toBe('open')
    await expect.poll(() => ask(one), poll).toBe(200)
    await expect.poll(() => circuitOf(two), poll).toBe('closed')
    expect(upstream.requests).toHaveLength(minCalls + 2)
  }, 60_000)

  test('without Redis each finds out by itself, and is not held up by it', async () => {
    await using upstream = await startUpstream()
    await using wire = await startWire(server.port)
    const url = `redis://127.0.0.1:${wire.port}?prefix=cut:`
    const restMs = 1_000
    await using one = await start(url, upstream, restMs)
    await using two = await start(url, upstream, restMs)
    wire.cut()
    upstream.script(Array.from({ length: minCalls }, () => failure))
    for (let call = 0; call < minCalls; call += 1) await ask(one)
    expect(await circuitOf(one)).not.toBe('closed')
    expect(await circuitOf(two)).toBe('closed')
    expect(await ask(two)).toBe(200)
    await expect.poll(() => ask(one), poll).toBe(200)
    // What it had to tell is over when it can be told.
    wire.mend()
    await expect.poll(() => ask(two), poll).toBe(200)
    expect(await circuitOf(two)).toBe('closed')
  }, 60_000)
})
