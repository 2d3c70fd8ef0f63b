import { expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { limitCallers, requestsAMinute } from '../support/limits.ts'
import { ask, context } from '../support/ask.ts'

test('a count comes near to what the provider counts, nearer once it has counted, and leaves no receipt', async () => {
  await using it = await startApp()
  const { gateway } = it.app
  const request = ask('Name the longest rivers of Europe, and the towns that lie on each. '.repeat(20), {
    model: 'claude-haiku-5-5',
  })
  const before = await gateway.count(request, context())
  expect(it.upstream.requests).toHaveLength(0)
  expect(it.receipts).toHaveLength(0)
  const { usage } = await gateway.collect(request, context())
  const after = await gateway.count(request, context())
  expect(Math.abs(after - usage.inputTokens)).toBeLessThanOrEqual(Math.abs(before - usage.inputTokens))
  expect(after / usage.inputTokens).toBeGreaterThan(0.7)
  expect(after / usage.inputTokens).toBeLessThan(1.5)
})

test('what is too long for its model is counted all the same, and auto counts for the likeliest', async () => {
  await using it = await startApp()
  const { gateway } = it.app
  const long = ask('word '.repeat(300_000), { model: 'gpt-4o' })
  expect(await gateway.count(long, context())).toBeGreaterThan(128_000)
  expect(await gateway.count(ask('Hello', { model: 'auto' }), context())).toBeLessThan(20)
})

test('counting takes of the rate, and gives it back where there is nothing to count by', async () => {
  await using it = await startApp({ change: limitCallers(requestsAMinute(1)) })
  const { gateway } = it.app
  const unknown = ask('hi', { model: 'no-such-model' })
  for (let n = 0; n < 3; n += 1)
    await expect(gateway.count(unknown, context())).rejects.toMatchObject({ code: 'model_not_found' })
  await gateway.count(ask('hi'), context())
  await expect(gateway.count(ask('hi'), context())).rejects.toMatchObject({ code: 'rate_limited' })
})
