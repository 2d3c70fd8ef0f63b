import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Counters, Entries, EntryChange } from '../../src/contract/store.ts'
import { answerOf } from '../cache/answer-of.ts'
import { entryOf } from '../cache/entry-of.ts'
import type { Open } from '../stores/conformance/open.ts'

/** What every store of counters must do. */
export const describeCounters = (store: string, open: Open<Counters>): void => {
  describe(`${store} counters`, () => {
    test('counts down, refuses, and lets the next in when the oldest hit leaves the window', async () => {
      await using opened = await open()
      const hit = (nowMs: number) => opened.port.hit({ key: 'k', nowMs, windowMs: 1000, max: 2 })
      expect(await hit(0)).toEqual({ allowed: true, remaining: 1, resetMs: 1000 })
      expect(await hit(400)).toEqual({ allowed: true, remaining: 0, resetMs: 600 })
      expect(await hit(900)).toEqual({ allowed: false, remaining: 0, resetMs: 100, retryAfterMs: 100 })
      expect(await hit(999)).toEqual({ allowed: false, remaining: 0, resetMs: 1, retryAfterMs: 1 })
      expect(await hit(1000)).toEqual({ allowed: true, remaining: 0, resetMs: 400 })
    })

    test('never counts more than the limit in any window, and refuses nobody whom the window has room for', async () => {
      const arrivals = fc.array(fc.nat({ max: 400 }), { maxLength: 120 })
      await fc.assert(
        fc.asyncProperty(
          arrivals,
          fc.integer({ min: 1, max: 6 }),
          fc.integer({ min: 1, max: 1000 }),
          async (gaps, max, windowMs) => {
            await using opened = await open()
            const counted: number[] = []
            let nowMs = 1_000_000
            for (const gap of gaps) {
              nowMs += gap
              const inWindow = counted.filter((atMs) => atMs > nowMs - windowMs).length
              const verdict = await opened.port.hit({ key: 'k', nowMs, windowMs, max })
              expect(verdict.allowed).toBe(inWindow < max)
              if (verdict.allowed) counted.push(nowMs)
            }
            for (const [index, atMs] of counted.entries())
              expect(counted.slice(index).filter((later) => later < atMs + windowMs).length).toBeLessThanOrEqual(max)
          },
        ),
      )
    })

    test('is right about the wait: refused just before it is over, counted after', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 30 }), async (gaps) => {
          await using opened = await open()
          const query = { key: 'k', windowMs: 1000, max: 3 }
          let nowMs = 0
          for (const gap of gaps) await opened.port.hit({ ...query, nowMs: (nowMs += gap) })
          const verdict = await opened.port.hit({ ...query, nowMs })
          if (verdict.allowed) return
          const freeAtMs = nowMs + verdict.retryAfterMs
          expect(await opened.port.hit({ ...query, nowMs: freeAtMs - 1 })).toMatchObject({ allowed: false })
          expect(await opened.port.hit({ ...query, nowMs: freeAtMs })).toMatchObject({ allowed: true })
        }),
      )
    })

    test('takes back exactly one hit, and none that it does not have', async () => {
      await using opened = await open()
      const hit = () => opened.port.hit({ key: 'k', nowMs: 5, windowMs: 1000, max: 2 })
      await hit()
      await hit()
      await opened.port.settle({ key: 'k', atMs: 4, change: -1 })
      await opened.port.settle({ key: 'other', atMs: 5, change: -1 })
      expect(await hit()).toMatchObject({ allowed: false })
      await opened.port.settle({ key: 'k', atMs: 5, change: -1 })
      expect(await hit()).toMatchObject({ allowed: true, remaining: 0 })
      expect(await hit()).toMatchObject({ allowed: false })
    })

    test('weighs: never more than the limit in any window, whatever is settled meanwhile', async () => {
      const moves = fc.array(
        fc.record({ gap: fc.nat({ max: 300 }), weight: fc.nat({ max: 40 }), used: fc.option(fc.nat({ max: 60 })) }),
        { maxLength: 80 },
      )
      await fc.assert(
        fc.asyncProperty(
          moves,
          fc.integer({ min: 1, max: 100 }),
          fc.constantFrom(1, 7, 50),
          async (asked, max, grain) => {
            await using opened = await open()
            const windowMs = 1000
            const counted = new Map<number, number>()
            let nowMs = 1_000_000
            for (const { gap, weight, used } of asked) {
              nowMs += gap
              const atMs = Math.floor(nowMs / grain) * grain + grain - 1
              const inWindow = [...counted]
                .filter(([at]) => at > nowMs - windowMs)
                .reduce((sum, [, own]) => sum + own, 0)
              const verdict = await opened.port.hit({ key: 'k', nowMs, atMs, windowMs, max, weight })
              expect(verdict.allowed).toBe(weight === 0 || inWindow + weight <= max)
              const added = verdict.allowed ? weight : 0
              expect(verdict.remaining).toBe(Math.max(0, max - inWindow - added))
              const own = (counted.get(atMs) ?? 0) + added
              if (own > 0) counted.set(atMs, own)
              if (added === 0 || used === null) continue
              const change = used - weight
              expect(await opened.port.settle({ key: 'k', atMs, change })).toBe(true)
              counted.set(atMs, Math.max(0, own + change))
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    test('says how long a heavy hit waits: until so many light ones have left', async () => {
      await using opened = await open()
      const query = { key: 'k', windowMs: 1000, max: 10 }
      for (const nowMs of [0, 100, 200, 300]) await opened.port.hit({ ...query, nowMs, weight: 2 })
      const heavy = { ...query, weight: 8 }
      expect(await opened.port.hit({ ...heavy, nowMs: 400 })).toEqual({
        allowed: false,
        remaining: 2,
        resetMs: 600,
        retryAfterMs: 800,
      })
      expect(await opened.port.hit({ ...heavy, nowMs: 1199 })).toMatchObject({ allowed: false })
      expect(await opened.port.hit({ ...heavy, nowMs: 1200 })).toMatchObject({ allowed: true, remaining: 0 })
      expect(await opened.port.hit({ ...query, nowMs: 1200, weight: 11 })).toMatchObject({ retryAfterMs: 1000 })
    })

    test('looks without counting, past the limit too', async () => {
      await using opened = await open()
      const query = { key: 'k', windowMs: 1000, max: 10 }
      expect(await opened.port.hit({ ...query, nowMs: 0, weight: 0 })).toEqual({
        allowed: true,
        remaining: 10,
        resetMs: 0,
      })
      await opened.port.hit({ ...query, nowMs: 0, weight: 10 })
      await opened.port.settle({ key: 'k', atMs: 0, change: 5 })
      expect(await opened.port.hit({ ...query, nowMs: 400, weight: 0 })).toEqual({
        allowed: true,
        remaining: 0,
        resetMs: 600,
      })
      expect(await opened.port.settle({ key: 'k', atMs: 1, change: -1 })).toBe(false)
      expect(await opened.port.hit({ ...query, nowMs: 1000 })).toMatchObject({ allowed: true, remaining: 9 })
      expect(await opened.port.settle({ key: 'k', atMs: 0, change: -1 })).toBe(false)
    })

    test('keeps keys apart', async () => {
      await using opened = await open()
      const hit = (key: string) => opened.port.hit({ key, nowMs: 5, windowMs: 1000, max: 1 })
      expect(await hit('a')).toMatchObject({ allowed: true })
      expect(await hit('b')).toMatchObject({ allowed: true })
      expect(await hit('a')).toMatchObject({ allowed: false })
    })

    test('says the whole wait after a limit was lowered, and lets nobody in at 0', async () => {
      await using opened = await open()
      for (const nowMs of [0, 100, 200]) await opened.port.hit({ key: 'k', nowMs, windowMs: 1000, max: 3 })
      expect(await opened.port.hit({ key: 'k', nowMs: 300, windowMs: 1000, max: 1 })).toMatchObject({
        allowed: false,
        retryAfterMs: 900,
      })
      expect(await opened.port.hit({ key: 'new', nowMs: 300, windowMs: 1000, max: 0 })).toMatchObject({
        allowed: false,
        retryAfterMs: 1000,
      })
    })

    test('stays exact when the clock steps back a little, and forgets hits of a clock that was far ahead', async () => {
      await using opened = await open()
      const hit = (nowMs: number) => opened.port.hit({ key: 'k', nowMs, windowMs: 1000, max: 2 })
      await hit(10_000)
      await hit(9_990)
      expect(await hit(10_000)).toMatchObject({ allowed: false, retryAfterMs: 990 })
      expect(await hit(1_000)).toMatchObject({ allowed: true, remaining: 1 })
    })
  })
}

type OpenEntries = (options: { maxBytes: number; clock: { now(): number } }) => ReturnType<Open<Entries>>

const still = { now: () => 0 }

/** What every store of remembered answers must do, living by the clock that it is given. */
export const describeEntries = (store: string, open: OpenEntries): void => {
  describe(`${store} entries`, () => {
    test('gives an entry back as it was', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      await opened.port.set(entryOf({ key: 'a' }))
      expect(await opened.port.find('a')).toEqual(entryOf({ key: 'a' }))
      expect(await opened.port.find('b')).toBeNull()
    })

    test('forgets an entry at its end of life, not a millisecond before', async () => {
      let nowMs = 999
      await using opened = await open({ maxBytes: 1000, clock: { now: () => nowMs } })
      await opened.port.set(entryOf({ key: 'a' }))
      expect(await opened.port.find('a')).not.toBeNull()
      nowMs = 1000
      expect(await opened.port.stats(null)).toMatchObject({ entries: 0, bytes: 0 })
      expect(await opened.port.find('a')).toBeNull()
    })

    test('gives a stale entry until its grace is over', async () => {
      let nowMs = 1500
      await using opened = await open({ maxBytes: 1000, clock: { now: () => nowMs } })
      await opened.port.set(entryOf({ key: 'a', expiresAtMs: 1000, staleUntilMs: 2000 }))
      expect(await opened.port.find('a')).not.toBeNull()
      nowMs = 2000
      expect(await opened.port.find('a')).toBeNull()
    })

    test('finds the last entry of a canonical form, and none once that is gone', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      for (const key of ['a', 'b']) await opened.port.set(entryOf({ key, canonicalKey: 'same' }))
      expect(await opened.port.findCanonical('same')).toMatchObject({ key: 'b' })
      await opened.port.remove({ scope: null, ids: ['ent_b'], dryRun: false })
      expect(await opened.port.findCanonical('same')).toBeNull()
    })

    test('reads entries by their ids, without those that are gone', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      for (const key of ['a', 'b']) await opened.port.set(entryOf({ key }))
      const found = await opened.port.read(['ent_b', 'ent_c', 'ent_a'])
      expect(found.map(({ id }) => id)).toEqual(['ent_b', 'ent_a'])
    })

    test('forgets by id and by tag, within a scope, and only counts when it is asked to', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      await opened.port.set(entryOf({ key: 'a', tags: ['doc:1', 'task:qa'] }))
      await opened.port.set(entryOf({ key: 'b', tags: ['doc:1'], scope: 'key_bob' }))
      await opened.port.set(entryOf({ key: 'c', tags: ['doc:2'] }))
      expect(await opened.port.remove({ scope: null, tag: 'doc:1', dryRun: true })).toBe(2)
      expect(await opened.port.remove({ scope: 'key_ada', tag: 'doc:1', dryRun: false })).toBe(1)
      expect(await opened.port.remove({ scope: 'key_ada', ids: ['ent_b'], dryRun: false })).toBe(0)
      expect(await opened.port.find('b')).not.toBeNull()
      expect(await opened.port.find('a')).toBeNull()
      await opened.port.set(entryOf({ key: 'late', createdAtMs: 500 }))
      expect(await opened.port.remove({ scope: null, madeBeforeMs: 500, dryRun: false })).toBe(2)
      expect(await opened.port.find('late')).not.toBeNull()
    })

    test('tells its questions, and each that comes or goes', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      const near = { partition: 'p', text: 'Who?', vector: Float32Array.of(1, 0) }
      expect(await opened.port.hasQuestions()).toBe(false)
      await opened.port.set(entryOf({ key: 'b' }))
      expect(await opened.port.hasQuestions()).toBe(false)
      await opened.port.set(entryOf({ key: 'a', near }))
      expect(await opened.port.hasQuestions()).toBe(true)
      expect(await opened.port.questionIds()).toEqual(['ent_a'])
      expect(await opened.port.questions(['ent_b', 'ent_a', 'ent_of_nobody'])).toEqual([{ id: 'ent_a', near }])

      const told: EntryChange[] = []
      const stop = opened.port.follow((change) => told.push(change))
      await opened.port.set(entryOf({ key: 'c', near }))
      await opened.port.remove({ scope: null, ids: ['ent_a'], dryRun: false })
      stop()
      await opened.port.remove({ scope: null, dryRun: false })
      expect(told).toEqual([
        { kind: 'added', id: 'ent_c', near },
        { kind: 'removed', id: 'ent_a' },
      ])
    })

    test('has another epoch after each advance, of one scope or of all', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      const { port } = opened
      const epochs = () => Promise.all([null, 'ada', 'bob'].map(port.epoch))
      expect(await epochs()).toEqual([0, 0, 0])
      await port.advance('ada')
      expect(await epochs()).toEqual([0, 1, 0])
      await port.advance(null)
      expect(await epochs()).toEqual([1, 1, 0])
      await port.advance('bob', 7)
      await port.advance('ada', 1)
      expect(await epochs()).toEqual([1, 1, 7])
      await port.advance('bob')
      expect(await epochs()).toEqual([1, 1, 8])
    })

    test('counts an entry once that is set again, moved to another scope or not', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      const entry = entryOf({ key: 'a' })
      for (const again of [entry, entry, entryOf({ key: 'a', bytes: 150 })]) await opened.port.set(again)
      expect(await opened.port.stats('key_ada')).toMatchObject({ entries: 1, bytes: 150 })
      await opened.port.set(entryOf({ key: 'a', scope: 'key_bob', bytes: 70 }))
      expect(await opened.port.stats('key_ada')).toMatchObject({ entries: 0, bytes: 0 })
      expect(await opened.port.stats(null)).toMatchObject({ entries: 1, bytes: 70 })
    })

    test('counts and clears by scope, and only counts in a dry run', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      await opened.port.set(entryOf({ key: 'a' }))
      await opened.port.set(entryOf({ key: 'b', scope: 'key_bob' }))
      await opened.port.set(entryOf({ key: 'c', scope: 'key_bob' }))
      expect(await opened.port.stats('key_bob')).toEqual({ entries: 2, bytes: 200, maxBytes: 1000 })
      expect(await opened.port.remove({ scope: 'key_bob', dryRun: true })).toBe(2)
      expect(await opened.port.remove({ scope: 'key_bob', dryRun: false })).toBe(2)
      expect(await opened.port.stats(null)).toMatchObject({ entries: 1 })
      expect(await opened.port.remove({ scope: null, dryRun: false })).toBe(1)
      expect(await opened.port.find('a')).toBeNull()
    })
  })
}

/** What one that holds them all itself must do beside, bounded by `maxBytes`. */
export const describeBounds = (store: string, open: OpenEntries): void => {
  describe(`${store} entries within their bound`, () => {
    test('lets the least recently used go when the bytes are full', async () => {
      await using opened = await open({ maxBytes: 300, clock: still })
      for (const key of ['a', 'b', 'c']) await opened.port.set(entryOf({ key }))
      await opened.port.find('a')
      await opened.port.set(entryOf({ key: 'd' }))
      expect(await opened.port.find('b')).toBeNull()
      expect(await opened.port.find('a')).not.toBeNull()
      expect(await opened.port.stats(null)).toEqual({ entries: 3, bytes: 300, maxBytes: 300 })
    })

    test('never holds more than its bytes', async () => {
      const sizes = fc.array(
        fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.integer({ min: 1, max: 400 }) }),
      )
      await fc.assert(
        fc.asyncProperty(sizes, async (entries) => {
          await using opened = await open({ maxBytes: 500, clock: still })
          for (const entry of entries) {
            await opened.port.set(entryOf(entry))
            expect((await opened.port.stats(null)).bytes).toBeLessThanOrEqual(500)
          }
        }),
        // Each opens a store.
        { numRuns: 20 },
      )
    })

    test('keeps what is worth more and is asked for, within the bytes', async () => {
      await using opened = await open({ maxBytes: 300, clock: still })
      await opened.port.set(entryOf({ key: 'dear', answer: answerOf({ costNanoUsd: 50_000_000n }) }))
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await opened.port.set(entryOf({ key }))
        await opened.port.find('dear')
      }
      expect(await opened.port.find('dear')).not.toBeNull()
      expect(await opened.port.find('a')).toBeNull()
    })

    test('lets nobody be pushed out by the flood of another owner', async () => {
      await using opened = await open({ maxBytes: 400, clock: still })
      await opened.port.set(entryOf({ key: 'hers' }))
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f'])
        await opened.port.set(entryOf({ key, ownerId: 'key_bob', answer: answerOf({ costNanoUsd: 10n ** 9n }) }))
      expect(await opened.port.find('hers')).not.toBeNull()
    })

    test('keeps nothing within a bound of 0, nor an entry larger than the whole', async () => {
      await using none = await open({ maxBytes: 0, clock: still })
      await none.port.set(entryOf({ key: 'a' }))
      expect(await none.port.find('a')).toBeNull()
      await using small = await open({ maxBytes: 300, clock: still })
      await small.port.set(entryOf({ key: 'a' }))
      await small.port.set(entryOf({ key: 'b', bytes: 301 }))
      expect(await small.port.find('b')).toBeNull()
      expect(await small.port.find('a')).not.toBeNull()
    })
  })
}
