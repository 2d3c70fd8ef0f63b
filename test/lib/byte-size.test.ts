import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { byteSizeOf } from '../../src/lib/byte-size.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

const heapBytes = (): number => {
  if (typeof collectGarbage === 'function') collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Events as they arrive: parsed, so that every text is its own. */
const streamOf = (word: string): unknown =>
  JSON.parse(
    JSON.stringify(Array.from({ length: 50_000 }, (_, index) => ({ type: 'text', choice: 0, text: word + index }))),
  )

test.each([
  ['short Latin', 'word '],
  ['long Latin', 'a sentence that a model may well write, '.repeat(20)],
  ['two-byte', 'слово '],
])('is what a stream of %s texts takes, or somewhat more', (_name, word) => {
  const before = heapBytes()
  const events = streamOf(word)
  const grown = heapBytes() - before
  const estimate = byteSizeOf(events)
  expect(grown).toBeGreaterThan(1_000_000)
  expect(estimate).toBeGreaterThan(grown)
  expect(estimate).toBeLessThan(4 * grown)
})

test('grows with the text by two bytes a unit', () => {
  const sizeOf = (length: number): number => byteSizeOf([{ type: 'text', text: 'x'.repeat(length) }])
  expect(sizeOf(1500) - sizeOf(500)).toBe(2000)
})
