import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { openStores } from '../../src/stores/index.ts'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const off = { use_cache: false }

/** A whole answer, with whatever the provider says of itself. */
const reply = ({ model = 'gpt-4o', usage }: { model?: string; usage?: JsonObject }) => ({
  body: {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
    usage: usage ?? { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
  },
})

const absurd: JsonObject[] = [
  { prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1 },
  { prompt_tokens: 1, completion_tokens: Number.MAX_SAFE_INTEGER },
]

test.each(absurd)('usage that no call can have is counted by us instead: %j', async (usage) => {
  await using it = await startApp()
  it.upstream.script([reply({ usage })])
  const { choices } = await it.app.gateway.collect(ask('hi', { model: 'gpt-4o', ...off }), context())
  expect(choices[0]?.text).toBe('hi')
  expect(it.receipts).toMatchObject([{ outcome: 'complete', usage: { source: 'estimated' } }])
  expect(it.receipts[0]?.costNanoUsd).toBeLessThan(1_000_000n)
})

test.each([1e308, 1e10, 1e6])('a cost of %d dollars for one call is not believed, its tokens are', async (cost) => {
  await using it = await startApp()
  const usage = { prompt_tokens: 10, completion_tokens: 1, cost }
  it.upstream.script([reply({ usage })])
  await it.app.gateway.collect(ask('hi', { model: 'gpt-4o', ...off }), context())
  expect(it.receipts).toMatchObject([{ usage: { source: 'provider', inputTokens: 10 } }])
  expect(it.receipts[0]?.costNanoUsd).toBeLessThan(1_000_000n)
})

test('no lie about usage keeps the ledger from being written or read', async () => {
  using folder = temporaryFolder()
  const clock = { now: () => Date.now() }
  const stores = await openStores({ dataDir: folder.path, cacheMaxBytes: 1e6, clock })
  await using it = await startApp({ overrides: { stores } })
  const lies = [
    ...absurd,
    ...absurd,
    ...[9e9, 9e9, 9e9].map((cost) => ({ prompt_tokens: 1, completion_tokens: 1, cost })),
  ]
  it.upstream.script(lies.map((usage) => reply({ usage })))
  for (const _ of lies) {
    const { error } = await hear(
      it.app.gateway.complete(ask('hi', { model: 'gpt-4o', ...off }), context({ incremental: false })),
    )
    expect(error).toBeNull()
  }
  const query = { callerId: null, fromMs: 0, untilMs: Date.now() + 1_000, groupBy: 'model', simulated: false } as const
  expect((await stores.receipts.usage(query)).total.requests).toBe(lies.length)
  expect((await fetch(`${it.url}/ready`)).status).toBe(200)
})

test.each([
  ['longer than any', 'x'.repeat(20_000)],
  ['in more than one line', 'gpt-4o\r\nset-cookie: a=b'],
  ['with half a character', '\ud800'],
])('a model name %s is not repeated to anybody', async (_, model) => {
  await using it = await startApp()
  it.upstream.script([reply({ model })])
  const answer = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }], ...off }),
  })
  expect(answer.headers.get('x-gateway-model')).toBe('gpt-4o')
  expect(await answer.json()).toMatchObject({ model: 'gpt-4o' })
  expect(it.receipts).toMatchObject([{ served: { answeredModel: 'gpt-4o' } }])
})
