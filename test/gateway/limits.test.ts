import { expect, test } from 'vitest'
import type { Limit } from '../../src/contract/limit.ts'
import { connect } from '../mcp/support/clients.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { createGate } from '../support/gate.ts'
import { limitCallers, requestsAMinute, tokensAMinute } from '../support/limits.ts'

/** Nothing here is compared by meaning. */
const env = { EMBEDDER: 'none' }

const post = (it: Pick<TestApp, 'url'>, path: string, body: object) =>
  fetch(`${it.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  })

const headersOf = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('x-ratelimit-')))

const question = (text: string, fields: object = {}) => ({
  model: 'gpt-6-luna',
  max_tokens: 500,
  messages: [{ role: 'user', content: text }],
  ...fields,
})

/** One for each way in; each answers a question of its own. */
const faces: readonly (readonly [face: string, path: string, body: (text: string) => object])[] = [
  ['chat', '/v1/chat/completions', (text) => question(text)],
  ['a streamed chat', '/v1/chat/completions', (text) => question(text, { stream: true })],
  ['messages', '/v1/messages', (text) => question(text, { model: 'claude-haiku-5-5' })],
  ['responses', '/v1/responses', (text) => ({ model: 'gpt-6-luna', input: text, max_output_tokens: 500 })],
  ['completions', '/v1/completions', (text) => ({ model: 'gpt-6-luna', prompt: text, max_tokens: 500 })],
  ['embeddings', '/v1/embeddings', (text) => ({ model: 'text-embedding-3-small', input: text })],
  ['unified_completion', '/unified_completion', (text) => ({ model: 'gpt-6-luna', prompt: text, max_tokens: 500 })],
  ['a native call', '/v1/passthrough/openai/chat/completions', (text) => question(text, { max_tokens: 500 })],
]

test.each(faces)('%s tells how the limits stand, and when refused how long to wait', async (_face, path, body) => {
  await using it = await startApp({ env, change: limitCallers(requestsAMinute(2), tokensAMinute(100_000)) })
  const first = await post(it, path, body('one'))
  await first.text()
  expect(first.status).toBe(200)
  expect(headersOf(first)).toMatchObject({
    'x-ratelimit-limit-requests': '2',
    'x-ratelimit-remaining-requests': '1',
    'x-ratelimit-reset-requests': expect.stringMatching(/^(1m0|[\d.]+)s$/),
    'x-ratelimit-limit-tokens': '100000',
  })
  expect(Number(first.headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(100_000)
  await (await post(it, path, body('two'))).text()

  const refused = await post(it, path, body('three'))
  expect(refused.status).toBe(429)
  expect(headersOf(refused)).toMatchObject({
    'x-ratelimit-limit-requests': '2',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-limit-tokens': '100000',
  })
  const waitS = Number(refused.headers.get('retry-after'))
  expect(waitS).toBeGreaterThan(30)
  expect(waitS).toBeLessThanOrEqual(60)
  expect(await refused.json()).toMatchObject({
    error: { gateway: { limits: { requests: { limit: 2, remaining: 0 }, tokens: { limit: 100_000 } } } },
  })
})

test('a tool tells the same in its error', async () => {
  await using it = await startApp({ env, change: limitCallers(requestsAMinute(1)) })
  await using client = await connect('SDK v2 client, auto', `${it.url}/mcp`)
  const args = { model: 'gpt-6-luna', prompt: 'Hello' }
  const first = await client.call('unified_completion', { ...args, use_cache: false })
  expect(first.isError, first.texts.join('\n')).toBe(false)
  const { isError, texts } = await client.call('unified_completion', { ...args, use_cache: false })
  expect(isError).toBe(true)
  expect(JSON.parse(texts[1] ?? '')).toMatchObject({
    error: {
      code: 'rate_limited',
      retry_after_s: expect.any(Number),
      limits: { requests: { limit: 1, remaining: 0 } },
    },
  })
})

test('tokens are held by the worst that a running call may use, and then by what it used', async () => {
  await using it = await startApp({ env, change: limitCallers(tokensAMinute(2_000)) })
  const { gateway } = it.app
  const gate = createGate()
  it.upstream.script([{ body: [gate] }])
  const left = new AbortController()
  const running = hear(gateway.complete(ask('one', { max_tokens: 1_500 }), context({ signal: left.signal })))
  await it.upstream.waitForRequest()
  const refused = await hear(gateway.complete(ask('two', { max_tokens: 1_500 }), context()))
  expect(refused.error).toMatchObject({ code: 'rate_limited', detail: { limits: { tokens: { limit: 2_000 } } } })
  expect(it.upstream.requests).toHaveLength(1)
  left.abort()
  expect((await running).error?.code).toBe('caller_left')

  const { usage } = await gateway.collect(ask('three', { max_tokens: 1_500 }), context())
  const { served } = await gateway.collect(ask('four', { max_tokens: 100 }), context())
  const used = it.receipts
    .slice(0, 2)
    .reduce((sum, one) => sum + (one.usage?.inputTokens ?? 0) + (one.usage?.outputTokens ?? 0), 0)
  expect(usage.outputTokens).toBeLessThan(1_500)
  const claimed = (served.inputTokens ?? 0) + 100
  expect(served.limits?.tokens?.remaining).toBe(2_000 - used - claimed)
})

test('what memory answers takes no tokens, and is given with none left', async () => {
  await using it = await startApp({ env, change: limitCallers(tokensAMinute(1_000)) })
  const { gateway } = it.app
  await gateway.collect(ask('Say hello.', { max_tokens: 900 }), context())
  const again = await gateway.collect(ask('Say hello.', { max_tokens: 900 }), context())
  expect(again.served).toMatchObject({ cache: 'exact', limits: { tokens: { limit: 1_000 } } })
  const { receipt } = await gateway.collect(ask('Say hello.', { max_tokens: 900 }), context())
  expect(receipt.cache).toBe('exact')
})

test('more than a whole limit is refused for good, and names the field', async () => {
  await using it = await startApp({ env, change: limitCallers(tokensAMinute(1_000)) })
  const { error } = await hear(it.app.gateway.complete(ask('hi', { max_tokens: 1_001 }), context()))
  expect(error).toMatchObject({ code: 'over_token_limit', status: 400, detail: { param: 'max_tokens' } })
  expect(it.upstream.requests).toHaveLength(0)
})

const sharedLimit = (name: 'models' | 'providers', id: string, limit: Limit) => ({
  env,
  change: (config: TestApp['config']) => ({
    ...config,
    limits: { ...config.limits, [name]: new Map([[id, [limit]]]) },
  }),
})

test.each([
  ['models', 'gpt-6-luna'],
  ['providers', 'openai'],
] as const)('a limit of %s holds for everybody together, and a fallback takes over', async (name, id) => {
  await using it = await startApp(sharedLimit(name, id, requestsAMinute(1)))
  const { gateway } = it.app
  const callers = ['ada', 'bob'].map((who) => ({ id: who, name: who, scope: 'use' }) as const)
  const [ada, bob] = callers.map((caller) => ({ caller }))
  expect((await hear(gateway.complete(ask('one'), context(ada)))).error).toBeNull()
  const refused = await hear(gateway.complete(ask('two'), context(bob)))
  expect(refused.error).toMatchObject({ code: 'shared_limit_reached', status: 429 })
  expect(refused.error?.detail.retryAfterMs).toBeGreaterThan(30_000)
  const served = await gateway.collect(ask('three', { fallbacks: ['claude-haiku-5-5'] }), context(bob))
  expect(served.served.provider).toBe('anthropic')
  expect(it.upstream.requests).toHaveLength(2)
})

test('a try that failed before it began gives its tokens back, and was a request all the same', async () => {
  await using it = await startApp({
    env,
    change: (config) => ({
      ...config,
      limits: {
        ...config.limits,
        callers: [tokensAMinute(1_000)],
        providers: new Map([['openai', [requestsAMinute(3), tokensAMinute(1_000)]]]),
      },
    }),
  })
  const { gateway } = it.app
  it.upstream.script([
    { kind: 'status', status: 500 },
    { kind: 'status', status: 500 },
  ])
  expect((await hear(gateway.complete(ask('hi', { max_tokens: 900 }), context()))).error).toBeNull()
  expect(it.upstream.requests).toHaveLength(3)
  expect((await hear(gateway.complete(ask('again', { max_tokens: 100 }), context()))).error?.code).toBe(
    'shared_limit_reached',
  )
})
