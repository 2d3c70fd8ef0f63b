import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { EntryChange } from '../../../src/contract/store.ts'
import { fenced } from '../../../src/stores/entries/fenced.ts'
import { createLeases } from '../../../src/stores/memory/leases.ts'
import { openEntries } from '../../../src/stores/sqlite/entries.ts'
import { answerOf } from '../../cache/answer-of.ts'
import { entryOf } from '../../cache/entry-of.ts'
import { describeBounds, describeEntries } from '../../conformance/store.ts'
import { describeLeases } from '../../conformance/leases.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openFolder, vaultOf } from './cache-folder.ts'

for (const hotBytes of [1_000_000, 0])
  for (const describe of [describeEntries, describeBounds])
    describe(`SQLite (${hotBytes === 0 ? 'nothing' : 'all'} held in memory)`, async ({ maxBytes, clock }) => {
      const folder = temporaryFolder()
      const opened = await openFolder({ dataDir: folder.path, maxBytes, clock, hotBytes })
      return {
        port: opened.entries,
        [Symbol.asyncDispose]: async () => {
          await opened[Symbol.asyncDispose]()
          folder[Symbol.dispose]()
        },
      }
    })

describeLeases('SQLite', async () => {
  const clock = { now: () => Date.now() }
  const folder = temporaryFolder()
  const opened = await openFolder({ dataDir: folder.path, clock })
  const leases = createLeases({ clock })
  const entries = fenced(opened.entries, leases.isNewest)
  return {
    leases,
    writer: entries,
    reader: entries,
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
})

const near = {
  partition: 'p',
  text: 'Who lives at 12 Bear Street?',
  vector: Float32Array.of(0.6, 0, 0, 0, 0, 0, 0, -0.8),
}
const secret = entryOf({
  id: 'ent_1',
  key: 'key of the bear',
  canonicalKey: 'canonical bear',
  scope: 'scope of the bear',
  ownerId: 'owner of the bear',
  tags: ['doc:bear'],
  near,
  answer: answerOf({ events: [{ type: 'text', choice: 0, text: 'The bear lives there.' }] }),
})

describe('after a restart', () => {
  test('every answer is there, with its question, its epoch and its uses', async () => {
    using folder = temporaryFolder()
    const bytes = { type: 'bytes', bytes: Uint8Array.of(1, 2, 255), goesOn: false } as const
    const vectors = { type: 'vectors', vectors: [Float32Array.of(0.25, -1)] } as const
    {
      await using it = await openFolder({ dataDir: folder.path })
      await it.entries.set(secret)
      await it.entries.set(entryOf({ key: 'raw', answer: { ...answerOf(), events: [bytes] } }))
      await it.entries.set(entryOf({ key: 'vectors', answer: { ...answerOf(), events: [vectors] } }))
      await it.entries.set(entryOf({ key: 'gone' }))
      await it.entries.remove({ scope: null, ids: ['ent_gone'], dryRun: false })
      await it.entries.advance('scope of the bear')
      await it.entries.advance(null)
    }
    await using it = await openFolder({ dataDir: folder.path })
    expect(it.notices).toEqual([])
    const found = await it.entries.find(secret.key)
    expect({ ...found, near: null }).toEqual({ ...secret, near: null })
    expect(found?.near).toMatchObject({ partition: 'p', text: near.text })
    expect((await it.entries.findCanonical('canonical bear'))?.id).toBe(secret.id)
    expect((await it.entries.find('raw'))?.answer.events).toEqual([bytes])
    expect((await it.entries.find('vectors'))?.answer.events).toEqual([vectors])
    expect(await it.entries.find('gone')).toBeNull()
    expect(await Promise.all([null, 'scope of the bear', 'another'].map(it.entries.epoch))).toEqual([1, 1, 0])
    expect(await it.entries.stats(null)).toMatchObject({ entries: 3, bytes: 300 })
  })

  test('a question is compared by the very vector that it was compared by before', async () => {
    using folder = temporaryFolder()
    const told: EntryChange[] = []
    {
      await using it = await openFolder({ dataDir: folder.path })
      it.entries.follow((change) => told.push(change))
      await it.entries.set(secret)
    }
    await using it = await openFolder({ dataDir: folder.path })
    const [question] = await it.entries.questions(await it.entries.questionIds())
    expect(told).toEqual([{ kind: 'added', ...question }])
    expect(question?.near.vector[0]).toBeCloseTo(0.6, 2)
  })

  test('what was used often stays before what was not', async () => {
    using folder = temporaryFolder()
    {
      await using it = await openFolder({ dataDir: folder.path, maxBytes: 300 })
      for (const key of ['a', 'b', 'c']) await it.entries.set(entryOf({ key }))
      for (let hit = 0; hit < 5; hit += 1) await it.entries.find('a')
    }
    await using it = await openFolder({ dataDir: folder.path, maxBytes: 300 })
    for (const key of ['d', 'e', 'f', 'g']) await it.entries.set(entryOf({ key }))
    expect(await it.entries.find('a')).not.toBeNull()
    expect(await it.entries.find('c')).toBeNull()
  })

  test('what ended meanwhile, or was made by a clock that ran ahead, is not given', async () => {
    using folder = temporaryFolder()
    const day = 86_400_000
    {
      await using it = await openFolder({ dataDir: folder.path, clock: { now: () => 10 * day } })
      const at = { createdAtMs: 10 * day, expiresAtMs: 11 * day, staleUntilMs: 11 * day }
      await it.entries.set(entryOf({ key: 'a', ...at, near }))
    }
    {
      await using back = await openFolder({ dataDir: folder.path, clock: { now: () => 10 * day - 30_000 } })
      expect(await back.entries.find('a')).not.toBeNull()
    }
    {
      await using farBack = await openFolder({ dataDir: folder.path, clock: { now: () => day } })
      expect(await farBack.entries.find('a')).toBeNull()
      await farBack.entries.set(entryOf({ key: 'b', createdAtMs: day, expiresAtMs: 2 * day, staleUntilMs: 2 * day }))
    }
    await using ahead = await openFolder({ dataDir: folder.path, clock: { now: () => 20 * day } })
    expect(await ahead.entries.find('b')).toBeNull()
    expect(await ahead.entries.stats(null)).toMatchObject({ entries: 0 })
  })
})

describe('on disk', () => {
  test('nothing of a prompt, an answer, a key, a scope or a tag is in the clear, nor the vector', async () => {
    using folder = temporaryFolder()
    {
      await using it = await openFolder({ dataDir: folder.path })
      await it.entries.set(secret)
      await it.entries.advance('scope of the bear')
      const files = readdirSync(folder.path).map((name) => readFileSync(join(folder.path, name)))
      const all = Buffer.concat(files)
      expect(all.includes(secret.id)).toBe(true)
      for (const word of ['bear', 'Bear', 'gpt-6', 'events']) expect(all.includes(word)).toBe(false)
      expect(all.includes(Buffer.from(Int8Array.of(95, 0, 0, 0, 0, 0, 0, -127).buffer))).toBe(false)
    }
  })

  test('an answer that somebody moved, changed or cut is not given, and is gone', async () => {
    using folder = temporaryFolder()
    {
      await using it = await openFolder({ dataDir: folder.path })
      for (const key of ['a', 'b', 'c', 'd']) await it.entries.set(entryOf({ key }))
    }
    {
      using stranger = new DatabaseSync(join(folder.path, 'cache.db'))
      stranger.exec(`UPDATE bodies SET body = (SELECT body FROM bodies WHERE id = 'ent_b') WHERE id = 'ent_a'`)
      stranger.exec(`UPDATE bodies SET body = substr(body, 1, 20) WHERE id = 'ent_c'`)
      stranger.exec(`UPDATE entries SET head = (SELECT head FROM entries WHERE id = 'ent_b') WHERE id = 'ent_d'`)
    }
    await using it = await openFolder({ dataDir: folder.path })
    for (const key of ['a', 'c', 'd']) expect(await it.entries.find(key)).toBeNull()
    expect(await it.entries.find('b')).not.toBeNull()
    expect(await it.entries.stats(null)).toMatchObject({ entries: 1 })
    expect(it.notices).toEqual([expect.stringContaining('1 remembered answers were sealed under another CACHE_KEY')])
  })

  test.each([
    ['is no database', (): Buffer => Buffer.from('This is no database at all, whatever its name says. '.repeat(99))],
    ['was written over in its middle', (file: Buffer): Buffer => file.fill(0x5a, 4096, file.length - 4096)],
  ])('a file that %s is set aside, and a new one begun', async (_what, spoil) => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'cache.db')
    {
      await using it = await openFolder({ dataDir: folder.path })
      await Promise.all(Array.from({ length: 200 }, (_, index) => it.entries.set(entryOf({ key: `${index}` }))))
    }
    writeFileSync(file, spoil(readFileSync(file)))
    await using it = await openFolder({ dataDir: folder.path })
    expect(it.notices).toEqual([expect.stringContaining('is damaged: it was set aside')])
    expect(readdirSync(folder.path)).toContain('cache.db.set-aside')
    expect(await it.entries.stats(null)).toMatchObject({ entries: 0 })
    await it.entries.set(entryOf({ key: 'new' }))
    expect(await it.entries.find('new')).not.toBeNull()
  })

  test('damage that is met while it runs costs what was kept, and nothing else', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'cache.db')
    {
      await using it = await openFolder({ dataDir: folder.path })
      const answer = answerOf({ events: [{ type: 'text', choice: 0, text: 'word '.repeat(5) }] })
      await Promise.all(
        Array.from({ length: 300 }, (_, index) => it.entries.set(entryOf({ key: `${index}`, answer, near }))),
      )
    }
    await using it = await openFolder({ dataDir: folder.path, hotBytes: 0 })
    expect(await it.entries.stats(null)).toMatchObject({ entries: 300 })
    const told: EntryChange[] = []
    it.entries.follow((change) => told.push(change))
    const spoiled = readFileSync(file)
    // Under the hands of the running gateway, which holds a few pages in memory.
    writeFileSync(file, spoiled.fill(0x5a, 8192))
    const found = await Promise.allSettled(Array.from({ length: 300 }, (_, index) => it.entries.find(`${index}`)))
    expect(found.some(({ status }) => status === 'rejected')).toBe(true)
    expect(it.notices).toEqual([expect.stringContaining('is damaged: it was set aside')])
    expect(told).toHaveLength(300)
    await it.entries.set(entryOf({ key: 'new' }))
    expect(await it.entries.find('new')).not.toBeNull()
    expect(await it.entries.stats(null)).toMatchObject({ entries: 1 })
  })

  test('a file of a newer gateway is set aside', async () => {
    using folder = temporaryFolder()
    {
      using newer = new DatabaseSync(join(folder.path, 'cache.db'))
      newer.exec('CREATE TABLE entries (id); PRAGMA user_version = 99')
    }
    await using it = await openFolder({ dataDir: folder.path })
    expect(it.notices).toEqual([expect.stringContaining('another version of the gateway (schema 99)')])
    await it.entries.set(entryOf({ key: 'a' }))
    expect(await it.entries.find('a')).not.toBeNull()
  })

  test('belongs to one gateway at a time', { timeout: 30_000 }, async () => {
    using folder = temporaryFolder()
    const options = { dataDir: folder.path, vault: await vaultOf(1), maxBytes: 1000, hotBytes: 0 }
    const rest = { clock: { now: () => 0 }, notice: () => {} }
    const first = await openEntries({ ...options, ...rest })
    expect(first).not.toBeNull()
    expect(await openEntries({ ...options, ...rest })).toBeNull()
    await first?.[Symbol.asyncDispose]()
    await using second = await openEntries({ ...options, ...rest })
    expect(second).not.toBeNull()
  })
})

describe('another CACHE_KEY', () => {
  test('reads nothing of the one before: that is dropped, and said once', async () => {
    using folder = temporaryFolder()
    {
      await using it = await openFolder({ dataDir: folder.path })
      await it.entries.set(secret)
    }
    {
      await using other = await openFolder({ dataDir: folder.path, vault: await vaultOf(2) })
      expect(await other.entries.find(secret.key)).toBeNull()
      expect(other.notices).toEqual([expect.stringContaining('another CACHE_KEY')])
    }
    await using again = await openFolder({ dataDir: folder.path, vault: await vaultOf(2) })
    expect(again.notices).toEqual([])
  })

  test('takes over what is used while the one before is known', async () => {
    using folder = temporaryFolder()
    {
      await using it = await openFolder({ dataDir: folder.path })
      await it.entries.set(secret)
      await it.entries.set(entryOf({ key: 'unused' }))
    }
    {
      await using it = await openFolder({ dataDir: folder.path, vault: await vaultOf(2, 1) })
      expect((await it.entries.find(secret.key))?.id).toBe(secret.id)
      expect(it.notices).toEqual([])
    }
    await using it = await openFolder({ dataDir: folder.path, vault: await vaultOf(2) })
    expect((await it.entries.find(secret.key))?.answer).toEqual(secret.answer)
    expect((await it.entries.find(secret.key))?.near?.text).toBe(near.text)
    expect(await it.entries.find('unused')).toBeNull()
  })
})

test('what was made void under the key before stays void under the next', async () => {
  using folder = temporaryFolder()
  {
    await using it = await openFolder({ dataDir: folder.path })
    await it.entries.advance('ada')
    await it.entries.advance(null, 7)
  }
  await using it = await openFolder({ dataDir: folder.path, vault: await vaultOf(2, 1) })
  expect(await Promise.all(['ada', null, 'bob'].map(it.entries.epoch))).toEqual([1, 7, 0])
  await it.entries.advance('ada')
  expect(await it.entries.epoch('ada')).toBe(2)
})

test('a bound that was lowered while nothing ran holds from the start', async () => {
  using folder = temporaryFolder()
  {
    await using it = await openFolder({ dataDir: folder.path })
    for (const key of ['a', 'b', 'c']) await it.entries.set(entryOf({ key }))
  }
  await using it = await openFolder({ dataDir: folder.path, maxBytes: 200 })
  expect(await it.entries.stats(null)).toMatchObject({ entries: 2, bytes: 200 })
})

/** Root in a container may not, either. */
const mayMount = ((): boolean => {
  using folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder.path], { stdio: 'ignore' })
    execFileSync('umount', [folder.path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!mayMount)('a full disk (skipped where the tests may not mount one)', () => {
  test('takes no more, keeps what it has, and goes on when there is room', async () => {
    using folder = temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', folder.path])
    try {
      await using it = await openFolder({ dataDir: folder.path, maxBytes: 1e9, hotBytes: 0 })
      const noise = (): string => randomBytes(20_000).toString('base64')
      const keep = (key: string): Promise<void> =>
        it.entries.set(entryOf({ key, answer: answerOf({ events: [{ type: 'text', choice: 0, text: noise() }] }) }))
      await keep('first')
      const results: PromiseSettledResult<void>[] = []
      for (let index = 0; index < 30; index += 1) results.push(...(await Promise.allSettled([keep(`${index}`)])))
      expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } })
      expect(await it.entries.find('first')).not.toBeNull()
      expect(await it.entries.find('29')).toBeNull()
      execFileSync('mount', ['-o', 'remount,size=40m', folder.path])
      await keep('later')
      expect(await it.entries.find('later')).not.toBeNull()
      expect(it.notices).toEqual([])
    } finally {
      execFileSync('umount', ['-l', folder.path])
    }
  })
})
