import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { lacksRedis, startRedis } from '../support/redis.ts'
import type { TestRedis } from '../support/redis.ts'

const env = { EMBEDDER: 'none', CACHE_ENABLED: 'false' }
const keysOf = ({ receipts }: TestApp) => receipts.map(({ tries }) => tries.map(({ keyIndex }) => keyIndex))
const complete = (it: TestApp, text: string, fields: object = {}) =>
  hear(it.app.gateway.complete(ask(text, { ...fields }), context({ incremental: false })))

const answer = (headers: Record<string, string>) => ({
  headers,
  body: {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-6-luna',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  },
})
const usedUp = answer({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1h0m0s' })

test('a key whose answer says that it is used up is not asked again; the other is, and then nobody', async () => {
  await using it = await startApp({ env })
  it.upstream.script([usedUp])
  for (const text of ['one', 'two']) expect((await complete(it, text)).error).toBeNull()
  it.upstream.script([usedUp])
  expect((await complete(it, 'three')).error).toBeNull()
  expect(keysOf(it)).toEqual([[0], [1], [1]])

  const { error } = await complete(it, 'four')
  expect(error).toMatchObject({ code: 'provider_rate_limited', status: 429, detail: { provider: 'openai' } })
  expect(error?.detail.retryAfterMs).toBeGreaterThan(10_000)
  expect(error?.detail.retryAfterMs).toBeLessThanOrEqual(60_000)
  expect(it.upstream.requests).toHaveLength(3)
  // Other models have limits of their own, and fallbacks take over.
  expect((await complete(it, 'five', { model: 'gpt-4o' })).error).toBeNull()
  expect((await complete(it, 'six', { fallbacks: ['claude-haiku-5-5'] })).error).toBeNull()
  expect(it.receipts.at(-1)?.served?.provider).toBe('anthropic')
})

test('a limit that fills up again soon is waited for where nobody else can answer', async () => {
  await using it = await startApp({ env: { ...env, OPENAI_API_KEY: 'key-a' } })
  it.upstream.script([answer({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '300ms' })])
  for (const text of ['one', 'two']) expect((await complete(it, text)).error).toBeNull()
  expect(it.receipts.map(({ tries }) => tries.length)).toEqual([1, 1])
})

test('native calls teach as well', async () => {
  await using it = await startApp({ env })
  it.upstream.script([usedUp])
  const native = () =>
    fetch(`${it.url}/v1/passthrough/openai/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content: 'hi' }] }),
    })
  for (let turn = 0; turn < 2; turn += 1) await (await native()).text()
  expect(keysOf(it)).toEqual([[0], [1]])
})

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  test('what one gateway has found used up the other does not try', async () => {
    const shared = { ...env, REDIS_URL: server.url }
    await using one = await startApp({ env: shared })
    await using two = await startApp({ env: shared })
    expect((await complete(two, 'zero')).error).toBeNull()
    one.upstream.script([{ kind: 'status', status: 429, retryAfterS: 3_000 }])
    expect((await complete(one, 'one')).error).toBeNull()
    expect(keysOf(one)).toEqual([[0, 1]])
    await expect
      .poll(
        async () => {
          await complete(two, 'two')
          return keysOf(two).at(-1)
        },
        { timeout: 20_000, interval: 100 },
      )
      .toEqual([1])
    // Nothing was limited here: only what the other found can have told it.
    expect(two.receipts.flatMap(({ tries }) => tries.map(({ errorCode }) => errorCode))).not.toContain(
      'provider_rate_limited',
    )
  }, 60_000)
})
