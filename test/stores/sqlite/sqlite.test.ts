import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { usageGroupings } from '../../../src/contract/store.ts'
import { createReceipts as createMemoryReceipts } from '../../../src/stores/memory/receipts.ts'
import { openDatabase } from '../../../src/stores/sqlite/database.ts'
import { createDirectory } from '../../../src/stores/sqlite/directory.ts'
import { createReceipts } from '../../../src/stores/sqlite/receipts.ts'
import { describeDirectory, describeReceipts } from '../../conformance/store.ts'
import { anyReceipt, oddNames } from '../receipt-of.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const openReceipts = async () => {
  const folder = temporaryFolder()
  const database = openDatabase(folder.path)
  const receipts = createReceipts(database)
  return {
    port: receipts,
    [Symbol.asyncDispose]: async () => {
      await receipts[Symbol.asyncDispose]()
      database.close()
      folder[Symbol.dispose]()
    },
  }
}

describeReceipts('SQLite', openReceipts)

describeDirectory('SQLite', async () => {
  const folder = temporaryFolder()
  const database = openDatabase(folder.path)
  return {
    port: createDirectory(database),
    [Symbol.asyncDispose]: async () => {
      database.close()
      folder[Symbol.dispose]()
    },
  }
})

describe('SQLite reports', () => {
  test('are what the memory store says of the same receipts', async () => {
    await using opened = await openReceipts()
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
    )
  })
})
