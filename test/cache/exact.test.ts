import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createChatAnswers } from '../../src/cache/chat-answers.ts'
import { createExactCache } from '../../src/cache/exact.ts'
import type { ChatRequest } from '../../src/contract/chat.ts'
import type { Entries } from '../../src/contract/store.ts'
import { createEntries } from '../../src/stores/memory/entries.ts'
import { plainRequest } from '../support/plain.ts'
import { answerOf, says } from './answer-of.ts'

const settings = {
  enabled: true,
  chatTtlMs: 300_000,
  embeddingsTtlMs: 86_400_000,
  modelsTtlMs: 21_600_000,
  maxTtlMs: 86_400_000,
  maxBytes: 1_000_000,
  maxEntryBytes: 100_000,
}

const chatAnswers = createChatAnswers({ taskOf: () => 'qa', mayServe: () => true })

const patience = { withinMs: 1000, signal: new AbortController().signal }

const setUp = (said: { settings?: Partial<typeof settings>; entries?: Entries; simulated?: boolean } = {}) => {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs }
  const entries = said.entries ?? createEntries({ maxBytes: settings.maxBytes, clock })
  const options = { entries, clock, settings: { ...settings, ...said.settings } }
  const whole = createExactCache({ ...options, simulated: said.simulated ?? false, near: null })
  const { look, keep } = whole.of(chatAnswers)
  const cache = { ...whole, keep, look: (request: ChatRequest, scope: string) => look(request, scope, patience) }
  return {
    clock,
    entries,
    cache,
    /** What the journey does with a request that is answered so. */
    answer: async (request: ChatRequest, answer = answerOf(), scope = 'ada') =>
      cache.keep(await cache.look(request, scope), scope, answer),
  }
}

test('what was answered is answered again, event by event, with its age', async () => {
  const { cache, clock, answer } = setUp()
  expect(await cache.look(plainRequest(), 'ada')).toMatchObject({ state: 'miss', ttlMs: 300_000, write: true })
  expect(await answer(plainRequest())).toEqual({ kept: true })
  clock.nowMs += 299_999
  expect(await cache.look(plainRequest(), 'ada')).toMatchObject({
    state: 'hit',
    ageMs: 299_999,
    entry: { answer: answerOf() },
  })
  clock.nowMs += 1
  expect(await cache.look(plainRequest(), 'ada')).toMatchObject({ state: 'miss' })
})

test('nobody reads what another was answered', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest(), answerOf(), 'ada')
  expect(await cache.look(plainRequest(), 'bob')).toMatchObject({ state: 'miss' })
})

test('an entry that a store gives to the wrong one is not read', async () => {
  const { cache, entries, answer } = setUp()
  await answer(plainRequest())
  const hit = await cache.look(plainRequest(), 'ada')
  if (hit.state !== 'hit') throw new Error('expected a hit')
  const confused: Entries = { ...entries, find: async () => hit.entry }
  expect(await setUp({ entries: confused }).cache.look(plainRequest(), 'bob')).toMatchObject({ state: 'miss' })
})

test('no scope and no request ever meets the answer of another', async () => {
  const asked = fc.record({
    text: fc.constantFrom('a', 'b', 'ab'),
    scope: fc.constantFrom('x', 'y'),
    seed: fc.option(fc.nat({ max: 1 }), { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { maxLength: 20 }), async (requests) => {
      const { cache, answer } = setUp()
      for (const { text, scope, seed } of requests) {
        const request = plainRequest({ messages: [says(text)], seed })
        const mark = JSON.stringify([text, scope, seed])
        const look = await cache.look(request, scope)
        if (look.state === 'hit') expect(look.entry.answer.answeredModel).toBe(mark)
        else await answer(request, answerOf({ answeredModel: mark }), scope)
      }
    }),
  )
})

test('a sandbox answer is never kept where real ones are, nor found by a real gateway on the same store', async () => {
  const sandbox = setUp({ simulated: true })
  expect(await sandbox.answer(plainRequest(), answerOf({ simulated: true }))).toEqual({ kept: true })
  const real = setUp({ entries: sandbox.entries })
  expect(await real.cache.look(plainRequest(), 'ada')).toMatchObject({ state: 'miss' })
  expect(await real.answer(plainRequest(), answerOf({ simulated: true }))).toEqual({ kept: false, reason: 'simulated' })
})

test('no-cache asks anew and keeps what comes; no-store does neither', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest(), answerOf({ answeredModel: 'old' }))
  const noCache = plainRequest({ cache: { read: false, write: true, force: false } })
  expect(await cache.look(noCache, 'ada')).toMatchObject({ state: 'miss', write: true })
  await answer(noCache, answerOf({ answeredModel: 'new' }))
  expect(await cache.look(plainRequest(), 'ada')).toMatchObject({
    state: 'hit',
    entry: { answer: { answeredModel: 'new' } },
  })

  const noStore = plainRequest({ cache: { read: false, write: false, force: false } })
  expect(await cache.look(noStore, 'ada')).toEqual({ state: 'bypass', reason: 'declined' })
  expect(await answer(noStore)).toEqual({ kept: false, reason: 'not_wanted' })
})

test('max-age bounds the age, and 0 takes nothing', async () => {
  const { cache, clock, answer } = setUp()
  await answer(plainRequest())
  clock.nowMs += 1000
  const within = (maxAgeMs: number) => cache.look(plainRequest({ cache: { ...plainRequest().cache, maxAgeMs } }), 'ada')
  expect(await within(1001)).toMatchObject({ state: 'hit' })
  expect(await within(1000)).toMatchObject({ state: 'miss' })
  expect(await within(0)).toMatchObject({ state: 'miss' })
})

test('a life of 0 is read but not written; a longer one than allowed is shortened', async () => {
  const { cache, answer } = setUp()
  const living = (ttlMs: number): ChatRequest => plainRequest({ cache: { ...plainRequest().cache, ttlMs } })
  expect(await answer(living(0))).toEqual({ kept: false, reason: 'not_wanted' })
  expect(await cache.look(living(1e12), 'ada')).toMatchObject({ state: 'miss', ttlMs: 86_400_000 })
  await answer(plainRequest())
  expect(await cache.look(living(0), 'ada')).toMatchObject({ state: 'hit' })
})

test('an answer of the moment lives a minute', async () => {
  const { cache, clock, answer } = setUp()
  const request = plainRequest({ messages: [says('How is the weather now?')] })
  await answer(request)
  clock.nowMs += 60_000
  expect(await cache.look(request, 'ada')).toMatchObject({ state: 'miss', ttlMs: 60_000 })
})

test('a hit is not kept again', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest())
  const hit = await cache.look(plainRequest(), 'ada')
  expect(await cache.keep(hit, 'ada', answerOf())).toEqual({ kept: false, reason: 'not_wanted' })
})

test('everything is counted, by scope and by reason', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest())
  await cache.look(plainRequest(), 'ada')
  await cache.look(plainRequest(), 'ada')
  await cache.look(plainRequest({ temperature: 1 }), 'ada')
  await answer(plainRequest({ seed: 1 }), answerOf({ finishes: [] }))
  await answer(plainRequest(), answerOf({ costNanoUsd: null }), 'bob')
  await cache.look(plainRequest(), 'bob')
  await cache.look(plainRequest({ cache: { read: false, write: true, force: false } }), 'bob')

  const ada = await cache.stats('ada')
  expect(ada).toEqual({
    hits: { exact: 2, canonical: 0, near: 0 },
    misses: 2,
    bypasses: { temperature: 1 },
    kept: 1,
    refusals: { unfinished: 1 },
    failures: 0,
    savedNanoUsd: 40_000n,
    entries: 1,
    bytes: ada.bytes,
    maxBytes: 1_000_000,
  })
  expect(ada.bytes).toBeGreaterThan(100)
  expect(await cache.stats('bob')).toMatchObject({ hits: { exact: 1 }, misses: 1, bypasses: { no_cache: 1 }, savedNanoUsd: 0n })
  expect(await cache.stats(null)).toMatchObject({
    hits: { exact: 3, canonical: 0, near: 0 },
    misses: 3,
    bypasses: { temperature: 1, no_cache: 1 },
    refusals: { unfinished: 1 },
    entries: 2,
  })
  expect(await cache.stats('nobody')).toMatchObject({ hits: { exact: 0 }, entries: 0 })
})

test('clears one scope, and only counts in a dry run', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest(), answerOf(), 'ada')
  await answer(plainRequest(), answerOf(), 'bob')
  expect(await cache.clear({ scope: 'ada', dryRun: true })).toBe(1)
  expect(await cache.clear({ scope: 'ada', dryRun: false })).toBe(1)
  expect(await cache.look(plainRequest(), 'ada')).toMatchObject({ state: 'miss' })
  expect(await cache.look(plainRequest(), 'bob')).toMatchObject({ state: 'hit' })
})

test('a store that fails is a miss and is counted, and the answer goes out all the same', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('the store is away')
  }
  const entries: Entries = { ...setUp().entries, find: broken, set: broken, remove: broken }
  const { cache, answer } = setUp({ entries })
  expect(await cache.look(plainRequest(), 'ada')).toMatchObject({ state: 'miss' })
  expect(await answer(plainRequest())).toEqual({ kept: false, reason: 'failed' })
  expect(await cache.stats('ada')).toMatchObject({ misses: 2, failures: 3 })
})

test('a request nested beyond the stack is answered without the cache', async () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  const request = plainRequest({ extra: JSON.parse('{}') })
  const { cache } = setUp()
  expect(await cache.look({ ...request, extra: Object.assign(request.extra, { deep }) }, 'ada')).toEqual({
    state: 'bypass',
    reason: 'unreadable',
  })
})

test('switched off it neither reads nor writes', async () => {
  const { cache, answer } = setUp({ settings: { enabled: false } })
  expect(await answer(plainRequest({ cache: { read: true, write: true, force: true } }))).toEqual({
    kept: false,
    reason: 'not_wanted',
  })
  expect(await cache.look(plainRequest(), 'ada')).toEqual({ state: 'bypass', reason: 'disabled' })
})
