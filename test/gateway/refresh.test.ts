import { expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { createGate } from '../support/gate.ts'

const renewing = (config: Config): Config => ({
  ...config,
  cache: { ...config.cache, taskTtlMs: {}, chatTtlMs: 60_000, staleMs: 60_000 },
})

const stage = async () => {
  const clock = { nowMs: Date.UTC(2026, 10, 21), now: () => clock.nowMs }
  const it = await startApp({ change: renewing, overrides: { clock, random: () => 0.5 } })
  const put = (requestId: string) => hear(it.app.gateway.complete(ask('What is TCP?'), context({ requestId })))
  const until = async (receipts: number): Promise<void> => {
    while (it.receipts.length < receipts) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { it, clock, put, until, [Symbol.asyncDispose]: () => it[Symbol.asyncDispose]() }
}

test('a stale answer is given at once, and one call renews it on its asker’s bill, however many ask', async () => {
  await using on = await stage()
  const { it, clock, put, until } = on
  const first = await put('first')
  clock.nowMs += 60_000
  const gate = createGate()
  const body = JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-6-luna',
    choices: [{ index: 0, message: { role: 'assistant', content: 'A new answer.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 },
  })
  it.upstream.script([{ headers: { 'content-type': 'application/json' }, body: [gate, body] }])
  const heard = await Promise.all(Array.from({ length: 20 }, (_, index) => put(`late-${index}`)))
  expect(new Set(heard.map(({ text }) => text))).toEqual(new Set([first.text]))
  expect(heard.every(({ events }) => events.at(-1)?.type === 'end')).toBe(true)
  gate.open()
  await until(22)
  expect(it.upstream.requests).toHaveLength(2)
  const hits = it.receipts.filter(({ cache }) => cache === 'exact')
  expect(hits.every(({ cacheReason }) => cacheReason === 'stale')).toBe(true)
  const [renewal] = it.receipts.filter(({ tags }) => 'cache_refresh' in tags.metadata)
  expect(renewal).toMatchObject({ cache: 'miss', outcome: 'complete', caller: it.receipts[0]?.caller })
  // It is remembered a moment after it is in the ledger.
  await expect.poll(async () => (await put('after')).text).toBe('A new answer.')
})

test('the new answer takes the place of the stale one', async () => {
  await using on = await stage()
  const { it, clock, put, until } = on
  await put('first')
  clock.nowMs += 60_000
  await put('stale')
  await until(3)
  await expect
    .poll(async () => {
      await put('fresh')
      return it.receipts.at(-1)
    })
    .toMatchObject({ id: 'fresh', cache: 'exact', cacheReason: null })
  expect(it.upstream.requests).toHaveLength(2)
})

test('a renewal that fails leaves the stale answer, until its grace is over', async () => {
  await using on = await stage()
  const { it, clock, put, until } = on
  await put('first')
  clock.nowMs += 60_000
  it.upstream.script(Array.from({ length: 9 }, () => ({ kind: 'status', status: 400 }) as const))
  expect((await put('stale')).error).toBeNull()
  await until(3)
  expect((await put('again')).error).toBeNull()
  expect(it.receipts.filter(({ cacheReason }) => cacheReason === 'stale')).toHaveLength(2)
})

test('a gateway that stops does not wait for a renewal', async () => {
  const { it, clock, put } = await stage()
  await put('first')
  clock.nowMs += 60_000
  it.upstream.script([{ body: [createGate()] }])
  await put('stale')
  while (it.upstream.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await it[Symbol.asyncDispose]()
  expect(it.receipts.at(-1)?.outcome).toBe('client_aborted')
})
