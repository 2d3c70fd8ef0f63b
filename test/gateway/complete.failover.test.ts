import { afterEach, beforeEach, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { sse } from '../support/upstream.ts'

let it: TestApp

beforeEach(async () => {
  it = await startApp()
})
afterEach(() => it[Symbol.asyncDispose]())

const complete = (text: string, fields: Record<string, unknown> = {}): ReturnType<typeof hear> =>
  hear(it.app.gateway.complete(ask(text, fields), context()))
const keysUsed = (): (number | undefined)[] => it.receipts.at(-1)?.tries.map(({ keyIndex }) => keyIndex) ?? []
const codes = (): (string | null)[] => it.receipts.at(-1)?.tries.map(({ errorCode }) => errorCode) ?? []

test('a passing fault is retried at the same deployment, and the caller sees a whole answer', async () => {
  it.upstream.script([{ kind: 'status', status: 500 }])
  const { text, error } = await complete('hello')
  expect(error).toBeNull()
  expect(text).toContain('Simulated')
  expect(codes()).toEqual(['provider_failed', null])
  expect(keysUsed()).toEqual([0, 0])
})

test('a refused key hands over to the backup key and rests', async () => {
  it.upstream.script([{ kind: 'status', status: 401 }])
  expect((await complete('hello')).error).toBeNull()
  expect(keysUsed()).toEqual([0, 1])
  expect((await complete('hello again')).error).toBeNull()
  expect(keysUsed()).toEqual([1])
})

test('a rate limit hands over to the backup key', async () => {
  it.upstream.script([{ kind: 'status', status: 429, retryAfterS: 60 }])
  expect((await complete('hello')).error).toBeNull()
  expect(keysUsed()).toEqual([0, 1])
})

test('when both keys are limited the caller is told how long to wait', async () => {
  it.upstream.script([
    { kind: 'status', status: 429, retryAfterS: 60 },
    { kind: 'status', status: 429, retryAfterS: 30 },
  ])
  const { error } = await complete('hello')
  expect(error).toMatchObject({ code: 'provider_rate_limited', status: 429, detail: { retryAfterMs: 30_000 } })
})

test('a short Retry-After is waited for', async () => {
  it.upstream.script([
    { kind: 'status', status: 429, retryAfterS: 0 },
    { kind: 'status', status: 429, retryAfterS: 0 },
  ])
  expect((await complete('hello')).error).toBeNull()
  expect(codes()).toEqual(['provider_rate_limited', 'provider_rate_limited', null])
})

test('a named model never becomes another one by itself', async () => {
  it.upstream.script(Array.from({ length: 20 }, () => ({ kind: 'status', status: 503 }) as const))
  const { error } = await complete('hello', { model: 'gpt-4o' })
  expect(error).toMatchObject({ code: 'provider_overloaded', status: 503 })
  expect(new Set(it.receipts.at(-1)?.tries.map(({ model }) => model))).toEqual(new Set(['openai:gpt-4o']))
  expect(it.receipts.at(-1)).toMatchObject({ outcome: 'failed', served: null, costNanoUsd: 0n, usage: null })
})

test('a named model falls back to the models that the request names, in their order', async () => {
  it.upstream.script(
    Array.from({ length: it.config.resilience.maxTries }, () => ({ kind: 'status', status: 503 }) as const),
  )
  const { error } = await complete('hello', { model: 'gpt-4o', fallbacks: ['claude-haiku-5-5'] })
  expect(error).toBeNull()
  expect(it.receipts.at(-1)?.served).toMatchObject({ provider: 'anthropic', model: 'claude-haiku-5-5' })
})

test('a request that the provider finds fault with is not hawked around', async () => {
  it.upstream.script([{ kind: 'status', status: 400 }])
  const { error } = await complete('hello', { fallbacks: ['claude-haiku-5-5'] })
  expect(error).toMatchObject({ code: 'provider_rejected', status: 400 })
  expect(it.upstream.requests).toHaveLength(1)
})

test('what a failed try had begun to say is not in the answer', async () => {
  it.upstream.script([
    {
      body: [sse({ id: 'x', model: 'gpt-6-luna', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })],
      ending: 'cut',
    },
  ])
  const { error, events } = await complete('hello')
  expect(error).toBeNull()
  expect(events.filter(({ type }) => type === 'start')).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ type: 'end', finishes: [{ reason: 'stop' }] })
})

test.each([
  ['cut', 'provider_cut'],
  ['reset', 'provider_cut'],
  ['early-end', 'provider_cut'],
  ['malformed-chunk', 'provider_bad_reply'],
  ['error-in-stream', 'provider_failed'],
] as const)(
  'a stream that breaks after its first token (%s) ends in an error, never silently on another model',
  async (kind, code) => {
    it.upstream.script([{ kind, after: 3 }])
    const { error, text, events } = await complete('Tell me something long, please.', {
      fallbacks: ['claude-haiku-5-5'],
    })
    expect(text).not.toBe('')
    expect(error?.code).toBe(code)
    expect(events.at(-1)?.type).not.toBe('end')
    expect(it.upstream.requests).toHaveLength(1)
    expect(it.receipts).toMatchObject([{ outcome: 'upstream_error', errorCode: code, usage: { source: 'estimated' } }])
    expect(it.receipts[0]?.costNanoUsd).toBeGreaterThan(0n)
  },
)

test('a stream that stalls after its first token ends in an error', async () => {
  await using impatient = await startApp({
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({ ...row, timeouts: { ...row.timeouts, stallMs: 100 } })),
    }),
  })
  impatient.upstream.script([{ kind: 'stall', after: 3 }])
  const { error, text } = await hear(impatient.app.gateway.complete(ask('hello'), context()))
  expect(text).not.toBe('')
  expect(error).toMatchObject({ code: 'provider_stalled', status: 504 })
})

test.each([['refuse'], ['html'], ['half-json'], ['out-of-credit']] as const)(
  'before the first token %s is nothing that the caller sees',
  async (kind) => {
    it.upstream.script([kind === 'half-json' ? { kind, after: 0 } : { kind }])
    const { error } = await hear(it.app.gateway.complete(ask('hello'), context({ incremental: kind !== 'half-json' })))
    expect(error).toBeNull()
    expect(it.receipts.at(-1)?.tries.map(({ outcome }) => outcome)).toEqual(['failed', 'answered'])
  },
)

test('a provider that keeps failing is rested, and its callers are told until when', async () => {
  const { minCalls } = it.config.resilience.breaker
  it.upstream.script(Array.from({ length: 10 * minCalls }, () => ({ kind: 'status', status: 500 }) as const))
  for (let n = 0; n < minCalls; n += 1) await complete(`hello ${n}`, { model: 'gpt-4o' })
  const asked = it.upstream.requests.length
  const { error } = await complete('hello once more', { model: 'gpt-4o' })
  expect(error?.code).toBe('provider_circuit_open')
  expect(error?.detail.retryAfterMs).toBeGreaterThan(0)
  expect(it.upstream.requests).toHaveLength(asked)
})

test('auto goes on to the next candidate when the best one fails', async () => {
  it.upstream.script(
    Array.from({ length: it.config.resilience.maxTries }, () => ({ kind: 'status', status: 500 }) as const),
  )
  const { error } = await complete('What is the capital of France?', { model: 'auto' })
  expect(error).toBeNull()
  expect(new Set(it.receipts.at(-1)?.tries.map(({ model }) => model)).size).toBe(2)
})

test('while a refused key rests, callers are told that it was refused and not that they are too many', async () => {
  await using it = await startApp()
  const off = { model: 'claude-haiku-5-5', use_cache: false }
  it.upstream.script([{ kind: 'status', status: 401 }])
  expect((await hear(it.app.gateway.complete(ask('hi', off), context()))).error?.code).toBe('provider_auth')
  const { error } = await hear(it.app.gateway.complete(ask('hi', off), context()))
  expect(error).toMatchObject({ code: 'provider_circuit_open', message: expect.stringContaining('key is refused') })
})
