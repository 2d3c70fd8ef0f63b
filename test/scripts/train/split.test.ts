import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPairs } from '../../../scripts/train/pairs.ts'
import { splitOf } from '../../../scripts/train/split.ts'
import { fnv1a } from '../../../src/lib/fnv1a.ts'

const name = fc.nat(60).map((at) => `question ${at}`)
const pairs = fc.array(fc.record({ a: name, b: name }), { maxLength: 60 })

test('keeps the two texts of a pair, and so whole clusters, on one side', () => {
  fc.assert(
    fc.property(pairs, (some) => {
      const split = splitOf(some)
      for (const { a, b } of some) expect(split(a)).toBe(split(b))
    }),
    { numRuns: 100 },
  )
})

test('hangs on nothing but the pairs: neither their order nor their direction', () => {
  fc.assert(
    fc.property(pairs, (some) => {
      const [one, other] = [splitOf(some), splitOf(some.map(({ a, b }) => ({ a: b, b: a })).reverse())]
      for (const { a } of some) expect(other(a)).toBe(one(a))
    }),
    { numRuns: 100 },
  )
})

test('goes by the hash of the smallest text of the cluster', () => {
  const split = splitOf([
    { a: 'c', b: 'b' },
    { a: 'd', b: 'c' },
  ])
  expect(split('d')).toBe(fnv1a('b') % 5 === 0 ? 'test' : 'train')
})

test('orders texts by their bytes, as Python does, not by their UTF-16 units', () => {
  // U+FF5E stands before U+1D7D8 by bytes and behind it by units.
  const [byBytes, byUnits] = ['\u{ff5e}', '\u{1d7d8}']
  expect(splitOf([{ a: byBytes, b: byUnits }])(byUnits)).toBe(fnv1a(byBytes) % 5 === 0 ? 'test' : 'train')
})

test('keeps about a fifth for the test', () => {
  const texts = Array.from({ length: 5_000 }, (_, at) => `How does number ${at} work?`)
  const split = splitOf(texts.map((text) => ({ a: text, b: text })))
  const kept = texts.filter((text) => split(text) === 'test').length
  expect(kept).toBeGreaterThan(900)
  expect(kept).toBeLessThan(1_100)
})

test('reads one pair a line, keeps the line, and refuses what is no pair', () => {
  const line = '{"a":"One?","b":"Two?","y":1}'
  expect(readPairs(`${line}\n\n`)).toEqual([{ a: 'One?', b: 'Two?', line }])
  expect(() => readPairs('{"a":"One?"}')).toThrow()
})
