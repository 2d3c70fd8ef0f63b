import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSamples, sumOf } from '../../telemetry/scrape.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'

const key = 'agw_live_of-ada'
const apiKey = { AUTH_MODE: 'api-key', API_KEY_HASHES: createHash('sha256').update(key).digest('hex') }

const ask = async ({ url }: TestApp, text: string): Promise<number> => {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content: text }] }),
  })
  await reply.body?.cancel()
  return reply.status
}

const readyOf = async (it: TestApp): Promise<number> => (await fetch(`${it.url}/ready`)).status

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  test('two gateways let a key through as often as one does, and stay ready without Redis, each with its share', async () => {
    const env = { ...apiKey, REDIS_URL: server.url, RATE_LIMIT_MAX_REQUESTS: '10', RATE_LIMIT_WINDOW_MS: '3600000' }
    await using one = await startApp({ env })
    await using two = await startApp({ env })
    const statuses: number[] = []
    for (let turn = 0; turn < 8; turn += 1)
      for (const it of [one, two]) statuses.push(await ask(it, `Question ${turn} of ${it.url}`))
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(6)

    await server.kill()
    // Five of each count: more than the three that are its share of ten.
    for (const it of [one, two]) {
      expect(await ask(it, 'Once more.')).toBe(429)
      expect(await readyOf(it)).toBe(200)
    }
    await using three = await startApp({ env })
    expect(await Promise.all(['a', 'b', 'c'].map((text) => ask(three, text)))).toEqual([200, 200, 200])
    expect(await ask(three, 'd')).toBe(429)
    expect(await readyOf(three)).toBe(200)
  }, 60_000)

  test('what it tells and hears is shown to whoever scrapes, and nothing where there is one gateway', async () => {
    await using own = await startRedis()
    const scrape = async (env: Readonly<Record<string, string>>) => {
      await using it = await startApp({ env: { METRICS_PORT: '0', ...env } })
      const metrics = await it.app.metrics?.listen()
      const look = async () => readSamples(await (await fetch(`${metrics?.url}/metrics`)).text())
      await expect
        .poll(async () => sumOf(await look(), 'instances_news_caught_up'), { timeout: 20_000 })
        .toBe('REDIS_URL' in env ? 1 : 0)
      return (await look()).filter(({ name }) => name.startsWith('instances_news_'))
    }
    const shown = await scrape({ REDIS_URL: own.url })
    expect(new Set(shown.map(({ labels }) => labels['topic']))).toEqual(new Set(['health']))
    expect(await scrape({})).toEqual([])
  }, 60_000)
})
