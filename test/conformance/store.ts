import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyRecord } from '../../src/contract/caller.ts'
import type {
  Counters,
  Directory,
  Entries,
  EntryChange,
  ReceiptLine,
  ReceiptPlace,
  Receipts,
  UsageQuery,
} from '../../src/contract/store.ts'
import { answerOf } from '../cache/answer-of.ts'
import { entryOf } from '../cache/entry-of.ts'
import { anyReceipt, receiptOf } from '../stores/receipt-of.ts'

/** Opens one port of a store, new and empty. */
type Open<Port> = () => Promise<{ port: Port } & AsyncDisposable>

const everything: UsageQuery = {
  callerId: null,
  fromMs: 0,
  untilMs: Date.UTC(2100, 0),
  groupBy: 'provider',
  simulated: false,
}

/** What every store of receipts must do. */
export const describeReceipts = (store: string, open: Open<Receipts>): void => {
  describe(`${store} receipts`, () => {
    test('gives a receipt back as it was, money to the nano-dollar', async () => {
      await using opened = await open()
      const receipt = receiptOf({ id: 'r1' })
      await opened.port.append(receipt)
      expect(await opened.port.find('r1')).toEqual(receipt)
      expect(await opened.port.find('r2')).toBeNull()
    })

    test('gives any receipt back as it was', async () => {
      await using opened = await open()
      await fc.assert(
        fc.asyncProperty(anyReceipt, async (receipt) => {
          await opened.port.append(receipt)
          expect(await opened.port.find(receipt.id)).toEqual(receipt)
        }),
        { numRuns: 50 },
      )
    })

    test('keeps one receipt of an id that is appended twice', async () => {
      await using opened = await open()
      const first = receiptOf({ id: 'r1' })
      await Promise.all([opened.port.append(first), opened.port.append(receiptOf({ id: 'r1', outcome: 'failed' }))])
      await opened.port.append(first)
      expect((await opened.port.usage(everything)).total.requests).toBe(1)
      expect(await opened.port.find('r1')).toEqual(first)
    })

    test('sums money exactly where floats would round', async () => {
      await using opened = await open()
      const amounts = [9_007_199_254_740_993n, 9_007_199_254_740_993n, 1n]
      await Promise.all(
        amounts.map((costNanoUsd, index) => opened.port.append(receiptOf({ id: `r${index}`, costNanoUsd }))),
      )
      expect((await opened.port.usage(everything)).total.costNanoUsd).toBe(18_014_398_509_481_987n)
    })

    test('counts a receipt from the first millisecond of a report until before its last', async () => {
      await using opened = await open()
      await Promise.all(
        [999, 1000, 1999, 2000].map((receivedAtMs) =>
          opened.port.append(receiptOf({ id: `r${receivedAtMs}`, receivedAtMs })),
        ),
      )
      const report = await opened.port.usage({ ...everything, fromMs: 1000, untilMs: 2000 })
      expect(report.total.requests).toBe(2)
    })

    test('groups by the day in UTC, in order', async () => {
      await using opened = await open()
      const lastMs = Date.UTC(2026, 10, 21) - 1
      await opened.port.append(receiptOf({ id: 'new', receivedAtMs: lastMs + 1, costNanoUsd: 9n }))
      await opened.port.append(receiptOf({ id: 'old', receivedAtMs: lastMs, costNanoUsd: 5n }))
      const { rows } = await opened.port.usage({ ...everything, groupBy: 'day' })
      expect(rows.map(({ group, costNanoUsd }) => [group, costNanoUsd])).toEqual([
        ['2026-11-20', 5n],
        ['2026-11-21', 9n],
      ])
    })

    test('groups by the hour in UTC, in order', async () => {
      await using opened = await open()
      const noonMs = Date.UTC(2026, 10, 21, 12)
      await opened.port.append(receiptOf({ id: 'new', receivedAtMs: noonMs, costNanoUsd: 9n }))
      await opened.port.append(receiptOf({ id: 'old', receivedAtMs: noonMs - 1, costNanoUsd: 5n }))
      const { rows } = await opened.port.usage({ ...everything, groupBy: 'hour' })
      expect(rows.map(({ group, costNanoUsd }) => [group, costNanoUsd])).toEqual([
        ['2026-11-21T11:00Z', 5n],
        ['2026-11-21T12:00Z', 9n],
      ])
    })

    test('groups by a field of the metadata, whatever its name', async () => {
      await using opened = await open()
      const mark = (id: string, metadata: Record<string, string>, costNanoUsd: bigint): Promise<void> =>
        opened.port.append(receiptOf({ id, costNanoUsd, tags: { user: null, metadata } }))
      await mark('r1', { 'te"am': 'x', other: 'y' }, 3n)
      await mark('r2', { 'te"am': 'x' }, 4n)
      await mark('r3', { 'te"am': 'y' }, 5n)
      await mark('r4', { other: 'x' }, 1n)
      const { rows } = await opened.port.usage({ ...everything, groupBy: 'tag', tag: 'te"am' })
      expect(rows.map(({ group, costNanoUsd }) => [group, costNanoUsd])).toEqual([
        ['x', 7n],
        ['y', 5n],
        ['(none)', 1n],
      ])
      const other = await opened.port.usage({ ...everything, groupBy: 'tag', tag: 'constructor' })
      expect(other.rows).toMatchObject([{ group: '(none)', requests: 4 }])
    })

    test('lists the newest first, page by page, each once', async () => {
      await using opened = await open()
      const bob = { id: 'key_bob', name: 'Bob' }
      for (let n = 0; n < 9; n += 1)
        await opened.port.append(
          receiptOf({ id: `r${n}`, receivedAtMs: 1_000 + Math.floor(n / 4), ...(n === 5 ? { caller: bob } : {}) }),
        )
      const ids: string[] = []
      for (let after: ReceiptPlace | null = null; ;) {
        const page: readonly ReceiptLine[] = await opened.port.recent({ callerId: null, after, limit: 2 })
        ids.push(...page.map(({ id }) => id))
        after = page.at(-1) ?? null
        if (!after) break
      }
      expect(ids).toEqual(['r8', 'r7', 'r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0'])
      const his = await opened.port.recent({ callerId: 'key_bob', after: null, limit: 2 })
      expect(his.map(({ id }) => id)).toEqual(['r5'])
    })

    test('shows a receipt in a line as it is', async () => {
      await using opened = await open()
      await opened.port.append(receiptOf({ id: 'r1' }))
      await opened.port.append(receiptOf({ id: 'r0', served: null, usage: null, costNanoUsd: null, task: null }))
      const [first, second] = await opened.port.recent({ callerId: null, after: null, limit: 2 })
      expect(first).toMatchObject({
        id: 'r1',
        caller: { id: 'key_ada', name: 'Ada' },
        task: 'qa',
        tries: 1,
        inputTokens: 1200,
        outputTokens: 300,
        costNanoUsd: 9_007_199_254_740_993n,
        firstTokenMs: 212.5,
        totalMs: 834,
      })
      expect(second).toMatchObject({ task: null, served: null, inputTokens: null, costNanoUsd: null })
    })

    test('sums what was marked with one user, by what it was spent on', async () => {
      await using opened = await open()
      const mark = (id: string, user: string | null, costNanoUsd: bigint): Promise<void> =>
        opened.port.append(receiptOf({ id, costNanoUsd, tags: { user, metadata: {} } }))
      await Promise.all([
        mark('r1', 'team-x', 3n),
        mark('r2', 'team-y', 5n),
        mark('r3', null, 7n),
        mark('r4', 'team-x', 4n),
      ])
      const report = await opened.port.usage({ ...everything, user: 'team-x', groupBy: 'model' })
      expect(report.rows).toMatchObject([{ group: 'gpt-6-luna', requests: 2, costNanoUsd: 7n }])
      expect(report.total).toMatchObject({ requests: 2, costNanoUsd: 7n })
      expect(report.outcomes).toEqual({ complete: 2 })
    })

    test('names a caller by id and name, once where they are the same', async () => {
      await using opened = await open()
      await opened.port.append(receiptOf({ id: 'r1', costNanoUsd: 2n, caller: { id: 'key_ada', name: 'Ada' } }))
      await opened.port.append(receiptOf({ id: 'r2', costNanoUsd: 1n, caller: { id: 'local', name: 'local' } }))
      const { rows } = await opened.port.usage({ ...everything, groupBy: 'caller' })
      expect(rows.map(({ group }) => group)).toEqual(['key_ada Ada', 'local'])
    })

    test('puts the dearest group first and receipts without one under (none)', async () => {
      await using opened = await open()
      await opened.port.append(receiptOf({ id: 'r1', costNanoUsd: 1n }))
      await opened.port.append(receiptOf({ id: 'r2', costNanoUsd: 0n, served: null }))
      await opened.port.append(
        receiptOf({
          id: 'r3',
          costNanoUsd: 2n,
          served: { provider: 'anthropic', model: 'claude', answeredModel: 'claude' },
        }),
      )
      const { rows } = await opened.port.usage(everything)
      expect(rows.map(({ group }) => group)).toEqual(['anthropic', 'openai', '(none)'])
    })

    test('counts hits, failures, callers who left, unknown prices and estimates apart', async () => {
      await using opened = await open()
      const usage = receiptOf({ id: 'r' }).usage
      const receipts = [
        receiptOf({ id: 'r1', cache: 'exact', costNanoUsd: 0n, savedNanoUsd: 7n }),
        receiptOf({ id: 'r2', cache: 'shared', costNanoUsd: 0n, savedNanoUsd: 4n }),
        receiptOf({ id: 'r3', outcome: 'client_aborted', usage: usage && { ...usage, source: 'estimated' } }),
        receiptOf({ id: 'r4', outcome: 'upstream_error', costNanoUsd: null }),
        receiptOf({ id: 'r5', outcome: 'failed', costNanoUsd: 0n, usage: null, served: null }),
        receiptOf({ id: 'r6', outcome: 'deadline_exceeded', costNanoUsd: 0n, usage: null }),
        receiptOf({ id: 'not summed', simulated: true }),
        receiptOf({ id: 'not hers', caller: { id: 'key_bob', name: 'Bob' } }),
      ]
      for (const receipt of receipts) await opened.port.append(receipt)
      const report = await opened.port.usage({ ...everything, callerId: 'key_ada' })
      expect(report.total).toEqual({
        group: 'total',
        requests: 6,
        cacheHits: 2,
        failures: 3,
        abandoned: 1,
        inputTokens: 4800,
        outputTokens: 1200,
        cacheReadTokens: 4000,
        reasoningTokens: 480,
        costNanoUsd: 9_007_199_254_740_993n,
        savedNanoUsd: 11n,
        unpricedRequests: 1,
        estimatedRequests: 1,
        averageMs: 834,
      })
      expect(report.outcomes).toEqual({
        complete: 2,
        client_aborted: 1,
        upstream_error: 1,
        failed: 1,
        deadline_exceeded: 1,
      })
    })

    test('reports nothing as zeros', async () => {
      await using opened = await open()
      const report = await opened.port.usage(everything)
      expect(report.rows).toEqual([])
      expect(report.outcomes).toEqual({})
      expect(report.total).toMatchObject({ requests: 0, costNanoUsd: 0n, averageMs: 0 })
    })

    test('prunes what was received before a moment, and says how many', async () => {
      await using opened = await open()
      // More than one chunk of a store that deletes in chunks.
      await Promise.all(
        Array.from({ length: 1200 }, (_, index) =>
          opened.port.append(receiptOf({ id: `r${index}`, receivedAtMs: index })),
        ),
      )
      expect(await opened.port.prune(1100)).toBe(1100)
      expect(await opened.port.prune(1100)).toBe(0)
      expect(await opened.port.find('r1099')).toBeNull()
      expect(await opened.port.find('r1100')).not.toBeNull()
    })
  })
}

const keyOf = (id: string): KeyRecord => ({
  id,
  name: `Key ${id}`,
  scope: 'use',
  sha256: id.padEnd(64, '0'),
  createdAtMs: 1_763_000_000_000,
  revokedAtMs: null,
})

/** What every store of keys must do. */
export const describeDirectory = (store: string, open: Open<Directory>): void => {
  describe(`${store} directory`, () => {
    test('lists keys as they were made', async () => {
      await using opened = await open()
      await opened.port.create(keyOf('a'))
      await opened.port.create({ ...keyOf('b'), scope: 'admin' })
      expect(await opened.port.keys()).toEqual([keyOf('a'), { ...keyOf('b'), scope: 'admin' }])
    })

    test('revokes a key once, and keeps it on the list', async () => {
      await using opened = await open()
      await opened.port.create(keyOf('a'))
      expect(await opened.port.revoke('a', 5)).toBe(true)
      expect(await opened.port.revoke('a', 6)).toBe(false)
      expect(await opened.port.revoke('b', 6)).toBe(false)
      expect(await opened.port.keys()).toEqual([{ ...keyOf('a'), revokedAtMs: 5 }])
    })

    test('finds a key by the hash of its secret, as it is now', async () => {
      await using opened = await open()
      for (const id of ['a', 'b', 'c']) await opened.port.create(keyOf(id))
      expect(await opened.port.find(keyOf('b').sha256)).toEqual(keyOf('b'))
      expect(await opened.port.find('0'.repeat(64))).toBeNull()
      await opened.port.revoke('b', 5)
      expect(await opened.port.find(keyOf('b').sha256)).toEqual({ ...keyOf('b'), revokedAtMs: 5 })
    })

    test('takes neither an id nor a secret twice', async () => {
      await using opened = await open()
      await opened.port.create(keyOf('a'))
      await expect(opened.port.create({ ...keyOf('a'), sha256: 'f'.repeat(64) })).rejects.toThrow()
      await expect(opened.port.create({ ...keyOf('b'), sha256: keyOf('a').sha256 })).rejects.toThrow()
      expect(await opened.port.keys()).toHaveLength(1)
    })
  })
}

/** What every store of counters must do. */
export const describeCounters = (store: string, open: Open<Counters>): void => {
  describe(`${store} counters`, () => {
    test('counts down, refuses, and lets the next in when the oldest hit leaves the window', async () => {
      await using opened = await open()
      const hit = (nowMs: number) => opened.port.hit({ key: 'k', nowMs, windowMs: 1000, max: 2 })
      expect(await hit(0)).toEqual({ allowed: true, remaining: 1, resetMs: 1000 })
      expect(await hit(400)).toEqual({ allowed: true, remaining: 0, resetMs: 600 })
      expect(await hit(900)).toEqual({ allowed: false, retryAfterMs: 100 })
      expect(await hit(999)).toEqual({ allowed: false, retryAfterMs: 1 })
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
      await opened.port.unhit({ key: 'k', atMs: 4 })
      await opened.port.unhit({ key: 'other', atMs: 5 })
      expect(await hit()).toMatchObject({ allowed: false })
      await opened.port.unhit({ key: 'k', atMs: 5 })
      expect(await hit()).toMatchObject({ allowed: true, remaining: 0 })
      expect(await hit()).toMatchObject({ allowed: false })
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
      expect(await opened.port.hit({ key: 'k', nowMs: 300, windowMs: 1000, max: 1 })).toEqual({
        allowed: false,
        retryAfterMs: 900,
      })
      expect(await opened.port.hit({ key: 'new', nowMs: 300, windowMs: 1000, max: 0 })).toEqual({
        allowed: false,
        retryAfterMs: 1000,
      })
    })

    test('stays exact when the clock steps back a little, and forgets hits of a clock that was far ahead', async () => {
      await using opened = await open()
      const hit = (nowMs: number) => opened.port.hit({ key: 'k', nowMs, windowMs: 1000, max: 2 })
      await hit(10_000)
      await hit(9_990)
      expect(await hit(10_000)).toEqual({ allowed: false, retryAfterMs: 990 })
      expect(await hit(1_000)).toMatchObject({ allowed: true, remaining: 1 })
    })
  })
}

/** What every store of remembered answers must do, bounded by `maxBytes` and living by the clock that it is given. */
export const describeEntries = (
  store: string,
  open: (options: { maxBytes: number; clock: { now(): number } }) => ReturnType<Open<Entries>>,
): void => {
  describe(`${store} entries`, () => {
    const still = { now: () => 0 }

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
      expect(await opened.port.stats(null)).toMatchObject({ entries: 2 })
    })

    test('tells its questions, and each that comes or goes', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      const near = { partition: 'p', text: 'Who?', vector: Float32Array.of(1, 0) }
      await opened.port.set(entryOf({ key: 'a', near }))
      await opened.port.set(entryOf({ key: 'b' }))
      expect(await Array.fromAsync(opened.port.questions())).toEqual([{ id: 'ent_a', near }])

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

    test('has another epoch after each advance, of one scope or of all', async () => {
      await using opened = await open({ maxBytes: 1000, clock: still })
      const { port } = opened
      const [ada, bob] = [await port.epoch('ada'), await port.epoch('bob')]
      expect(await port.epoch('ada')).toBe(ada)
      await port.advance('ada')
      const next = await port.epoch('ada')
      expect(next).not.toBe(ada)
      expect(await port.epoch('bob')).toBe(bob)
      await port.advance(null)
      expect(new Set([ada, next, await port.epoch('ada')]).size).toBe(3)
      expect(await port.epoch('bob')).not.toBe(bob)
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
