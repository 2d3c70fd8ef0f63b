import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatUsd } from '../../src/contract/money.ts'
import { openStores } from '../../src/stores/index.ts'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'

const off = { use_cache: false }

test('streaming and not streaming cost the same to the nano-dollar', async () => {
  await using it = await startApp()
  for (const model of ['gpt-6-luna', 'gpt-4o', 'claude-haiku-5-5', 'claude-sonnet-5-5']) {
    it.receipts.length = 0
    await hear(it.app.gateway.complete(ask('Explain DNS to me.', { model, ...off }), context()))
    await it.app.gateway.collect(ask('Explain DNS to me.', { model, ...off }), context({ incremental: false }))
    const [streamed, plain] = it.receipts
    expect(streamed?.costNanoUsd).toBeGreaterThan(0n)
    expect(streamed?.costNanoUsd).toBe(plain?.costNanoUsd)
    expect(streamed?.usage).toEqual(plain?.usage)
  }
})

test('the model that answered is the one that is paid', async () => {
  await using it = await startApp()
  const reply = (model: string) => ({
    body: {
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 },
    },
  })
  it.upstream.script([reply('gpt-4o-2024-08-06'), reply('gpt-4o-mini')])
  const asked = (): Promise<unknown> =>
    it.app.gateway.collect(ask('hi', { model: 'gpt-4o', ...off }), context({ incremental: false }))
  await asked()
  await asked()
  // 2.50 and 0.15 dollars a million input tokens.
  expect(it.receipts.map(({ costNanoUsd }) => costNanoUsd)).toEqual([2_500_000_000n, 150_000_000n])
  expect(it.receipts.map(({ served }) => served?.answeredModel)).toEqual(['gpt-4o-2024-08-06', 'gpt-4o-mini'])
  expect(it.receipts.map(({ warnings }) => warnings.some(({ code }) => code === 'model_substituted'))).toEqual([
    false,
    true,
  ])
})

test('usage that never came is counted by us and says so', async () => {
  await using it = await startApp()
  it.upstream.script([{ kind: 'usage-missing' }])
  await hear(it.app.gateway.complete(ask('hello', off), context()))
  await hear(it.app.gateway.complete(ask('hello', off), context()))
  const [estimated, counted] = it.receipts
  expect(estimated?.usage?.source).toBe('estimated')
  expect(counted?.usage?.source).toBe('provider')
  expect(estimated?.usage?.outputTokens).toBeCloseTo(counted?.usage?.outputTokens ?? 0, -1)
})

test.each(['usage-twice', 'usage-on-content'] as const)('%s is paid once', async (kind) => {
  await using it = await startApp()
  it.upstream.script([{ kind }])
  await hear(it.app.gateway.complete(ask('hello', off), context()))
  await hear(it.app.gateway.complete(ask('hello', off), context()))
  expect(it.receipts[0]?.costNanoUsd).toBe(it.receipts[1]?.costNanoUsd)
})

test('a cost limit caps the output that is asked for, and the bill keeps to it', async () => {
  await using it = await startApp()
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 10, max: 3000 }),
      fc.constantFrom('gpt-4o', 'claude-haiku-5-5', 'auto'),
      async (microUsd, model) => {
        it.receipts.length = 0
        const request = ask(`Write a long story about the number ${microUsd}.`, {
          model,
          ...off,
          requirements: { max_cost_usd: microUsd / 1e6 },
        })
        const { error } = await hear(it.app.gateway.complete(request, context()))
        if (error) expect(['limit_unsatisfiable', 'no_eligible_model']).toContain(error.code)
        else expect(it.receipts[0]?.costNanoUsd).toBeLessThanOrEqual(BigInt(microUsd) * 1000n)
      },
    ),
    { numRuns: 40 },
  )
})

test('the promise holds for a text that is too long to be counted and has far more tokens than it looks', async () => {
  await using it = await startApp()
  const keys = Array.from({ length: 5_000 }, (_, n) => createHash('sha256').update(`${n}`).digest('base64')).join(' ')
  const request = { model: 'gpt-4.1', max_tokens: 100, ...off }
  await hear(it.app.gateway.complete(ask(keys, request), context()))
  const costNanoUsd = it.receipts[0]?.costNanoUsd ?? 0n
  const tooLittle = { requirements: { max_cost_usd: formatUsd((costNanoUsd * 7n) / 10n) } }
  const refused = await hear(it.app.gateway.complete(ask(keys, { ...request, ...tooLittle }), context()))
  expect(refused.error?.code).toBe('limit_unsatisfiable')
})

test('a limit that nobody can keep is refused before anything is spent', async () => {
  await using it = await startApp()
  const request = ask('hello', { requirements: { max_cost_usd: '0.000000001' } })
  const { error } = await hear(it.app.gateway.complete(request, context()))
  expect(error).toMatchObject({ code: 'limit_unsatisfiable', status: 400 })
  expect(it.upstream.requests).toHaveLength(0)
  expect(it.receipts).toHaveLength(0)
})

test('a model without a price is refused under a cost limit, and otherwise booked as unknown, never as free', async () => {
  await using it = await startApp()
  const house = { model: 'openai-compatible:house-model', ...off }
  const limited = await hear(
    it.app.gateway.complete(ask('hello', { ...house, requirements: { max_cost_usd: 1 } }), context()),
  )
  expect(limited.error?.code).toBe('price_unknown')
  expect((await hear(it.app.gateway.complete(ask('hello', house), context()))).error).toBeNull()
  expect(it.receipts).toMatchObject([{ requestedModel: 'openai-compatible:house-model', costNanoUsd: null }])
})

test('a receipt that cannot be written ends the answer in an error, and the gateway says that it is not ready', async () => {
  const memory = await openStores({ dataDir: ':memory:', cacheMaxBytes: 1e6, clock: { now: () => Date.now() } })
  const receipts = { ...memory.receipts, append: () => Promise.reject(new Error('disk full')) }
  await using it = await startApp({
    overrides: { stores: { ...memory, receipts, [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose]() } },
  })
  expect((await fetch(`${it.url}/ready`)).status).toBe(200)
  const { error, text, events } = await hear(it.app.gateway.complete(ask('hello'), context()))
  expect(text).not.toBe('')
  expect(error).toMatchObject({ code: 'ledger_unavailable', status: 503 })
  expect(events.at(-1)?.type).not.toBe('end')
  const ready = await fetch(`${it.url}/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.text()).toContain('ledger')
})
