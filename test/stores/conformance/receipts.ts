import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { usageGroupings } from '../../../src/contract/store.ts'
import type { ReceiptLine, ReceiptPlace, Receipts, UsageQuery } from '../../../src/contract/store.ts'
import { createReceipts as createMemoryReceipts } from '../../../src/stores/memory/receipts.ts'
import { anyReceipt, oddNames, receiptOf } from '../receipt-of.ts'
import type { Open } from './open.ts'

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

    test('reports what the memory store reports of the same receipts', async () => {
      await using opened = await open()
      const memory = createMemoryReceipts(10_000)
      const query = fc.record({
        callerId: fc.option(fc.constant('key_ada')),
        fromMs: fc.integer({ min: Date.UTC(2026, 10, 19), max: Date.UTC(2026, 10, 22) }),
        untilMs: fc.integer({ min: Date.UTC(2026, 10, 20), max: Date.UTC(2026, 10, 24) }),
        groupBy: fc.constantFrom(...usageGroupings),
        tag: fc.constantFrom(...oddNames),
        simulated: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(anyReceipt, { maxLength: 30 }), query, async (receipts, asked) => {
          await Promise.all(receipts.flatMap((receipt) => [opened.port.append(receipt), memory.append(receipt)]))
          expect(await opened.port.usage(asked)).toEqual(await memory.usage(asked))
          const list = { callerId: asked.callerId, limit: 7, after: receipts[0] ?? null }
          expect(await opened.port.recent(list)).toEqual(await memory.recent(list))
        }),
        { numRuns: 60 },
      )
    })

    test('keeps texts of any kind, those that a database cannot hold as they are among them', async () => {
      await using opened = await open()
      const odd = "nul \0, half a pair \ud800, a quote ' and a \\u0000"
      const receipt = receiptOf({
        id: 'odd',
        requestedModel: odd,
        tags: { user: odd, metadata: { [odd]: odd, team: odd } },
      })
      await opened.port.append(receipt)
      expect(await opened.port.find('odd')).toEqual(receipt)
      const { rows } = await opened.port.usage({ ...everything, groupBy: 'tag', tag: 'team' })
      expect(rows.map(({ requests }) => requests)).toEqual([1])
    })
  })
}
