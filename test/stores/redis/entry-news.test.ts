import { createHash, randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inMemory } from '../../../src/contract/store.ts'
import type { CacheEntry } from '../../../src/contract/store.ts'
import { shareEntries } from '../../../src/stores/entries/shared-entries.ts'
import { createEntries } from '../../../src/stores/memory/entries.ts'
import { openNote } from '../../../src/stores/note.ts'
import { openEntryNews } from '../../../src/stores/redis/entry-news.ts'
import { answerOf } from '../../cache/answer-of.ts'
import { entryOf } from '../../cache/entry-of.ts'
import { describeEntries } from '../../conformance/store.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startWire } from '../../support/wire.ts'
import { openFolder, vaultOf } from '../sqlite/cache-folder.ts'
import { settingsOf } from './open.ts'

const poll = { timeout: 20_000 }
const clock = { now: () => Date.now() }
const dayMs = 86_400_000

interface Instance {
  url: string
  dataDir?: string
  key?: number
  maxNewsBytes?: number
  maxBytes?: number
  said?: string[]
}

/** An instance's own entries, which tell of themselves and hear of others'. */
const open = async ({ url, dataDir = inMemory, key = 1, maxNewsBytes = 1e7, maxBytes = 1e6, said = [] }: Instance) => {
  const notice = (message: string): void => void said.push(message)
  const logger = { warn: (_fields: object, message: string) => notice(message) }
  const vault = await vaultOf(key)
  await using opened = new AsyncDisposableStack()
  const onDisk = dataDir === inMemory ? null : (await openFolder({ dataDir, vault, maxBytes, clock, notice })).entries
  if (onDisk) opened.use(onDisk)
  const place = onDisk && opened.use(openNote(path.join(dataDir, 'entry-news.json')))
  const local = onDisk ?? createEntries({ maxBytes, clock })
  const news = openEntryNews({ redis: settingsOf(url), vault, maxBytes: maxNewsBytes, place, clock, logger })
  const entries = opened.use(shareEntries({ entries: local, news, clock, logger }))
  const owned = opened.move()
  return { entries, facts: news.facts, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
type Opened = Awaited<ReturnType<typeof open>>

/** Asked a while ago, and good for a day. */
const nearEntry = (key: string, said: Partial<CacheEntry> = {}): CacheEntry =>
  entryOf({
    key,
    createdAtMs: Date.now() - 60_000,
    expiresAtMs: Date.now() + dayMs,
    near: { partition: 'p', text: `What is ${key}?`, vector: Float32Array.of(0.6, 0, 0, -0.8) },
    answer: answerOf({ events: [{ type: 'text', choice: 0, text: `It is ${key}.` }] }),
    ...said,
  })

const idsOf = async ({ entries }: Opened): Promise<string[]> => (await entries.questionIds()).toSorted()

const factsOf = ({ facts }: Opened) => facts()

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  let opened = 0
  const urlOf = (port = server.port): string => {
    opened += 1
    return `redis://127.0.0.1:${port}?prefix=entries${opened}:`
  }
  const again = (port: number): string => `redis://127.0.0.1:${port}?prefix=entries${opened}:`

  describeEntries('told', async ({ maxBytes, clock: said }) => {
    const news = openEntryNews({
      redis: settingsOf(urlOf()),
      vault: await vaultOf(1),
      maxBytes: 1e6,
      place: null,
      clock: said,
      logger: { warn: () => undefined },
    })
    const shared = shareEntries({
      entries: createEntries({ maxBytes, clock: said }),
      news,
      clock: said,
      logger: { warn: () => undefined },
    })
    return { port: shared, [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose]() }
  })

  test('what one remembers the others have, whole, and who starts later has it too', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    const entry = nearEntry('tcp', { canonicalKey: 'tcp?', tags: ['doc:1'] })
    await a.entries.set(entry)
    await a.entries.set(nearEntry('exact only', { near: null }))
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_tcp'])
    const [copy] = await b.entries.read(['ent_tcp'])
    const { near, ...rest } = entry
    expect(copy).toMatchObject(rest)
    expect(copy?.near).toMatchObject({ partition: near?.partition, text: near?.text })
    const cosine = copy?.near?.vector.reduce((sum, value, at) => sum + value * (near?.vector[at] ?? 0), 0)
    expect(cosine).toBeGreaterThan(0.9999)
    expect(await b.entries.find('exact only')).toBeNull()
    await using late = await open({ url })
    await expect.poll(() => idsOf(late), poll).toEqual(['ent_tcp'])
    expect(factsOf(late)).toMatchObject({ isCaughtUp: true, lagMs: 0, dropped: 0, skipped: 0 })
  }, 60_000)

  test('nothing of it can be read in Redis, and an instance with another key passes over it, and says so once', async () => {
    const url = urlOf()
    const said: string[] = []
    await using a = await open({ url })
    await using foreign = await open({ url, key: 2, said })
    await using b = await open({ url })
    await a.entries.set(nearEntry('secret-word'))
    await a.entries.set(nearEntry('other-word'))
    await a.entries.remove({ scope: 'scope-word', tag: 'tag-word', dryRun: false })
    await expect.poll(() => idsOf(b), poll).toHaveLength(2)
    await expect.poll(() => factsOf(foreign)?.skipped, poll).toBe(3)
    expect(await idsOf(foreign)).toEqual([])
    expect(said.filter((line) => line.includes('another CACHE_KEY'))).toHaveLength(1)

    const raw = new Redis(server.port)
    const bytes = await raw.xrangeBuffer(`entries${opened}:news:entries`, '-', '+')
    raw.disconnect()
    const all = Buffer.concat(bytes.flatMap(([, fields]) => fields)).toString('latin1')
    expect(bytes).toHaveLength(3)
    expect(all).not.toMatch(/word|What is|key_ada|gpt-6/)
  }, 60_000)

  test('what is removed by id, tag or scope goes everywhere, and comes back nowhere', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    for (const key of ['a', 'b', 'c', 'd', 'e'])
      await a.entries.set(
        nearEntry(key, { tags: key === 'b' ? ['doc:1'] : [], scope: key === 'c' ? 'key_bob' : 'key_ada' }),
      )
    await expect.poll(() => idsOf(b), poll).toHaveLength(5)
    await b.entries.remove({ scope: 'key_ada', ids: ['ent_a'], dryRun: false })
    await a.entries.remove({ scope: null, tag: 'doc:1', dryRun: false })
    await a.entries.remove({ scope: 'key_bob', dryRun: false })
    await a.entries.remove({ scope: null, ids: ['ent_d'], dryRun: true })
    for (const one of [a, b]) await expect.poll(() => idsOf(one), poll).toEqual(['ent_d', 'ent_e'])
    await using late = await open({ url })
    await expect.poll(() => idsOf(late), poll).toEqual(['ent_d', 'ent_e'])
    // A copy that was on its way for long.
    await a.entries.set(nearEntry('c', { id: 'ent_c2', scope: 'key_bob' }))
    await a.entries.set(nearEntry('f'))
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_d', 'ent_e', 'ent_f'])
  }, 60_000)

  test('an entry that comes behind its own removal is not taken in', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    await b.entries.remove({ scope: null, ids: ['ent_a'], dryRun: false })
    await expect.poll(() => factsOf(a)?.heard, poll).toBe(1)
    await a.entries.set(nearEntry('a'))
    await a.entries.set(nearEntry('b'))
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_b'])
  }, 60_000)

  test('the epochs are the same everywhere, whoever advances them, and for who starts later', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    await Promise.all([a.entries.advance('ada'), b.entries.advance('ada'), b.entries.advance(null)])
    await expect
      .poll(async () => new Set([await a.entries.epoch('ada'), await b.entries.epoch('ada')]).size, poll)
      .toBe(1)
    await expect.poll(() => factsOf(a)?.heard, poll).toBe(2)
    const epoch = await a.entries.epoch('ada')
    expect(await b.entries.epoch('bob')).not.toBe(epoch)
    await using late = await open({ url })
    await expect.poll(() => late.entries.epoch('ada'), poll).toBe(epoch)
  }, 60_000)

  test('for whom an answer is wrong all come to know, and one that serves nobody else any more leaves every index', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    const entry = nearEntry('a')
    await a.entries.set(entry)
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_a'])
    // At the same moment, of two questions.
    await Promise.all([a.entries.set({ ...entry, tags: ['not:one'] }), b.entries.set({ ...entry, tags: ['not:two'] })])
    const tagsOf = async ({ entries }: Opened) => (await entries.read(['ent_a']))[0]?.tags.toSorted()
    for (const one of [a, b]) await expect.poll(() => tagsOf(one), poll).toEqual(['not:one', 'not:two'])
    await b.entries.set({ ...entry, tags: ['not:one', 'not:two', 'not:three'], near: null })
    for (const one of [a, b]) await expect.poll(() => idsOf(one), poll).toEqual([])
  }, 60_000)

  test('two answers to one question end as one and the same on all', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    const madeAtMs = Date.now() - 5_000
    await Promise.all([
      a.entries.set(nearEntry('q', { id: 'ent_of_a', createdAtMs: madeAtMs })),
      b.entries.set(nearEntry('q', { id: 'ent_of_b', createdAtMs: madeAtMs + 1 })),
    ])
    await expect.poll(() => idsOf(a), poll).toEqual(['ent_of_b'])
    await expect.poll(() => factsOf(b)?.heard, poll).toBe(1)
    expect(await idsOf(b)).toEqual(['ent_of_b'])
  }, 60_000)

  test('whatever happens in whatever order, what was removed is nowhere, and all agree on the rest', async () => {
    const act = fc.record({
      who: fc.nat(1),
      key: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('set', 'set', 'set', 'remove', 'ban'),
      pauseMs: fc.constantFrom(0, 0, 0, 3),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const url = urlOf()
        await using a = await open({ url })
        await using b = await open({ url })
        const removed = new Set<string>()
        const disturbed = new Set<string>()
        let made = 0
        for (const { who, key, what, pauseMs } of acts) {
          if (pauseMs > 0) await pause(pauseMs)
          const { entries } = who === 0 ? a : b
          const known = await entries.find(key)
          made += 1
          if (what === 'set' && !known)
            await entries.set(nearEntry(key, { id: `ent_${key}${made}`, createdAtMs: Date.now() + made }))
          if (what === 'ban' && known) await entries.set({ ...known, tags: [...known.tags, `not:${made}`] })
          if (what === 'remove' && known) {
            await entries.remove({ scope: null, ids: [known.id], dryRun: false })
            removed.add(known.id)
            // The other may have answered it meanwhile: whether that is kept depends on who hears of what first.
            disturbed.add(key)
          }
        }
        const toldBy = (one: Opened) => factsOf(one)?.told ?? 0
        await expect.poll(() => [factsOf(a)?.waiting, factsOf(b)?.waiting], poll).toEqual([0, 0])
        await expect.poll(() => [factsOf(a)?.heard, factsOf(b)?.heard], poll).toEqual([toldBy(b), toldBy(a)])
        const [ofA, ofB] = [await idsOf(a), await idsOf(b)]
        expect([...ofA, ...ofB].filter((id) => removed.has(id))).toEqual([])
        const calm = (ids: readonly string[]) => ids.filter((id) => !disturbed.has(id.charAt(4)))
        expect(calm(ofA)).toEqual(calm(ofB))
        for (const id of ofA.filter((one) => ofB.includes(one))) {
          const tags = await Promise.all(
            [a, b].map(async ({ entries }) => (await entries.read([id]))[0]?.tags.toSorted()),
          )
          expect(tags[0]).toEqual(tags[1])
        }
      }),
      { numRuns: 30 },
    )
  }, 120_000)

  test('what is remembered while Redis is out of reach is told when it is back, and what was removed goes', async () => {
    await using wire = await startWire(server.port)
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url: again(wire.port) })
    await a.entries.set(nearEntry('before'))
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_before'])
    wire.cut()
    await b.entries.set(nearEntry('of b'))
    await a.entries.set(nearEntry('of a'))
    await a.entries.remove({ scope: null, ids: ['ent_before'], dryRun: false })
    expect(await idsOf(b)).toEqual(['ent_before', 'ent_of b'])
    wire.mend()
    for (const one of [a, b]) await expect.poll(() => idsOf(one), poll).toEqual(['ent_of a', 'ent_of b'])
  }, 60_000)

  test('who missed removals that nobody can tell him of any more drops what he has, and begins with what is there', async () => {
    await using wire = await startWire(server.port)
    const url = urlOf()
    const said: string[] = []
    await using a = await open({ url, maxNewsBytes: 8_000 })
    await using b = await open({ url: again(wire.port), maxNewsBytes: 8_000, said })
    await a.entries.set(nearEntry('before'))
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_before'])
    wire.cut()
    await a.entries.remove({ scope: null, ids: ['ent_before'], dryRun: false })
    for (let n = 0; n < 40; n += 1)
      await a.entries.set(
        nearEntry(`n${n}`, {
          // What does not get smaller.
          answer: answerOf({
            events: [{ type: 'text', choice: 0, text: createHash('sha512').update(`${n}`).digest('hex').repeat(3) }],
          }),
        }),
      )
    await expect.poll(() => factsOf(a)?.waiting, poll).toBe(0)
    wire.mend()
    await expect.poll(() => idsOf(b), poll).toContain('ent_n39')
    expect(await idsOf(b)).not.toContain('ent_before')
    expect((await idsOf(b)).length).toBeLessThan(40)
    expect(said).toEqual(expect.arrayContaining([expect.stringContaining('without news of the others for too long')]))
  }, 60_000)

  test('an instance that keeps its answers on disk goes on where it was, and hears what was removed meanwhile', async () => {
    using folder = temporaryFolder()
    const url = urlOf()
    await using a = await open({ url })
    {
      await using b = await open({ url, dataDir: folder.path })
      await b.entries.set(nearEntry('kept'))
      await b.entries.set(nearEntry('void'))
      await expect.poll(() => idsOf(a), poll).toHaveLength(2)
      await a.entries.set(nearEntry('of a'))
      await expect.poll(() => idsOf(b), poll).toHaveLength(3)
    }
    await a.entries.remove({ scope: null, ids: ['ent_void'], dryRun: false })
    await expect.poll(() => factsOf(a)?.waiting, poll).toBe(0)
    await using b = await open({ url, dataDir: folder.path })
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_kept', 'ent_of a'])
    expect(factsOf(b)?.heard).toBe(1)
  }, 60_000)

  test('the store of each stays within its own bound, however much is told', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url, maxBytes: 1_000 })
    for (let n = 0; n < 50; n += 1) await a.entries.set(nearEntry(`n${n}`))
    await expect.poll(() => factsOf(b)?.heard, poll).toBe(50)
    expect(await a.entries.stats(null)).toMatchObject({ entries: 50 })
    expect(await b.entries.stats(null)).toMatchObject({ entries: 10, bytes: 1_000 })
  }, 60_000)

  test('what is too large for the others, or over before they hear of it, stays where it was made', async () => {
    const url = urlOf()
    await using a = await open({ url })
    await using b = await open({ url })
    const text = randomBytes(300_000).toString('hex')
    await a.entries.set(nearEntry('large', { answer: answerOf({ events: [{ type: 'text', choice: 0, text }] }) }))
    await a.entries.set(nearEntry('over', { expiresAtMs: Date.now() - 1, staleUntilMs: Date.now() - 1 }))
    await a.entries.set(nearEntry('small'))
    await expect.poll(() => idsOf(b), poll).toEqual(['ent_small'])
    expect(factsOf(a)).toMatchObject({ dropped: 1, told: 2 })
  }, 60_000)
})
