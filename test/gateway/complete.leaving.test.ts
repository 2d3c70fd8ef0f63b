import { expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { createGate } from '../support/gate.ts'
import { sse } from '../support/upstream.ts'

test('a caller who leaves mid-stream stops the provider, and what was used is booked as an estimate', async () => {
  await using it = await startApp()
  it.upstream.script([{ kind: 'stall', after: 4 }])
  const stream = it.app.gateway.complete(ask('Tell me about routers.'), context())
  for await (const event of stream) if (event.type === 'text') break
  const request = await it.upstream.waitForClose()
  expect(request.closedEarly).toBe(true)
  await expect.poll(() => it.receipts.length).toBe(1)
  expect(it.receipts).toMatchObject([{ outcome: 'client_aborted', usage: { source: 'estimated' } }])
  expect(it.receipts[0]?.usage?.inputTokens).toBeGreaterThan(0)
  expect(it.receipts[0]?.usage?.outputTokens).toBeGreaterThan(0)
  expect(it.receipts[0]?.costNanoUsd).toBeGreaterThan(0n)
})

test('what a provider had counted before the caller left is not counted again by us', async () => {
  await using it = await startApp()
  const question = ask('Tell me about rare birds.', { model: 'claude-haiku-5-5', use_cache: false })
  await hear(it.app.gateway.complete(question, context()))
  it.upstream.script([{ kind: 'stall', after: 4 }])
  for await (const event of it.app.gateway.complete(question, context())) if (event.type === 'text') break
  await expect.poll(() => it.receipts.length).toBe(2)
  const [whole, left] = it.receipts
  expect(left?.usage).toMatchObject({ source: 'estimated', inputTokens: whole?.usage?.inputTokens })
  expect(left?.usage?.outputTokens).toBeLessThan(whole?.usage?.outputTokens ?? 0)
})

test('a caller who leaves before the first token stops the provider too', async () => {
  await using it = await startApp()
  it.upstream.script([{ kind: 'black-hole' }])
  const leave = new AbortController()
  const heard = hear(it.app.gateway.complete(ask('hello'), context({ signal: leave.signal })))
  await it.upstream.waitForRequest()
  leave.abort()
  expect((await heard).error?.code).toBe('caller_left')
  expect((await it.upstream.waitForClose()).closedEarly).toBe(true)
  await expect.poll(() => it.receipts).toMatchObject([{ outcome: 'client_aborted', tries: [{ outcome: 'aborted' }] }])
})

/** Every model is expected to be instant, so that only the clock decides. */
const hopeful = (config: Config): Config => ({
  ...config,
  routing: { ...config.routing, defaultFirstTokenMs: 1, defaultOutputTokensPerSecond: 1_000_000 },
  models: config.models.map((card) => ({ ...card, latencyPrior: null })),
})

test('max_latency_ms is a promise: the call is broken off, typed, and booked', async () => {
  await using it = await startApp({ change: hopeful })
  it.upstream.script([{ kind: 'stall', after: 4 }])
  const request = ask('hello', { requirements: { max_latency_ms: 400 } })
  const { error, text } = await hear(it.app.gateway.complete(request, context()))
  expect(text).not.toBe('')
  expect(error).toMatchObject({ code: 'deadline_exceeded', status: 504 })
  expect((await it.upstream.waitForClose()).closedEarly).toBe(true)
  await expect.poll(() => it.receipts).toMatchObject([{ outcome: 'deadline_exceeded', usage: { source: 'estimated' } }])
  expect(it.receipts[0]?.costNanoUsd).toBeGreaterThan(0n)
})

test('max_first_token_ms holds until the first token, and not a moment longer', async () => {
  await using it = await startApp({ change: hopeful })
  const limits = { requirements: { max_first_token_ms: 300 } }
  it.upstream.script([{ kind: 'slow-first-token', ms: 60_000 }])
  const late = await hear(it.app.gateway.complete(ask('hello', limits), context()))
  expect(late.error?.code).toBe('deadline_exceeded')

  const gate = createGate()
  const piece = (content: string, finish: string | null = null): string =>
    sse({ id: 'x', model: 'gpt-6-luna', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })
  it.upstream.script([{ body: [piece('soon'), gate, piece(' enough', 'stop'), sse('[DONE]')] }])
  const stream = it.app.gateway.complete(ask('hello there', limits), context())
  await stream.next()
  await new Promise((resolve) => setTimeout(resolve, 350))
  gate.open()
  expect((await hear(stream)).text).toBe('soon enough')
})

test("the gateway's own deadline holds where the caller set none", async () => {
  await using it = await startApp({
    change: (config) => ({ ...config, http: { ...config.http, requestDeadlineMs: 300 } }),
  })
  it.upstream.script([{ kind: 'black-hole' }])
  const { error } = await hear(it.app.gateway.complete(ask('hello'), context()))
  expect(error?.code).toBe('deadline_exceeded')
})

test('a queue of callers at one provider keeps to its slots', async () => {
  await using it = await startApp({
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({ ...row, maxConcurrent: 2 })),
      resilience: { ...config.resilience, concurrency: { ...config.resilience.concurrency, maxWaiting: 2 } },
    }),
  })
  const heard = await Promise.all(
    [1, 2, 3, 4].map((n) => hear(it.app.gateway.complete(ask(`What is ${n}?`, { model: 'gpt-4o' }), context()))),
  )
  expect(heard.every(({ error }) => error === null)).toBe(true)
  const busy = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((n) => hear(it.app.gateway.complete(ask(`And ${n}?`, { model: 'gpt-4o' }), context()))),
  )
  expect(busy.filter(({ error }) => error?.code === 'provider_busy').length).toBe(2)
})

test('whoever leaves an answer of the sandbox is booked as simulated, also where another request pays', async () => {
  await using it = await startApp({ env: { PROVIDERS: 'sandbox' } })
  const question = 'Tell me about routers.'
  const leader = it.app.gateway.complete(ask(question), context())
  await leader.next()
  for await (const event of it.app.gateway.complete(ask(question), context())) if (event.type === 'text') break
  await hear(leader)
  expect(it.receipts).toMatchObject([
    { outcome: 'client_aborted', cache: 'shared', simulated: true },
    { outcome: 'complete', cache: 'miss', simulated: true },
  ])
})
