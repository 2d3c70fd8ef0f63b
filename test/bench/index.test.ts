import { expect, test } from 'vitest'
import { measureIndex, measureSnapshot } from './index/measure.ts'
import { tableOf } from './index/table.ts'

test('the bench of the index holds it against brute force, and a snapshot against its entries', async () => {
  const row = await measureIndex({ size: 300, asked: 20 })
  expect(row).toMatchObject({ size: 300, recall: 1 })
  expect(row.bytesPerEntry).toBeGreaterThan(384 * 4)
  expect(tableOf([row]).trim().split('\n')).toHaveLength(3)
  const snapshot = await measureSnapshot({ size: 400 })
  expect(snapshot.bytes).toBeGreaterThan(400 * 384 * 4)
})
