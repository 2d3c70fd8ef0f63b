import { expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { limitCallers, requestsAMinute } from '../support/limits.ts'
import { ask, context, hear } from '../support/ask.ts'

test('more requests than the rate allows are refused with how long to wait', async () => {
  await using it = await startApp({
    change: limitCallers(requestsAMinute(2)),
  })
  const heard = []
  for (const text of ['a', 'b', 'c']) heard.push(await hear(it.app.gateway.complete(ask(text), context())))
  expect(heard.map(({ error }) => error?.code ?? null)).toEqual([null, null, 'rate_limited'])
  expect(heard[2]?.error?.detail.retryAfterMs).toBeGreaterThan(50_000)
  expect(it.upstream.requests).toHaveLength(2)
})

test('what was refused before any provider was asked gives its rate back', async () => {
  await using it = await startApp({
    change: limitCallers(requestsAMinute(1)),
  })
  for (let n = 0; n < 5; n += 1) {
    const { error } = await hear(it.app.gateway.complete(ask('hi', { model: 'no-such-model' }), context()))
    expect(error?.code).toBe('model_not_found')
  }
  expect((await hear(it.app.gateway.complete(ask('hi'), context()))).error).toBeNull()
})

test('callers have a rate each', async () => {
  await using it = await startApp({
    change: limitCallers(requestsAMinute(1)),
  })
  for (const id of ['k1', 'k2']) {
    const caller = { id, name: id, scope: 'use' } as const
    expect((await hear(it.app.gateway.complete(ask('hi'), context({ caller })))).error).toBeNull()
  }
})
