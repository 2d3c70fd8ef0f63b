import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HealthNews, News } from '../../../src/contract/news.ts'
import { openHealthNews } from '../../../src/stores/redis/health-news.ts'
import { openNews } from '../../../src/stores/redis/news.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { startWire } from '../../support/wire.ts'
import { settingsOf } from './open.ts'

const poll = { timeout: 20_000 }

/** An instance that hears texts; those that begin with `!` must arrive. */
const openAt = (url: string, maxBytes = 1_000_000) => {
  const heard: string[] = []
  const news = openNews<string>({
    redis: settingsOf(url),
    topic: 'test',
    maxBytes,
    write: async (text) => (text === 'unspeakable' ? null : Buffer.from(text)),
    read: async (text) => (text.toString() === 'gibberish' ? null : text.toString()),
    mayDrop: (text) => !text.startsWith('!'),
  })
  return { ...news, heard }
}

const following = (it: News<string> & { heard: string[] }): string[] => {
  it.follow({
    heard: (text) => {
      if (text === 'bad') throw new Error('not to be borne')
      it.heard.push(text)
    },
    missed: () => void it.heard.push('(missed)'),
  })
  return it.heard
}

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  let opened = 0
  const urlOf = (port = server.port): string => {
    opened += 1
    return `redis://127.0.0.1:${port}?prefix=news${opened}:`
  }
  const keyOf = (): string => `news${opened}:news:test`

  test('each hears the others in one order and never itself, and who comes later hears all that was said', async () => {
    const url = urlOf()
    await using a = openAt(url)
    await using b = openAt(url)
    const [ofA, ofB] = [following(a), following(b)]
    a.tell('one')
    await expect.poll(() => ofB, poll).toEqual(['one'])
    b.tell('two')
    b.tell('unspeakable')
    await expect.poll(() => ofA, poll).toEqual(['two'])
    a.tell('three')
    await using late = openAt(url)
    await expect.poll(() => following(late), poll).toEqual(['one', 'two', 'three'])
    expect(ofB).toEqual(['one', 'three'])
    await expect.poll(() => late.facts(), poll).toMatchObject({ heard: 3, isCaughtUp: true, lagMs: 0, skipped: 0 })
    expect(b.facts()).toMatchObject({ told: 1, dropped: 1, waiting: 0 })
  }, 60_000)

  test('the stream is bounded in bytes, and who missed what went is told so before he hears the rest', async () => {
    const url = urlOf()
    const maxBytes = 40_000
    await using a = openAt(url, maxBytes)
    const said = Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(n % 7 === 0 ? 3_000 : 200)}`)
    for (const text of said) a.tell(text)
    await expect.poll(() => a.facts(), poll).toMatchObject({ told: 300, waiting: 0 })
    await using late = openAt(url)
    const heard = following(late)
    await expect.poll(() => heard.at(-1), poll).toBe(said.at(-1))
    expect(heard[0]).toBe('(missed)')
    const rest = heard.slice(1)
    expect(rest).toEqual(said.slice(-rest.length))
    const bytes = rest.reduce((sum, text) => sum + text.length + 100, 0)
    expect(bytes).toBeLessThanOrEqual(maxBytes + 3_200)
    expect(bytes).toBeGreaterThan(maxBytes - 3_200)
  }, 60_000)

  test('who was cut off goes on where he was, and what was told meanwhile arrives: nothing twice, nothing missing', async () => {
    await using wire = await startWire(server.port)
    const direct = urlOf()
    await using a = openAt(direct)
    await using b = openAt(`redis://127.0.0.1:${wire.port}?prefix=news${opened}:`)
    const [ofA, ofB] = [following(a), following(b)]
    a.tell('before')
    await expect.poll(() => ofB, poll).toEqual(['before'])
    wire.cut()
    await expect.poll(() => b.facts().isCaughtUp, poll).toBe(false)
    a.tell('while b was away')
    b.tell('while b could not speak')
    expect(b.facts()).toMatchObject({ waiting: 1 })
    await expect.poll(() => b.facts().lagMs, poll).toBeGreaterThan(0)
    wire.mend()
    await expect.poll(() => ofB, poll).toEqual(['before', 'while b was away'])
    await expect.poll(() => ofA, poll).toEqual(['while b could not speak'])
    await expect.poll(() => b.facts(), poll).toMatchObject({ isCaughtUp: true, waiting: 0 })
  }, 60_000)

  test('a line that says nothing any more is given up for another', async () => {
    await using wire = await startWire(server.port)
    const direct = urlOf()
    await using a = openAt(direct)
    await using b = openAt(`redis://127.0.0.1:${wire.port}?prefix=news${opened}:`)
    const ofA = following(a)
    await expect.poll(() => wire.connections(), poll).toBe(1)
    wire.stall()
    b.tell('heard late')
    await expect.poll(() => b.facts().waiting, poll).toBe(1)
    wire.mend()
    await expect.poll(() => ofA.at(-1), poll).toBe('heard late')
  }, 60_000)

  test('a server that comes back empty is told again what must be known, and is heard from then on', async () => {
    await using own = await startRedis()
    const url = `${own.url}?prefix=lost:`
    await using a = openAt(url)
    await using b = openAt(url)
    const [ofA, ofB] = [following(a), following(b)]
    a.tell('!removed')
    a.tell('remembered')
    await expect.poll(() => ofB, poll).toEqual(['!removed', 'remembered'])
    await own.restart()
    b.tell('new')
    await expect.poll(() => ofA, poll).toContain('new')
    await using late = openAt(url)
    const ofLate = following(late)
    await expect.poll(() => ofLate, poll).toContain('!removed')
    expect(ofLate).not.toContain('remembered')
    expect([...ofA, ...ofB, ...ofLate]).not.toContain('(missed)')
  }, 60_000)

  test('who was away while more was said than the stream keeps is told that he missed some', async () => {
    await using wire = await startWire(server.port)
    const direct = urlOf()
    await using a = openAt(direct, 3_000)
    await using b = openAt(`redis://127.0.0.1:${wire.port}?prefix=news${opened}:`)
    const ofB = following(b)
    a.tell('before')
    await expect.poll(() => ofB, poll).toEqual(['before'])
    wire.cut()
    for (let n = 0; n < 100; n += 1) a.tell(`${n} ${'x'.repeat(100)}`)
    await expect.poll(() => a.facts().waiting, poll).toBe(0)
    wire.mend()
    await expect.poll(() => ofB.at(-1), poll).toMatch(/^99 /)
    expect(ofB[1]).toBe('(missed)')
    expect(ofB.length).toBeLessThan(40)
  }, 60_000)

  test('a server that took over without the last words is heard from its beginning', async () => {
    const url = urlOf()
    await using a = openAt(url)
    await using b = openAt(url)
    const ofB = following(b)
    a.tell('one')
    await expect.poll(() => ofB, poll).toEqual(['one'])
    const raw = new Redis(server.port)
    const key = keyOf()
    const lastId = async (): Promise<string> => (await raw.xrevrange(key, '+', '-')).map(([id]) => id)[0] ?? ''
    const before = await lastId()
    a.tell('two')
    await expect.poll(() => ofB, poll).toEqual(['one', 'two'])
    await raw.xdel(key, await lastId())
    await raw.call('XSETID', key, before)
    raw.disconnect()
    a.tell('three')
    await expect.poll(() => ofB, poll).toEqual(['one', 'two', 'one', 'three'])
  }, 60_000)

  test('what others put there, and what is not to be borne, is passed over and counted', async () => {
    const url = urlOf()
    await using raw = Object.assign(new Redis(server.port), {
      [Symbol.asyncDispose]: async () => raw.disconnect(),
    })
    await using a = openAt(url)
    await using b = openAt(url)
    const ofB = following(b)
    const key = keyOf()
    a.tell('one')
    await expect.poll(() => ofB, poll).toEqual(['one'])
    await raw.xadd(key, '*', 'what', 'ever')
    await raw.xadd(key, '*', 'before', 'nonsense', 'bytes', 'many', 'from', 'nobody', 'text', 'gibberish')
    await raw.xadd(key, '*', 'before', '9-9', 'bytes', '-1', 'from', 'nobody', 'text', 'gibberish')
    a.tell('bad')
    a.tell('two')
    await expect.poll(() => ofB.at(-1), poll).toBe('two')
    expect(ofB).not.toContain('(missed)')
    expect(new Set(ofB)).toEqual(new Set(['one', 'two']))
    expect(b.facts().skipped).toBeGreaterThanOrEqual(4)
    // Whatever is no stream at all is left alone until somebody clears it away.
    await raw.del(key)
    await raw.set(key, 'not a stream')
    a.tell('three')
    await expect.poll(() => a.facts().waiting, poll).toBe(1)
    await raw.del(key)
    await expect.poll(() => ofB.at(-1), poll).toBe('three')
  }, 60_000)

  test('of what is said of providers only what has its shape is believed', async () => {
    const url = urlOf()
    await using one = openHealthNews(settingsOf(url))
    await using other = openHealthNews(settingsOf(url))
    const raw = new Redis(server.port)
    const key = `news${opened}:news:health`
    const say = (text: string) => raw.xadd(key, '*', 'before', '0-0', 'bytes', '1', 'from', 'x', 'text', text)
    const failed = { kind: 'failed', deployment: 'openai', untilMs: 1, reason: 'down' }
    for (const text of [
      '{',
      'null',
      '{"kind":"exploded"}',
      JSON.stringify({ ...failed, untilMs: 'soon' }),
      JSON.stringify({ ...failed, reason: 'x'.repeat(1_000) }),
      // Of a later version.
      JSON.stringify({ ...failed, since: 'then' }),
    ])
      await say(text)
    raw.disconnect()
    const heard: HealthNews[] = []
    other.follow({ heard: (news) => void heard.push(news) })
    one.tell({ kind: 'recovered', deployment: 'openai' })
    await expect.poll(() => heard.at(-1), poll).toEqual({ kind: 'recovered', deployment: 'openai' })
    expect(new Set(heard.map((news) => JSON.stringify(news))).size).toBe(2)
    expect(heard[0]).toEqual(failed)
    expect(other.facts().skipped).toBeGreaterThanOrEqual(5)
  }, 60_000)
})
