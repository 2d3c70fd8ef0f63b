import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTick } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CacheEntry, Entries, EntryChange } from '../../../src/contract/store.ts'
import type { Vault } from '../../../src/stores/entries/vault.ts'
import { openCacheFile } from '../../../src/stores/sqlite/cache-file.ts'
import { openRows } from '../../../src/stores/sqlite/entry-rows.ts'
import { entryOf } from '../../cache/entry-of.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openFolder, vaultOf } from './cache-folder.ts'

// A file of several pieces, of which the first is read as it opens and the others while the gateway serves.

const count = 450
const near = { partition: 'p', text: 'Who?', vector: Float32Array.of(1, 0) }
const keptAs = (at: number): CacheEntry =>
  entryOf({
    key: `${at}`,
    canonicalKey: `form ${at}`,
    scope: at % 2 === 0 ? 'even' : 'odd',
    near: at % 3 === 0 ? near : null,
    createdAtMs: at,
  })

const template = temporaryFolder()
beforeAll(async () => {
  await using it = await openFolder({ dataDir: template.path })
  // One after the other, so that they lie in this order.
  for (let at = 0; at < count; at += 1) await it.entries.set(keptAs(at))
})
afterAll(() => template[Symbol.dispose]())

const copy = (): ReturnType<typeof temporaryFolder> => {
  const folder = temporaryFolder()
  cpSync(template.path, folder.path, { recursive: true })
  return folder
}

/** Reading comes no further than this entry, as if the disk were slow. */
const stuckAt = (id: string, vault: Vault): Vault => ({
  ...vault,
  open: (sealed, place, keyName) => {
    if (place === `${id} head`) throw new Error('The disk is slow')
    return vault.open(sealed, place, keyName)
  },
})

const openStuck = async (dataDir: string, vault?: Vault) =>
  openFolder({ dataDir, vault: stuckAt('ent_150', vault ?? (await vaultOf(1))) })

const idOf = async (entry: Promise<CacheEntry | null>): Promise<string | undefined> => (await entry)?.id

const heldBy = async (entries: Entries): Promise<number> => (await entries.stats(null)).entries

describe('before all is read', () => {
  test('an answer is found by its key, by its canonical form and by its id', async () => {
    using folder = copy()
    await using it = await openStuck(folder.path)
    expect(await idOf(it.entries.find('449'))).toBe('ent_449')
    expect(await idOf(it.entries.findCanonical('form 448'))).toBe('ent_448')
    expect(await it.entries.read(['ent_447', 'ent_of_nobody', 'ent_3'])).toMatchObject([
      { id: 'ent_447', near: { text: 'Who?' } },
      { id: 'ent_3' },
    ])
    expect(await it.entries.find('of nobody')).toBeNull()
    expect(await it.entries.findCanonical('of nobody')).toBeNull()
  })

  test('so is one that was sealed under the key before', async () => {
    using folder = copy()
    await using it = await openStuck(folder.path, await vaultOf(2, 1))
    expect(await idOf(it.entries.find('449'))).toBe('ent_449')
    expect(await idOf(it.entries.findCanonical('form 448'))).toBe('ent_448')
  })

  test('what needs all of them says that it cannot tell, where they cannot be read', async () => {
    using folder = copy()
    await using it = await openStuck(folder.path)
    await expect(it.entries.stats(null)).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(it.entries.questionIds()).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(it.notices).toEqual([expect.stringContaining('cannot be read to its end')])
  }, 30_000)

  test('it is known that there are questions', async () => {
    using folder = copy()
    await using it = await openStuck(folder.path)
    expect(await it.entries.hasQuestions()).toBe(true)
  })

  test('the gateway serves', async () => {
    using folder = copy()
    await using it = await openFolder({ dataDir: folder.path })
    let turns = 0
    let isFull = false
    const waits = heldBy(it.entries).finally(() => (isFull = true))
    while (!isFull) {
      turns += 1
      await nextTick()
    }
    expect(await waits).toBe(count)
    expect(turns).toBeGreaterThan(3)
  })
})

describe('what changes before all is read', () => {
  /** After it was read, and after the next start. */
  const afterwards = async (folder: { path: string }, look: (entries: Entries) => Promise<void>): Promise<void> => {
    await using it = await openFolder({ dataDir: folder.path })
    expect(it.notices).toEqual([])
    await look(it.entries)
    expect(await heldBy(it.entries)).toBeGreaterThan(0)
    await look(it.entries)
  }

  test.each([
    ['while the rest is read', openFolder],
    ['and nothing more is read', ({ dataDir }: { dataDir: string }) => openStuck(dataDir)],
  ])('an answer in the place of one that is yet to be read stays there, %s', async (_when, open) => {
    using folder = copy()
    const told: EntryChange[] = []
    {
      await using it = await open({ dataDir: folder.path })
      it.entries.follow((change) => told.push(change))
      await it.entries.set({ ...keptAs(444), id: 'ent_new' })
      expect(told).toEqual([
        { kind: 'removed', id: 'ent_444' },
        { kind: 'added', id: 'ent_new', near: expect.anything() },
      ])
    }
    await afterwards(folder, async (entries) => {
      expect(await idOf(entries.find('444'))).toBe('ent_new')
      expect(await entries.read(['ent_444'])).toEqual([])
    })
  })

  test('one that is set again under its id, with more said of it, is as it was set', async () => {
    using folder = copy()
    {
      await using it = await openFolder({ dataDir: folder.path })
      await it.entries.set({ ...keptAs(444), tags: ['wrong:1'], near: null })
      expect(await it.entries.questionIds()).not.toContain('ent_444')
      expect(await heldBy(it.entries)).toBe(count)
    }
    await afterwards(folder, async (entries) =>
      expect(await entries.find('444')).toMatchObject({ tags: ['wrong:1'], near: null }),
    )
  })

  test.each([
    ['while the rest is read', openFolder],
    ['and nothing more is read', ({ dataDir }: { dataDir: string }) => openStuck(dataDir)],
  ])('an answer that is removed by its id does not come back, %s', async (_when, open) => {
    using folder = copy()
    {
      await using it = await open({ dataDir: folder.path })
      expect(await it.entries.remove({ scope: 'odd', ids: ['ent_444', 'ent_445'], dryRun: false })).toBe(1)
      expect(await it.entries.read(['ent_444', 'ent_445'])).toMatchObject([{ id: 'ent_444' }])
    }
    await afterwards(folder, async (entries) => expect(await entries.find('445')).toBeNull())
  })

  test('a removal of a whole scope waits until it knows all of it', async () => {
    using folder = copy()
    {
      await using it = await openFolder({ dataDir: folder.path })
      expect(await it.entries.remove({ scope: 'odd', dryRun: false })).toBe(count / 2)
    }
    await afterwards(folder, async (entries) => {
      expect(await entries.find('445')).toBeNull()
      expect(await idOf(entries.find('444'))).toBe('ent_444')
    })
  })

  test('what is over when it is looked for is gone, and does not come back', async () => {
    using folder = copy()
    const clock = { nowMs: 2_000, now: () => clock.nowMs }
    await using it = await openFolder({ dataDir: folder.path, clock })
    expect(await it.entries.find('449')).toBeNull()
    // The clock was wrong: what it ended is over all the same.
    clock.nowMs = 500
    expect(await it.entries.find('449')).toBeNull()
    expect(await idOf(it.entries.find('448'))).toBe('ent_448')
  })

  test('of one canonical form the last that was made answers, in whatever order they are met', async () => {
    using folder = copy()
    const form = { canonicalKey: 'shared' }
    {
      await using it = await openFolder({ dataDir: folder.path })
      await it.entries.set({ ...keptAs(470), ...form })
      await it.entries.set({ ...keptAs(480), ...form })
    }
    await using it = await openFolder({ dataDir: folder.path })
    expect(await idOf(it.entries.findCanonical('shared'))).toBe('ent_480')
    expect(await heldBy(it.entries)).toBe(count + 2)
    expect(await idOf(it.entries.findCanonical('shared'))).toBe('ent_480')
  })

  test('the bound holds once all is read, and at the next start', async () => {
    using folder = copy()
    const maxBytes = 20_000
    {
      await using it = await openFolder({ dataDir: folder.path, maxBytes })
      await it.entries.set(entryOf({ key: 'new' }))
      expect(await it.entries.stats(null)).toMatchObject({ entries: 200, bytes: maxBytes })
    }
    await using again = await openFolder({ dataDir: folder.path })
    expect(await heldBy(again.entries)).toBe(200)
  })

  test('it ends in the middle of it and has lost nothing, not even what was used', async () => {
    using folder = copy()
    let waits: Promise<unknown> = Promise.resolve()
    {
      await using it = await openStuck(folder.path)
      for (let hit = 0; hit < 3; hit += 1) await it.entries.find('449')
      waits = it.entries.stats(null).catch(({ code }: { code: string }) => code)
    }
    expect(await waits).toBe('store_unavailable')
    await afterwards(folder, async (entries) => expect(await heldBy(entries)).toBe(count))
    await using it = await openFolder({ dataDir: folder.path, maxBytes: 100 })
    expect(await heldBy(it.entries)).toBe(1)
    expect(await idOf(it.entries.find('449'))).toBe('ent_449')
  })

  test('whatever is set, removed and looked for meanwhile: it then holds what it would hold', async () => {
    const at = fc.nat({ max: count + 20 })
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), at, id: fc.nat({ max: 5 }) }),
      fc.record({ kind: fc.constant('remove' as const), at }),
      fc.record({ kind: fc.constant('find' as const), at }),
      fc.record({ kind: fc.constant('wait' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        using folder = copy()
        const held = new Map(Array.from({ length: count }, (_, kept) => [`${kept}`, `ent_${kept}`]))
        {
          await using it = await openFolder({ dataDir: folder.path })
          for (const one of steps) {
            if (one.kind === 'wait') {
              await nextTick()
              continue
            }
            const key = `${one.at}`
            const id = held.get(key)
            if (one.kind === 'find') expect(await idOf(it.entries.find(key))).toBe(id)
            if (one.kind === 'remove') {
              const removed = await it.entries.remove({ scope: null, ids: [id ?? 'ent_none'], dryRun: false })
              expect(removed).toBe(id === undefined ? 0 : 1)
              held.delete(key)
            }
            if (one.kind === 'set') {
              const entry = { ...keptAs(one.at), id: `ent_${key}_${one.id}` }
              // Not waited for: it is written while others are read.
              void it.entries.set(entry)
              held.set(key, entry.id)
            }
          }
          expect(await heldBy(it.entries)).toBe(held.size)
        }
        await using again = await openFolder({ dataDir: folder.path })
        expect(await heldBy(again.entries)).toBe(held.size)
        for (const key of new Set(steps.map((one) => ('at' in one ? `${one.at}` : '0'))))
          expect(await idOf(again.entries.find(key))).toBe(held.get(key))
      }),
      { numRuns: 30 },
    )
  }, 120_000)
})

describe('what is met before all is read', () => {
  test('damage costs what was kept, is told once, and requests go on', async () => {
    using folder = copy()
    const file = join(folder.path, 'cache.db')
    const spoiled = readFileSync(file)
    writeFileSync(file, spoiled.fill(0x5a, Math.trunc(spoiled.length / 2)))
    await using it = await openFolder({ dataDir: folder.path })
    // The first piece is whole.
    expect(it.notices).toEqual([])
    const looks = await Promise.allSettled(['5', '449', 'of nobody'].map((key) => it.entries.find(key)))
    for (const look of looks) if (look.status === 'rejected') expect(look.reason.code).toBe('store_unavailable')
    expect(await heldBy(it.entries)).toBe(0)
    expect(it.notices).toEqual([expect.stringContaining('is damaged: it was set aside')])
    expect(readdirSync(folder.path)).toContain('cache.db.set-aside')
    expect(await it.entries.find('5')).toBeNull()
    expect(await it.entries.find('449')).toBeNull()
    expect(await it.entries.questionIds()).toEqual([])
    await it.entries.set(entryOf({ key: 'new' }))
    expect(await idOf(it.entries.find('new'))).toBe('ent_new')
    expect(await heldBy(it.entries)).toBe(1)
  })

  test('what cannot be read is dropped and counted once, whoever meets it', async () => {
    using folder = copy()
    const vault = await vaultOf(2)
    {
      await using it = await openFolder({ dataDir: folder.path, vault })
      expect(await it.entries.read(['ent_449'])).toEqual([])
      expect(await heldBy(it.entries)).toBe(0)
      expect(it.notices).toEqual([expect.stringMatching(/^450 remembered answers were sealed under another CACHE_KEY/)])
    }
    await using again = await openFolder({ dataDir: folder.path, vault })
    expect(await heldBy(again.entries)).toBe(0)
    expect(again.notices).toEqual([])
  })

  test('where it ends before, each of them is counted at one start', async () => {
    using folder = copy()
    const vault = await vaultOf(2)
    const notices: string[] = []
    const notice = (message: string): void => void (message.includes('CACHE_KEY') && notices.push(message))
    {
      await using it = await openFolder({ dataDir: folder.path, vault: stuckAt('ent_150', vault), notice })
      await expect(it.entries.stats(null)).rejects.toMatchObject({ code: 'store_unavailable' })
    }
    await using again = await openFolder({ dataDir: folder.path, vault, notice })
    expect(await heldBy(again.entries)).toBe(0)
    expect(notices.map((message) => Number.parseInt(message, 10))).toEqual([150, count - 150])
  })
})

test('no statement walks through a whole table', () => {
  using folder = copy()
  const plans: string[] = []
  const vault = {} as never
  const opened = openCacheFile(folder.path, (file) => {
    const prepare = (sql: string) => {
      plans.push(
        ...file
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map(({ detail }) => String(detail)),
      )
      return file.prepare(sql)
    }
    openRows({ ...file, prepare }, vault)
  })
  if (opened.kind === 'open') opened.file.close()
  expect(plans.filter((plan) => plan.startsWith('SCAN'))).toEqual([])
  expect(plans).toContain('SEARCH entries USING INTEGER PRIMARY KEY (rowid>?)')
  expect(plans).toContain('SEARCH entries USING INDEX entries_by_canonical (canonical_mac=?)')
})
