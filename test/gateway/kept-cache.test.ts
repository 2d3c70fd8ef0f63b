import { setImmediate as nextTick } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createApp } from '../../src/app.ts'
import { openServingStores } from '../../src/open-parts.ts'
import { createSecret } from '../../src/config/secrets.ts'
import type { Config } from '../../src/config/config.ts'
import { parseUsd } from '../../src/contract/money.ts'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { createGate } from '../support/gate.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { sse } from '../support/upstream.ts'
import { cacheKey } from '../stores/sqlite/cache-folder.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const clock = { now: () => Date.now() }

const keptIn =
  (dataDir: string) =>
  (config: Config): Config => ({
    ...config,
    dataDir,
    cacheKeys: { current: createSecret(cacheKey(1)), previous: null },
  })

/** A gateway in front of the test's upstream, with its remembered answers in a folder. */
const open = async (dataDir: string, upstream: { config: Config }) => {
  const config = keptIn(dataDir)(upstream.config)
  const stores = await openServingStores(config, clock, silent)
  return createApp(config, { fd: 2, isTerminal: false }, { stores })
}

test('an answer is remembered over a restart, by all who share it', async () => {
  using folder = temporaryFolder()
  await using it = await startApp()
  {
    await using first = await open(folder.path, it)
    await hear(first.gateway.complete(ask('What is TCP?'), context()))
  }
  await using second = await open(folder.path, it)
  const { events } = await hear(second.gateway.complete(ask('What is TCP?'), context()))
  expect(events.at(-1)).toMatchObject({ type: 'end', receipt: { cache: 'exact', costNanoUsd: 0n } })
  expect(it.upstream.requests).toHaveLength(1)
})

test('without a key nothing of it is on disk, and it is said once', async () => {
  using folder = temporaryFolder()
  await using it = await startApp()
  const said: string[] = []
  const logger = { ...silent, info: (_fields: object, message: string) => void said.push(message) }
  const config = { ...it.config, dataDir: folder.path, cacheKeys: null }
  await using stores = await openServingStores(config, clock, logger)
  expect(said).toEqual([expect.stringContaining('CACHE_KEY would seal and keep them')])
  expect(await stores.entries.stats(null)).toMatchObject({ entries: 0, maxBytes: config.cache.maxBytes })
})

describe('a thousand identical requests at once', () => {
  const chunk = (content: string, finish: string | null = null): string =>
    sse({
      id: 'x',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'gpt-6-luna',
      choices: [{ index: 0, delta: { content }, finish_reason: finish }],
    })

  test('make one call though the first leaves, and one answer on disk', async () => {
    using folder = temporaryFolder()
    await using it = await startApp()
    await using app = await open(folder.path, it)
    const gate = createGate()
    it.upstream.script([{ body: [chunk('one '), gate, chunk('two', 'stop'), sse('[DONE]')] }])
    const leaving = new AbortController()
    const leader = hear(app.gateway.complete(ask('count', { max_tokens: 4096 }), context({ signal: leaving.signal })))
    await nextTick()
    const followers = Array.from({ length: 999 }, () =>
      hear(app.gateway.complete(ask('count', { max_tokens: 4096 }), context())),
    )
    await it.upstream.waitForRequest()
    leaving.abort()
    expect((await leader).error?.code).toBe('caller_left')
    gate.open()
    const heard = await Promise.all(followers)
    expect(heard.every(({ text, error }) => text === 'one two' && error === null)).toBe(true)
    expect(it.upstream.requests).toHaveLength(1)
    expect(await app.stores.entries.stats(null)).toMatchObject({ entries: 1 })
  })
})

describe('the cache over HTTP', () => {
  /** What the tests read of a reply, whichever it is. */
  const said = z.looseObject({
    error: z.looseObject({ param: z.string() }).optional(),
    gateway: z.looseObject({ cache: z.string() }).optional(),
    curated: z.array(z.string()).optional(),
    hits: z.number().optional(),
    saved_usd: z.string().optional(),
    by_task: z.record(z.string(), z.looseObject({ saved_usd: z.string() })).default({}),
    rows: z.array(z.looseObject({ group: z.string(), requests: z.number(), saved_usd: z.string() })).default([]),
  })
  const get = async (url: string, init?: RequestInit): Promise<z.output<typeof said>> =>
    said.parse(await (await fetch(url, init)).json())
  const order = (url: string, body: object) =>
    get(`${url}/api/cache`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const chat = (url: string, content: string, more: object = {}) =>
    get(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content }], ...more }),
    })

  test('what it saved is what the ledger says, by hits and in dollars', async () => {
    await using it = await startApp()
    for (const text of ['What is TCP?', 'What is TCP?', 'What is UDP?', 'What is TCP?', 'What is UDP?'])
      await chat(it.url, text)
    await chat(it.url, 'What is TCP?', { use_cache: false })
    const cache = await get(`${it.url}/api/cache?scope=all`)
    const usage = await get(`${it.url}/api/usage?group_by=cache`)
    const rows = usage.rows.filter(({ group }) => group === 'exact')
    expect(rows).toHaveLength(1)
    expect(cache).toMatchObject({ hits: 3, misses: 2, kept: 2, entries: 2, bypasses: { declined: 1 } })
    expect(cache.saved_usd).toBe(rows[0]?.saved_usd)
    expect(cache.hits).toBe(rows[0]?.requests)
    const byTask = Object.values(cache.by_task).map(({ saved_usd }) => parseUsd(saved_usd))
    expect(byTask.reduce((sum, amount) => sum + amount, 0n)).toBe(parseUsd(cache.saved_usd ?? ''))
  })

  test('forgets by a caller’s own tag, counting first, and never sends the tag on', async () => {
    await using it = await startApp()
    await chat(it.url, 'What is TCP?', { cache_tags: ['doc:7'] })
    await chat(it.url, 'What is UDP?')
    expect(JSON.stringify(it.upstream.requests.map(({ body }) => body))).not.toContain('doc:7')
    expect(await order(it.url, { action: 'invalidate', tag: 'doc:7' })).toMatchObject({ cleared: 1, entries: 2 })
    expect(await order(it.url, { action: 'invalidate', tag: 'doc:7', dry_run: false })).toMatchObject({
      cleared: 1,
      entries: 1,
    })
    expect(await order(it.url, { action: 'invalidate', epoch: true, dry_run: false })).toMatchObject({ cleared: 1 })
    expect((await chat(it.url, 'What is UDP?')).gateway?.cache).toBe('miss')
  })

  test('refuses tags that are too long or too many, and orders that it does not know', async () => {
    await using it = await startApp()
    const tooMany = Array.from({ length: 17 }, (_, index) => `${index}`)
    expect((await chat(it.url, 'hi', { cache_tags: tooMany })).error?.param).toBe('cache_tags')
    expect((await chat(it.url, 'hi', { cache_tags: ['x'.repeat(65)] })).error?.param).toBe('cache_tags[0]')
    expect((await order(it.url, { action: 'forget' })).error?.param).toBe('action')
    expect((await order(it.url, { action: 'clear', tags: 'x' })).error?.param).toBe('tags')
    expect((await fetch(`${it.url}/api/cache`, { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, POST')
  })

  test('gives a curated answer to another, and says so in the answer', async () => {
    const kept: string[] = []
    await using it = await startApp()
    const { entries } = it.app.stores
    const remember = entries.set
    entries.set = async (entry) => {
      kept.push(entry.id)
      await remember(entry)
    }
    const ada = { id: 'k1', name: 'Ada', scope: 'use' } as const
    await chat(it.url, 'What is TCP?')
    const done = await order(it.url, { action: 'curate', ids: [kept[0]] })
    expect(done).toMatchObject({ cleared: null, curated: [expect.stringMatching(/^ent_/)] })
    const before = it.upstream.requests.length
    const heard = await hear(it.app.gateway.complete(ask('What is TCP?'), context({ caller: ada, incremental: false })))
    expect(heard.events.at(-1)).toMatchObject({ receipt: { cache: 'exact', cacheReason: 'curated' } })
    expect(it.upstream.requests).toHaveLength(before)
    await order(it.url, { action: 'uncurate', ids: done.curated })
    await hear(it.app.gateway.complete(ask('What is TCP?'), context({ caller: ada })))
    expect(it.upstream.requests).toHaveLength(before + 1)
  })
})
