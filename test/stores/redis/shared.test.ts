import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CacheEntry, EntryChange } from '../../../src/contract/store.ts'
import { createEntries } from '../../../src/stores/memory/entries.ts'
import { answerOf } from '../../cache/answer-of.ts'
import { entryOf } from '../../cache/entry-of.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { programsOf } from '../../support/server.ts'
import { startWire } from '../../support/wire.ts'
import { openAnswersAt } from './open.ts'

const runFile = promisify(execFile)
const hourMs = 3_600_000
const backAgain = 'Redis is back, and answers are shared by all instances again'

/** An entry of now, that lives for an hour. */
const freshOf = (said: Parameters<typeof entryOf>[0]): CacheEntry => {
  const nowMs = Date.now()
  return entryOf({ createdAtMs: nowMs, expiresAtMs: nowMs + hourMs, ...said })
}

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  let opened = 0
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const urlOf = (port = server.port): string => {
    opened += 1
    return `redis://127.0.0.1:${port}?timeout=10000&prefix=shared${opened}:`
  }
  const cli = async (...words: string[]): Promise<string> => {
    const program = path.join(programsOf('redis'), 'redis-cli')
    return (await runFile(program, ['-p', `${server.port}`, ...words])).stdout.trim()
  }
  const keysOf = async (url: string): Promise<string[]> =>
    (await cli('--raw', 'KEYS', `${new URL(url).searchParams.get('prefix')}*`)).split('\n').filter((key) => key !== '')

  test('what one instance remembers is an exact and a canonical hit on the others, and theirs from then on', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url })
    await using other = await openAnswersAt({ url })
    const told: EntryChange[] = []
    other.entries.follow((change) => told.push(change))
    const near = { partition: 'p', text: 'Who?', vector: Float32Array.of(1, 0) }
    const bytes = { type: 'bytes', bytes: Uint8Array.of(0, 255), goesOn: false } as const
    const entry = freshOf({ key: 'a', canonicalKey: 'c', near, answer: { ...answerOf(), events: [bytes] } })
    await one.entries.set(entry)
    expect(await other.entries.find('a')).toEqual(entry)
    expect(await other.entries.findCanonical('c')).toEqual(entry)
    expect(await other.entries.read([entry.id])).toEqual([entry])
    expect(await other.local.find('a')).toEqual(entry)
    expect(told).toEqual([{ kind: 'added', id: entry.id, near }])
    expect(other.counts).toMatchObject({ hits: 1, misses: 0, failedLooks: 0 })
  })

  test('what is removed on one is gone on the others at their next look, what they hold themselves too', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url })
    await using other = await openAnswersAt({ url })
    const entries = ['a', 'b', 'c'].map((key) => freshOf({ key, tags: [`doc:${key}`], scope: `of ${key}` }))
    for (const entry of entries) await one.entries.set(entry)
    for (const { key } of entries) expect(await other.entries.find(key)).not.toBeNull()
    expect(await one.entries.remove({ scope: null, ids: ['ent_a'], dryRun: true })).toBe(1)
    expect(await one.entries.remove({ scope: null, ids: ['ent_a'], dryRun: false })).toBe(1)
    expect(await one.entries.remove({ scope: 'of b', tag: 'doc:b', dryRun: false })).toBe(1)
    expect(await other.entries.find('a')).toBeNull()
    expect(await other.entries.read(['ent_b', 'ent_c'])).toMatchObject([{ key: 'c' }])
    // Who comes later finds neither.
    await using late = await openAnswersAt({ url })
    expect(await Promise.all(['a', 'b'].map(late.entries.find))).toEqual([null, null])
    expect(await late.entries.remove({ scope: null, dryRun: false })).toBe(1)
    expect(await other.entries.find('c')).toBeNull()
  })

  test('an answer that was removed does not come back with an instance that had not heard of it', async () => {
    const url = urlOf()
    await using wire = await startWire(server.port)
    const told: string[] = []
    await using cut = await openAnswersAt({ url: url.replace(`${server.port}`, `${wire.port}`), told })
    await using other = await openAnswersAt({ url })
    await cut.entries.set(freshOf({ key: 'a' }))
    wire.cut()
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1)
    expect(await other.entries.remove({ scope: null, ids: ['ent_a'], dryRun: false })).toBe(1)
    // By itself it knows no better.
    expect(await cut.entries.find('a')).not.toBeNull()
    wire.mend()
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe(backAgain)
    expect(await cut.entries.find('a')).toBeNull()
    expect(await cut.local.find('a')).toBeNull()
  }, 60_000)

  test('an epoch that is advanced on one holds on the others, and where Redis forgets it, those who know it tell', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url })
    await using other = await openAnswersAt({ url })
    await one.entries.advance('ada')
    await one.entries.advance(null)
    await one.entries.advance(null)
    expect(await Promise.all([null, 'ada', 'bob'].map(other.entries.epoch))).toEqual([2, 1, 0])
    await cli('DEL', ...(await keysOf(url)))
    await using late = await openAnswersAt({ url })
    expect(await Promise.all([null, 'ada'].map(other.entries.epoch))).toEqual([2, 1])
    expect(await Promise.all([null, 'ada'].map(late.entries.epoch))).toEqual([2, 1])
  })

  test('an entry that feedback has changed is the changed one everywhere', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url })
    await using other = await openAnswersAt({ url })
    const near = { partition: 'p', text: 'Who?', vector: Float32Array.of(1, 0) }
    await one.entries.set(freshOf({ key: 'a', near }))
    expect(await other.entries.read(['ent_a'])).toHaveLength(1)
    const banned = freshOf({ key: 'a', near, tags: ['ban:q'] })
    await one.entries.set(banned)
    expect(await other.entries.read(['ent_a'])).toEqual([banned])
    expect(await one.entries.read(['ent_a'])).toEqual([banned])
  })

  test('a stale answer gives way to the one that another instance has made anew', async () => {
    const url = urlOf()
    let nowMs = Date.now()
    const clock = { now: () => nowMs }
    await using one = await openAnswersAt({ url, clock })
    await using other = await openAnswersAt({ url, clock })
    const old = { ...freshOf({ key: 'a' }), expiresAtMs: nowMs + 1_000 }
    await one.entries.set(old)
    expect(await other.entries.find('a')).toEqual(old)
    nowMs += 2_000
    expect(await other.entries.find('a')).toEqual(old)
    const renewed = { ...old, id: 'ent_new', createdAtMs: nowMs, expiresAtMs: nowMs + hourMs }
    await one.entries.set(renewed)
    expect(await other.entries.find('a')).toEqual(renewed)
  })

  test('nothing in Redis can be read without CACHE_KEY, nor lives for ever, and another key finds nothing', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url })
    const near = { partition: 'bear-partition', text: 'Where is the bear?', vector: Float32Array.of(1, 0) }
    const said = {
      id: 'ent_1',
      key: 'bear-key',
      canonicalKey: 'bear-form',
      scope: 'bear-scope',
      ownerId: 'bear-owner',
      tags: ['bear-tag'],
    }
    const text = { type: 'text', choice: 0, text: 'The bear is here. '.repeat(1_000) } as const
    await one.entries.set(freshOf({ ...said, near, answer: answerOf({ events: [text] }) }))
    await one.entries.advance('bear-scope')
    await one.entries.remove({ scope: 'bear-scope', tag: 'bear-other', dryRun: false })
    await one.leases.acquire('bear-key', 60_000)
    const keys = await keysOf(url)
    expect(keys.length).toBeGreaterThan(6)
    let dump = keys.join('\n')
    for (const key of keys) {
      expect(Number(await cli('PTTL', key)), key).toBeGreaterThan(0)
      dump += await cli('DUMP', key)
      expect(Number(await cli('MEMORY', 'USAGE', key)), key).toBeLessThan(5_000)
    }
    expect(dump).not.toContain('bear')
    await using stranger = await openAnswersAt({ url, keyByte: 2 })
    expect(await stranger.entries.find('bear-key')).toBeNull()
    expect(await stranger.entries.remove({ scope: null, dryRun: false })).toBe(0)
    expect(await one.entries.find('bear-key')).not.toBeNull()
  })

  test('what Redis holds was not put under another entry there', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url })
    await one.entries.set(freshOf({ key: 'a' }))
    const [entry] = (await keysOf(url)).filter((key) => /:e:/.test(key))
    await one.entries.set(freshOf({ key: 'b' }))
    const [other] = (await keysOf(url)).filter((key) => /:e:/.test(key) && key !== entry)
    await cli('COPY', entry ?? '', other ?? '', 'REPLACE')
    await using reader = await openAnswersAt({ url })
    expect(await reader.entries.find('a')).not.toBeNull()
    expect(await reader.entries.find('b')).toBeNull()
  })

  test('takes no more of Redis than its bound, whatever is put there', async () => {
    const url = urlOf()
    await using one = await openAnswersAt({ url, maxBytes: 16 * 4_000, localMaxBytes: 1_000 })
    const shares = (): Promise<string[]> => keysOf(url).then((keys) => keys.filter((key) => key.endsWith(':bytes')))
    for (let index = 0; index < 300; index += 1) await one.entries.set(freshOf({ key: `${index}` }))
    const sums = await Promise.all((await shares()).map(async (key) => Number(await cli('GET', key))))
    expect(sums).toHaveLength(16)
    for (const sum of sums) {
      expect(sum).toBeLessThanOrEqual(4_000)
      expect(sum).toBeGreaterThan(2_000)
    }
    const entries = (await keysOf(url)).filter((key) => /:e:/.test(key))
    expect(entries.length).toBeLessThan(100)
    // The last one is there.
    await using other = await openAnswersAt({ url })
    expect(await other.entries.find('299')).not.toBeNull()
    const large = freshOf({
      key: 'large',
      answer: answerOf({ events: [{ type: 'text', choice: 0, text: noise(8_000) }] }),
    })
    await one.entries.set(large)
    expect(one.counts).toMatchObject({ kept: 300, declined: 1 })
    expect(await other.entries.find('large')).toBeNull()
    expect(await other.entries.remove({ scope: null, dryRun: true })).toBe(entries.length)
  }, 60_000)

  test('without Redis each goes on with what it has, gives Redis the last of what it kept when it is back, and says that removing is not done', async () => {
    await using wire = await startWire(server.port)
    const told: string[] = []
    const url = urlOf(wire.port)
    await using one = await openAnswersAt({ url, told })
    await one.entries.set(freshOf({ key: 'a' }))
    wire.cut()
    await expect.poll(() => told, { timeout: 10_000 }).toEqual([expect.stringContaining('answers from its own memory')])
    expect(one.isAway()).toBe(true)
    expect(await one.entries.find('a')).not.toBeNull()
    await one.entries.set(freshOf({ key: 'b' }))
    expect(await one.entries.find('b')).not.toBeNull()
    expect(one.counts).toMatchObject({ kept: 1, lost: 0 })
    for (let index = 0; index < 102; index += 1)
      await one.entries.set(freshOf({ key: `more ${index}`, id: `ent_${index}` }))
    expect(one.counts).toMatchObject({ kept: 1, lost: 3 })
    expect(await one.leases.acquire('a', 1_000)).toEqual({ state: 'unknown', isNew: false })
    const removed = one.entries.remove({ scope: null, ids: ['ent_a'], dryRun: false })
    await expect(removed).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('Redis'),
    })
    expect(await one.entries.find('a')).toBeNull()
    await expect(one.entries.advance('ada')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await one.entries.epoch('ada')).toBe(1)
    wire.mend()
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe(backAgain)
    expect(await one.entries.epoch('ada')).toBe(1)
    // What was made last is there for all.
    expect(one.counts).toMatchObject({ kept: 101, lost: 3 })
    await using other = await openAnswersAt({ url: url.replace(`${wire.port}`, `${server.port}`) })
    expect(await other.entries.find('b')).toBeNull()
    expect(await other.entries.find('more 101')).not.toBeNull()
  }, 60_000)

  test('what feedback changes while Redis is away is changed everywhere once it is back', async () => {
    const url = urlOf()
    await using wire = await startWire(server.port)
    const told: string[] = []
    await using cut = await openAnswersAt({ url: url.replace(`${server.port}`, `${wire.port}`), told })
    await using other = await openAnswersAt({ url })
    for (const key of ['a', 'gone']) await cut.entries.set(freshOf({ key }))
    expect(await other.entries.read(['ent_a', 'ent_gone'])).toHaveLength(2)
    wire.cut()
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1)
    for (const key of ['a', 'gone']) await cut.entries.set(freshOf({ key, tags: ['ban:q'] }))
    await other.entries.remove({ scope: null, ids: ['ent_gone'], dryRun: false })
    wire.mend()
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe(backAgain)
    expect(await other.entries.find('a')).toMatchObject({ tags: ['ban:q'] })
    expect(await other.entries.find('gone')).toBeNull()
    expect(await cut.entries.find('gone')).toBeNull()
  }, 60_000)

  test('a Redis that says nothing any more holds no look up', async () => {
    await using wire = await startWire(server.port)
    const told: string[] = []
    await using one = await openAnswersAt({ url: urlOf(wire.port).replace('timeout=10000', 'timeout=100'), told })
    await one.entries.set(freshOf({ key: 'a' }))
    wire.stall()
    for (let look = 0; look < 50; look += 1)
      expect(await one.entries.find(look % 2 ? 'a' : 'none')).toEqual(look % 2 ? expect.anything() : null)
    // One answer is waited for, and no second one.
    expect(one.counts.failedLooks).toBe(1)
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1)
    wire.mend()
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe(backAgain)
  }, 60_000)

  test('where Redis comes back empty nothing that was removed comes back with it', async () => {
    await using own = await startRedis()
    const told: string[] = []
    const url = `${own.url}?timeout=10000&prefix=empty:`
    await using one = await openAnswersAt({ url, told })
    await using other = await openAnswersAt({
      url,
      local: createEntries({ maxBytes: 0, clock: { now: () => Date.now() } }),
    })
    await one.entries.set(freshOf({ key: 'a' }))
    await one.entries.set(freshOf({ key: 'b' }))
    await one.entries.remove({ scope: null, ids: ['ent_a'], dryRun: false })
    await own.restart()
    await expect.poll(() => told.at(-1), { timeout: 20_000 }).toBe(backAgain)
    expect(await one.entries.find('a')).toBeNull()
    expect(await one.entries.find('b')).not.toBeNull()
    await one.entries.set(freshOf({ key: 'c' }))
    await expect.poll(() => other.entries.find('c'), { timeout: 20_000 }).not.toBeNull()
    expect(await other.entries.find('a')).toBeNull()
  }, 60_000)
})

/** Text that does not compress. */
const noise = (length: number): string =>
  Array.from({ length }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7_919) % 20_000))).join('')
