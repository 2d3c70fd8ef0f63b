import { expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { createGate } from '../support/gate.ts'
import { sse } from '../support/upstream.ts'
import type { Act } from '../support/upstream.ts'

test('the second time the answer comes from memory: same words, new id, no cost, and what it spared', async () => {
  await using it = await startApp()
  const first = await hear(it.app.gateway.complete(ask('What is TCP?'), context({ requestId: 'one' })))
  const second = await hear(it.app.gateway.complete(ask('What is TCP?'), context({ requestId: 'two' })))
  expect(second.text).toBe(first.text)
  expect(it.upstream.requests).toHaveLength(1)
  const [paid, free] = it.receipts
  expect(free).toMatchObject({ id: 'two', cache: 'exact', costNanoUsd: 0n, tries: [], outcome: 'complete' })
  expect(free?.savedNanoUsd).toBe(paid?.costNanoUsd)
  expect(free?.served).toEqual(paid?.served)
  expect(second.events[0]).toMatchObject({
    type: 'start',
    served: { requestId: 'two', cache: 'exact', model: 'gpt-6-luna' },
  })
})

test('a plain reply and a stream are the same answer to memory', async () => {
  await using it = await startApp()
  const collected = await it.app.gateway.collect(ask('What is UDP?'), context({ incremental: false }))
  const streamed = await hear(it.app.gateway.complete(ask('What is UDP?'), context()))
  expect(streamed.text).toBe(collected.choices[0]?.text)
  expect(it.upstream.requests).toHaveLength(1)
})

test('callers do not read each other', async () => {
  await using it = await startApp()
  const ada = { id: 'k1', name: 'Ada', scope: 'use' } as const
  const bob = { id: 'k2', name: 'Bob', scope: 'use' } as const
  await hear(it.app.gateway.complete(ask('What is TCP?'), context({ caller: ada })))
  await hear(it.app.gateway.complete(ask('What is TCP?'), context({ caller: bob })))
  expect(it.receipts.map(({ cache }) => cache)).toEqual(['miss', 'miss'])
})

test('an entry is forgotten when its time is up', async () => {
  let nowMs = Date.UTC(2026, 10, 21)
  await using it = await startApp({ overrides: { clock: { now: () => nowMs }, random: () => 0.5 } })
  await hear(it.app.gateway.complete(ask('What is TCP?'), context()))
  nowMs += (it.config.cache.taskTtlMs.qa ?? 0) - 1
  await hear(it.app.gateway.complete(ask('What is TCP?'), context()))
  nowMs += 1
  await hear(it.app.gateway.complete(ask('What is TCP?'), context()))
  expect(it.receipts.map(({ cache }) => cache)).toEqual(['miss', 'exact', 'miss'])
})

const cutShort: Act = {
  body: {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-6-luna',
    choices: [{ index: 0, message: { role: 'assistant', content: 'half' }, finish_reason: 'length' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  },
}

test.each([
  ['a broken stream', { kind: 'cut', after: 3 } satisfies Act],
  ['an answer that reached its length', cutShort],
])('%s is not remembered', async (_what, act) => {
  await using it = await startApp()
  it.upstream.script([act])
  await hear(it.app.gateway.complete(ask('What is TCP?'), context()))
  await hear(it.app.gateway.complete(ask('What is TCP?'), context()))
  expect(it.receipts.map(({ cache }) => cache)).toEqual(['miss', 'miss'])
})

test('a thousand identical requests at once make one call, paid once; everybody gets the whole answer', async () => {
  await using it = await startApp()
  const heard = await Promise.all(
    Array.from({ length: 1000 }, () => hear(it.app.gateway.complete(ask('What is ICMP?'), context()))),
  )
  expect(it.upstream.requests).toHaveLength(1)
  expect(new Set(heard.map(({ text }) => text)).size).toBe(1)
  expect(heard.every(({ error, events }) => error === null && events.at(-1)?.type === 'end')).toBe(true)
  expect(it.receipts).toHaveLength(1000)
  expect(it.receipts.filter(({ costNanoUsd }) => costNanoUsd !== 0n)).toHaveLength(1)
  expect(it.receipts.filter(({ cache }) => cache === 'shared')).toHaveLength(999)
})

test('the call goes on for its followers when its leader leaves, and is booked once, on the leader', async () => {
  await using it = await startApp()
  const gate = createGate()
  const chunk = (content: string, finish: string | null = null): string =>
    sse({
      id: 'x',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'gpt-6-luna',
      choices: [{ index: 0, delta: { content }, finish_reason: finish }],
    })
  const usage = sse({
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-6-luna',
    choices: [],
    usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
  })
  it.upstream.script([{ body: [chunk('one '), gate, chunk('two', 'stop'), usage, sse('[DONE]')] }])

  const leaderLeaves = new AbortController()
  const leader = hear(
    it.app.gateway.complete(ask('count'), context({ requestId: 'leader', signal: leaderLeaves.signal })),
  )
  const follower = it.app.gateway.complete(ask('count'), context({ requestId: 'follower' }))
  const first = await follower.next()
  expect(first.value).toMatchObject({ type: 'start', served: { requestId: 'follower', cache: 'shared' } })
  leaderLeaves.abort()
  expect((await leader).error?.code).toBe('caller_left')
  gate.open()
  const rest = await hear(follower)
  expect(rest).toMatchObject({ text: 'one two', error: null })
  expect(it.receipts).toMatchObject([
    { id: 'leader', outcome: 'complete', usage: { inputTokens: 7, outputTokens: 2, source: 'provider' } },
    { id: 'follower', cache: 'shared', outcome: 'complete', costNanoUsd: 0n },
  ])
  expect(it.receipts[1]?.savedNanoUsd).toBe(it.receipts[0]?.costNanoUsd)
})

test('followers of a call that fails before its first token are told the same', async () => {
  await using it = await startApp()
  it.upstream.script(Array.from({ length: 9 }, () => ({ kind: 'status', status: 400 }) as const))
  const heard = await Promise.all([1, 2, 3].map(() => hear(it.app.gateway.complete(ask('hi'), context()))))
  expect(heard.map(({ error }) => error?.code)).toEqual(Array(3).fill('provider_rejected'))
  expect(it.upstream.requests).toHaveLength(1)
})

test('no-store goes alone and leaves nothing', async () => {
  await using it = await startApp()
  const off = { use_cache: false }
  await Promise.all([1, 2].map(() => hear(it.app.gateway.complete(ask('hi', off), context()))))
  await hear(it.app.gateway.complete(ask('hi'), context()))
  expect(it.receipts.map(({ cache, cacheReason }) => [cache, cacheReason])).toEqual([
    ['bypass', 'declined'],
    ['bypass', 'declined'],
    // Why no near answer serves: there is none, or the model that finds them has not loaded yet.
    ['miss', expect.toBeOneOf([null, 'late', 'no_neighbours', 'no-embedder'])],
  ])
  expect(it.upstream.requests).toHaveLength(3)
})
