import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../../src/app.ts'
import { createSecret } from '../../../src/config/secrets.ts'
import { tasks } from '../../../src/contract/plan.ts'
import { openServingStores } from '../../../src/open-parts.ts'
import { plainVerifier } from '../../cache/near/plain-verifier.ts'
import { patient, postChat, standIn } from '../../gateway/support/near.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { cacheKey } from '../sqlite/cache-folder.ts'

const poll = { timeout: 30_000, interval: 100 }
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const clock = { now: () => Date.now() }

const asked = 'How do I become a better public speaker?'
const otherwise = 'How may I become a better public speaker?'

/** One more gateway before the same upstream, with an embedder that needs no weights. */
const startInstance = async ({ config: base }: Pick<TestApp, 'config'>, key: number | null = 1) => {
  const { cache, ...others } = patient(base)
  const config = {
    ...others,
    cache: { ...cache, near: { ...cache.near, classes: tasks } },
    cacheKeys: key === null ? null : { current: createSecret(cacheKey(key)), previous: null },
  }
  const said: string[] = []
  const logger = { ...silent, info: (_fields: object, message: string) => void said.push(message) }
  const stores = await openServingStores(config, clock, logger)
  const app = await createApp(
    config,
    { fd: 2, isTerminal: false },
    { stores, ...standIn({}), verifier: plainVerifier() },
  )
  const { url } = await app.http.listen()
  const ask = async (text: string, fields: object = {}): Promise<string | null> =>
    (await postChat({ url, receipts: [] }, text, fields)).cache
  /** As often as one likes: nothing of it is remembered. */
  const look = (text: string): Promise<string | null> => ask(text, { cache_ttl: 0 })
  return { url, stores, said, ask, look, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

const order = (url: string, path: string, body: object): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const start = (prefix: string) =>
    startApp({ env: { REDIS_URL: `${server.url}?prefix=${prefix}:` }, overrides: standIn({}) })

  test('what one gateway answered another gives for other words, and one that starts later as soon as it knows', async () => {
    await using base = await start('near')
    await using a = await startInstance(base)
    await using b = await startInstance(base)
    expect(await a.ask(asked)).toBe('miss')
    await expect.poll(() => b.look(otherwise), poll).toBe('near')
    expect(await b.look(`  ${asked.toUpperCase()} `)).toBe('canonical')

    await using late = await startInstance(base)
    expect((await fetch(`${late.url}/ready`)).status).toBe(200)
    await expect.poll(() => late.stores.news().every(({ isCaughtUp }) => isCaughtUp), poll).toBe(true)
    await expect.poll(() => late.look(otherwise), poll).toBe('near')
    const calls = base.upstream.requests.length
    for (const one of [a, b, late]) expect(await one.look(otherwise)).toBe('near')
    expect(base.upstream.requests).toHaveLength(calls)
  }, 120_000)

  test('what is called wrong on one is given by none, and what one forgets all forget', async () => {
    await using base = await start('void')
    await using a = await startInstance(base)
    await using b = await startInstance(base)
    await a.ask(asked)
    await expect.poll(() => b.look(otherwise), poll).toBe('near')
    await expect.poll(() => a.look(otherwise), poll).toBe('near')
    const given = await fetch(`${b.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content: otherwise }], cache_ttl: 0 }),
    })
    expect(given.headers.get('x-gateway-cache')).toBe('near')
    await given.text()
    const requestId = given.headers.get('x-request-id')
    const feedback = await order(b.url, '/api/cache/feedback', { request_id: requestId, verdict: 'bad' })
    expect(await feedback.json()).toMatchObject({ outcome: 'pair_banned' })
    expect(await b.look(otherwise)).toBe('miss')
    await expect.poll(() => a.look(otherwise), poll).toBe('miss')
    expect(await a.look(asked)).toBe('exact')

    await order(a.url, '/api/cache', { action: 'clear', scope: 'all', dry_run: false })
    for (const one of [a, b]) await expect.poll(() => one.look(asked), poll).toBe('miss')

    await a.ask(asked)
    await expect.poll(() => b.look('How can I become a better public speaker?'), poll).toBe('near')
    await order(b.url, '/api/cache', { action: 'invalidate', scope: 'mine', epoch: true, dry_run: false })
    await expect.poll(() => a.look(asked), poll).toBe('miss')
    // Both are in the new epoch, and know each other's answers there.
    await b.ask(asked)
    await expect.poll(() => a.look('How can I become a better public speaker?'), poll).toBe('near')
  }, 120_000)

  test('without CACHE_KEY nothing of questions or answers goes to Redis, and the start says so', async () => {
    await using base = await start('open')
    await using a = await startInstance(base, null)
    await a.ask(asked)
    expect(a.said).toEqual(expect.arrayContaining([expect.stringContaining('CACHE_KEY would seal them')]))
    expect(a.stores.news().map(({ topic }) => topic)).toEqual(['health'])
  }, 60_000)

  test('an instance under another CACHE_KEY neither gives what the others know nor stumbles over it', async () => {
    await using base = await start('keys')
    await using a = await startInstance(base, 1)
    await using foreign = await startInstance(base, 2)
    await using b = await startInstance(base, 1)
    await a.ask(asked)
    await expect.poll(() => b.look(otherwise), poll).toBe('near')
    await expect
      .poll(() => foreign.stores.news().find(({ topic }) => topic === 'entries')?.skipped, poll)
      .toBeGreaterThan(0)
    expect(await foreign.look(otherwise)).toBe('miss')
    expect(await foreign.look(asked)).toBe('miss')
  }, 120_000)
})
