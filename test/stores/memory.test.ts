import { describe, expect, test } from 'vitest'
import { createCounters } from '../../src/stores/memory/counters.ts'
import { createDirectory } from '../../src/stores/memory/directory.ts'
import { createEntries } from '../../src/stores/memory/entries.ts'
import { createReceipts } from '../../src/stores/memory/receipts.ts'
import { describeCounters, describeDirectory, describeEntries, describeReceipts } from '../conformance/store.ts'
import { receiptOf } from './receipt-of.ts'

const nothingToClose = async (): Promise<void> => {}

describeReceipts('memory', async () => ({ port: createReceipts(10_000), [Symbol.asyncDispose]: nothingToClose }))
describeDirectory('memory', async () => ({ port: createDirectory(), [Symbol.asyncDispose]: nothingToClose }))
describeCounters('memory', async () => ({ port: createCounters(), [Symbol.asyncDispose]: nothingToClose }))
describeEntries('memory', async (options) => ({ port: createEntries(options), [Symbol.asyncDispose]: nothingToClose }))

describe('memory receipts alone', () => {
  test('forget the oldest beyond their capacity', async () => {
    const receipts = createReceipts(2)
    for (const id of ['r1', 'r2', 'r3']) await receipts.append(receiptOf({ id }))
    expect(await receipts.find('r1')).toBeNull()
    expect(await receipts.find('r3')).not.toBeNull()
  })
})
