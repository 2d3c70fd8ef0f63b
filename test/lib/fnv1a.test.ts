import { expect, test } from 'vitest'
import { fnv1a } from '../../src/lib/fnv1a.ts'

// From the test vectors of the hash's authors (draft-eastlake-fnv, appendix).
test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('hashes %j as its authors do', (text, hash) => {
  expect(fnv1a(text)).toBe(hash)
})

test('hashes bytes, not UTF-16 units', () => {
  // The bytes c3 a9, by hand.
  const step = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)
  expect(fnv1a('é')).toBe(step(step(0x811c9dc5, 0xc3), 0xa9) >>> 0)
})
