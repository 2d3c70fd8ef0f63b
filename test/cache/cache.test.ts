import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChatAnswers } from '../../src/cache/chat-answers.ts'
import { createCache } from '../../src/cache/cache.ts'
import { createScopeOf } from '../../src/cache/scope.ts'
import type { Caller } from '../../src/contract/caller.ts'
import type { CacheSettings } from '../../src/contract/settings.ts'
import type { ChatRequest } from '../../src/contract/chat.ts'
import type { Entries } from '../../src/contract/store.ts'
import { createEntries } from '../../src/stores/memory/entries.ts'
import { plainRequest } from '../support/plain.ts'
import { answerOf, says } from './answer-of.ts'

const chatAnswers = createChatAnswers({ taskOf: () => 'qa', mayServe: () => () => true })
const patience = { withinMs: 1000, signal: new AbortController().signal }

const settings: Omit<CacheSettings, 'near'> = {
  enabled: true,
  chatTtlMs: 300_000,
  taskTtlMs: {},
  embeddingsTtlMs: 86_400_000,
  modelsTtlMs: 21_600_000,
  maxTtlMs: 86_400_000,
  staleMs: 0,
  share: 'user',
  maxDiskBytes: 1_000_000,
  maxNewsBytes: 1_000_000,
  maxSharedBytes: 1_000_000,
  maxBytes: 1_000_000,
  maxEntryBytes: 100_000,
}

const callerOf = (id: string, more: Partial<Caller> = {}): Caller => ({ id, name: id, scope: 'use', ...more })
const ada = callerOf('ada')
const bob = callerOf('bob')

const setUp = (
  said: { settings?: Partial<CacheSettings>; entries?: Entries; simulated?: boolean; random?: () => number } = {},
) => {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs }
  const entries = said.entries ?? createEntries({ maxBytes: settings.maxBytes, clock })
  const options = { entries, clock, settings: { ...settings, ...said.settings }, random: said.random ?? (() => 0.5) }
  const scopeOf = createScopeOf({ share: options.settings.share, secret: new Uint8Array(32) })
  const whole = createCache({ ...options, scopeOf, simulated: said.simulated ?? false, near: null })
  const { look, keep } = whole.of(chatAnswers)
  const cache = { ...whole, keep, look: (request: ChatRequest, caller: Caller) => look(request, caller, patience) }
  return {
    clock,
    entries,
    cache,
    /** What the journey does with a request that is answered so. */
    answer: async (request: ChatRequest, answer = answerOf(), caller = ada) =>
      cache.keep(await cache.look(request, caller), caller.id, answer),
  }
}

test('what was answered is answered again, event by event, with its age', async () => {
  const { cache, clock, answer } = setUp()
  expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss', write: true })
  expect(await answer(plainRequest())).toEqual({ kept: true })
  clock.nowMs += 299_999
  expect(await cache.look(plainRequest(), ada)).toMatchObject({
    state: 'hit',
    ageMs: 299_999,
    entry: { answer: answerOf() },
  })
  clock.nowMs += 1
  expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
})

test('nobody reads what another was answered', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest(), answerOf(), ada)
  expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'miss' })
})

test('an entry that a store gives to the wrong one is not read', async () => {
  const { cache, entries, answer } = setUp()
  await answer(plainRequest())
  const hit = await cache.look(plainRequest(), ada)
  if (hit.state !== 'hit') throw new Error('expected a hit')
  const confused: Entries = { ...entries, find: async () => hit.entry }
  expect(await setUp({ entries: confused }).cache.look(plainRequest(), bob)).toMatchObject({ state: 'miss' })
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
        const look = await cache.look(request, callerOf(scope))
        if (look.state === 'hit') expect(look.entry.answer.answeredModel).toBe(mark)
        else await answer(request, answerOf({ answeredModel: mark }), callerOf(scope))
      }
    }),
  )
})

test('a sandbox answer is never kept where real ones are, nor found by a real gateway on the same store', async () => {
  const sandbox = setUp({ simulated: true })
  expect(await sandbox.answer(plainRequest(), answerOf({ simulated: true }))).toEqual({ kept: true })
  const real = setUp({ entries: sandbox.entries })
  expect(await real.cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
  expect(await real.answer(plainRequest(), answerOf({ simulated: true }))).toEqual({ kept: false, reason: 'simulated' })
})

test('no-cache asks anew and keeps what comes; no-store does neither', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest(), answerOf({ answeredModel: 'old' }))
  const noCache = plainRequest({ cache: { read: false, write: true, force: false } })
  expect(await cache.look(noCache, ada)).toMatchObject({ state: 'miss', write: true })
  await answer(noCache, answerOf({ answeredModel: 'new' }))
  expect(await cache.look(plainRequest(), ada)).toMatchObject({
    state: 'hit',
    entry: { answer: { answeredModel: 'new' } },
  })

  const noStore = plainRequest({ cache: { read: false, write: false, force: false } })
  expect(await cache.look(noStore, ada)).toEqual({ state: 'bypass', reason: 'declined' })
  expect(await answer(noStore)).toEqual({ kept: false, reason: 'not_wanted' })
})

test('max-age bounds the age, and 0 takes nothing', async () => {
  const { cache, clock, answer } = setUp()
  await answer(plainRequest())
  clock.nowMs += 1000
  const within = (maxAgeMs: number) => cache.look(plainRequest({ cache: { ...plainRequest().cache, maxAgeMs } }), ada)
  expect(await within(1001)).toMatchObject({ state: 'hit' })
  expect(await within(1000)).toMatchObject({ state: 'miss' })
  expect(await within(0)).toMatchObject({ state: 'miss' })
})

test('a life of 0 is read but not written; a longer one than allowed is shortened', async () => {
  const { cache, answer } = setUp()
  const living = (ttlMs: number): ChatRequest => plainRequest({ cache: { ...plainRequest().cache, ttlMs } })
  expect(await answer(living(0))).toEqual({ kept: false, reason: 'not_wanted' })
  const look = await cache.look(living(1e12), ada)
  if (look.state !== 'miss') throw new Error('expected a miss')
  expect(look.lifeOf(answerOf())).toEqual({ ttlMs: 86_400_000, staleMs: 0 })
  await answer(plainRequest())
  expect(await cache.look(living(0), ada)).toMatchObject({ state: 'hit' })
})

test('an answer of the moment lives a minute', async () => {
  const { cache, clock, answer } = setUp()
  const request = plainRequest({ messages: [says('How is the weather now?')] })
  await answer(request)
  clock.nowMs += 59_999
  expect(await cache.look(request, ada)).toMatchObject({ state: 'hit' })
  clock.nowMs += 1
  expect(await cache.look(request, ada)).toMatchObject({ state: 'miss' })
})

test('a hit is not kept again', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest())
  const hit = await cache.look(plainRequest(), ada)
  expect(await cache.keep(hit, 'ada', answerOf())).toEqual({ kept: false, reason: 'not_wanted' })
})

test('everything is counted, by scope and by reason', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest())
  await cache.look(plainRequest(), ada)
  await cache.look(plainRequest(), ada)
  await cache.look(plainRequest({ temperature: 1 }), ada)
  await answer(plainRequest({ seed: 1 }), answerOf({ finishes: [] }))
  await answer(plainRequest(), answerOf({ costNanoUsd: null }), bob)
  await cache.look(plainRequest(), bob)
  await cache.look(plainRequest({ cache: { read: false, write: true, force: false } }), bob)

  const hers = await cache.stats(ada)
  expect(hers).toMatchObject({
    hits: 2,
    hitsByTier: { exact: 2, canonical: 0, near: 0 },
    misses: 2,
    bypasses: { temperature: 1 },
    kept: 1,
    refusals: { unfinished: 1 },
    failures: 0,
    savedNanoUsd: 40_000n,
    byTask: { qa: { hits: 2, savedNanoUsd: 40_000n } },
    entries: 1,
    bytes: hers.bytes,
    maxBytes: 1_000_000,
  })
  expect(hers.bytes).toBeGreaterThan(100)
  expect(await cache.stats(bob)).toMatchObject({ hits: 1, misses: 1, bypasses: { no_cache: 1 }, savedNanoUsd: 0n })
  expect(await cache.stats(null)).toMatchObject({
    hits: 3,
    misses: 3,
    bypasses: { temperature: 1, no_cache: 1 },
    refusals: { unfinished: 1 },
    entries: 2,
  })
  expect(await cache.stats(callerOf('nobody'))).toMatchObject({ hits: 0, entries: 0 })
})

test('clears one scope, and only counts in a dry run', async () => {
  const { cache, answer } = setUp()
  await answer(plainRequest(), answerOf(), ada)
  await answer(plainRequest(), answerOf(), bob)
  expect(await cache.remove({ caller: ada, dryRun: true })).toBe(1)
  expect(await cache.remove({ caller: ada, dryRun: false })).toBe(1)
  expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
  expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'hit' })
})

test('a store that fails is a miss and is counted, and the answer goes out all the same', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('the store is away')
  }
  const entries: Entries = { ...setUp().entries, find: broken, set: broken, remove: broken }
  const { cache, answer } = setUp({ entries })
  expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
  expect(await answer(plainRequest())).toEqual({ kept: false, reason: 'failed' })
  expect(await cache.stats(ada)).toMatchObject({ misses: 2, failures: 3 })
})

test('a request nested beyond the stack is answered without the cache', async () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  const request = plainRequest({ extra: JSON.parse('{}') })
  const { cache } = setUp()
  expect(await cache.look({ ...request, extra: Object.assign(request.extra, { deep }) }, ada)).toEqual({
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
  expect(await cache.look(plainRequest(), ada)).toEqual({ state: 'bypass', reason: 'disabled' })
})

describe('who reads whose answers', () => {
  const crew = callerOf('a', { team: 'crew' })
  const mate = callerOf('b', { team: 'crew' })
  const namesake = callerOf('c', { team: 'crew', tenant: 'acme' })

  test('a team shares what its members were answered; a team of another tenant, or who is in none, does not', async () => {
    const { cache, answer } = setUp({ settings: { share: 'team' } })
    await answer(plainRequest(), answerOf(), crew)
    expect(await cache.look(plainRequest(), mate)).toMatchObject({ state: 'hit' })
    expect(await cache.look(plainRequest(), namesake)).toMatchObject({ state: 'miss' })
    expect(await cache.look(plainRequest(), ada)).toEqual({ state: 'bypass', reason: 'no_scope' })
    expect(await answer(plainRequest(), answerOf(), ada)).toEqual({ kept: false, reason: 'not_wanted' })
    expect(await cache.remove({ caller: ada, dryRun: false })).toBe(0)
    expect(await cache.look(plainRequest(), crew)).toMatchObject({ state: 'hit' })
  })

  test('a team whose key has no team of its own name reads nothing by it', async () => {
    const { cache, answer } = setUp()
    await answer(plainRequest(), answerOf(), callerOf('crew'))
    expect(await cache.look(plainRequest(), crew)).toMatchObject({ state: 'miss' })
    expect(await setUp().cache.look(plainRequest(), callerOf(''))).toMatchObject({ reason: 'no_scope' })
  })

  test('entries bear names that tell nothing, and are charged to the caller who paid for them', async () => {
    const { cache, answer } = setUp({ settings: { share: 'tenant' } })
    await answer(plainRequest(), answerOf(), namesake)
    const hit = await cache.look(plainRequest(), namesake)
    if (hit.state !== 'hit') throw new Error('expected a hit')
    expect(hit.entry.ownerId).toBe('c')
    expect(`${hit.entry.scope} ${hit.entry.key}`).not.toContain('acme')
  })
})

describe('epochs', () => {
  test('nothing from before is found, of one or of all, and what is asked then is remembered again', async () => {
    const { cache, answer } = setUp()
    for (const caller of [ada, bob]) await answer(plainRequest(), answerOf(), caller)
    await cache.advance(ada)
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
    expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'hit' })
    await answer(plainRequest(), answerOf(), ada)
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'hit' })
    await cache.advance(null)
    for (const caller of [ada, bob]) expect(await cache.look(plainRequest(), caller)).toMatchObject({ state: 'miss' })
  })

  test('an answer that was asked for before is not kept for after', async () => {
    const { cache } = setUp()
    const look = await cache.look(plainRequest(), ada)
    await cache.advance(ada)
    await cache.keep(look, ada.id, answerOf())
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
  })
})

describe('tags', () => {
  test('answers are forgotten by what they were made of, and by their callers’ own words', async () => {
    const { cache, answer } = setUp()
    const tagged = (seed: number, tags: string[]) =>
      plainRequest({ seed, cache: { read: true, write: true, force: false, tags } })
    await answer(tagged(1, ['doc:7']))
    await answer(tagged(2, []), answerOf({ provider: 'anthropic' }))
    await answer(tagged(3, ['doc:7']), answerOf(), bob)
    expect(await cache.remove({ caller: null, tag: 'task:qa', dryRun: true })).toBe(3)
    expect(await cache.remove({ caller: ada, tag: 'doc:7', dryRun: false })).toBe(1)
    expect(await cache.remove({ caller: null, tag: 'provider:anthropic', dryRun: false })).toBe(1)
    expect(await cache.remove({ caller: null, tag: 'model:gpt-6-luna', dryRun: false })).toBe(1)
    expect(await cache.stats(null)).toMatchObject({ entries: 0 })
  })
})

describe('curated answers', () => {
  const curateOne = async (untilMs: number) => {
    const it = setUp()
    await it.answer(plainRequest(), answerOf(), ada)
    const hit = await it.cache.look(plainRequest(), ada)
    if (hit.state !== 'hit') throw new Error('expected a hit')
    const curated = await it.cache.curate(hit.entry.id, untilMs)
    return { ...it, curated, own: hit.entry }
  }

  test('are given to everybody who asks the very same, after his own, until their end', async () => {
    const { cache, clock, curated, own } = await curateOne(90_000_000)
    expect(await cache.look(plainRequest(), bob)).toMatchObject({
      state: 'hit',
      isCurated: true,
      entry: { id: curated?.id },
    })
    expect(await cache.look(plainRequest(), ada)).toMatchObject({
      state: 'hit',
      isCurated: false,
      entry: { id: own.id },
    })
    expect(await cache.look(plainRequest({ seed: 1 }), bob)).toMatchObject({ state: 'miss' })
    clock.nowMs = 89_999_999
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ isCurated: true })
    clock.nowMs = 90_000_000
    expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'miss' })
  })

  test('are taken back, and only they', async () => {
    const { cache, curated, own } = await curateOne(90_000_000)
    expect(await cache.uncurate(own.id)).toBe(false)
    expect(await cache.uncurate(curated?.id ?? '')).toBe(true)
    expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'miss' })
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'hit' })
    expect(await cache.curate('ent_gone', 90_000_000)).toBeNull()
  })

  test('are nobody’s to clear by clearing his own, and end with the epoch of all', async () => {
    const { cache } = await curateOne(90_000_000)
    expect(await cache.remove({ caller: bob, dryRun: false })).toBe(0)
    await cache.advance(bob)
    expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'hit' })
    await cache.advance(null)
    expect(await cache.look(plainRequest(), bob)).toMatchObject({ state: 'miss' })
  })
})

describe('an answer past its life', () => {
  const stale = { settings: { staleMs: 60_000 } }

  test('is given as stale for a while, where nobody said how long', async () => {
    const { cache, clock, answer } = setUp(stale)
    await answer(plainRequest())
    clock.nowMs += 299_999
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'hit', isStale: false })
    clock.nowMs += 1
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'hit', isStale: true, ageMs: 300_000 })
    clock.nowMs += 60_000
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'miss' })
  })

  test.each([
    ['its caller said how long', plainRequest({ cache: { read: true, write: true, force: false, ttlMs: 1000 } }), 1000],
    ['it ages by the minute', plainRequest({ messages: [says('What is the weather now?')] }), 60_000],
  ])('is not given where %s', async (_what, request, lifeMs) => {
    const { cache, clock, answer } = setUp(stale)
    await answer(request)
    clock.nowMs += lifeMs
    expect(await cache.look(request, ada)).toMatchObject({ state: 'miss' })
  })

  test('lives by its task, and is not kept where that has no life', async () => {
    const { cache, clock, answer } = setUp({ settings: { taskTtlMs: { qa: 3_600_000, code: 0 } } })
    await answer(plainRequest())
    const code = answerOf({ task: { task: 'code', confidence: 1, signals: [] } })
    expect(await answer(plainRequest({ seed: 1 }), code)).toEqual({ kept: false, reason: 'not_wanted' })
    clock.nowMs += 3_599_999
    expect(await cache.look(plainRequest(), ada)).toMatchObject({ state: 'hit' })
  })
})
