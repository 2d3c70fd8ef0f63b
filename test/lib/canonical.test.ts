import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/lib/canonical.ts'

/** The same value with the fields of every object in another order. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  const fields: [string, unknown][] = Object.entries(value)
  return Object.fromEntries(fields.toReversed().map(([key, field]) => [key, shuffled(field)]))
}

// As JSON.parse would give it: there is no negative zero in what JSON.stringify writes.
const anyJson = fc.jsonValue({ noUnicodeString: false }).map((value): unknown => JSON.parse(JSON.stringify(value)))

test('is the same text for the same fields in any order', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
    }),
  )
})

test('is the same text for equal values only, and JSON of the same value', () => {
  fc.assert(
    fc.property(anyJson, anyJson, (a, b) => {
      expect(canonicalJson(a) === canonicalJson(b)).toBe(isDeepStrictEqual(a, b))
      expect(JSON.parse(canonicalJson(a))).toEqual(a)
    }),
  )
})

test.each([
  [{ b: 1, a: [2, { d: null, c: 'x' }] }, '{"a":[2,{"c":"x","d":null}],"b":1}'],
  [{ left: undefined, kept: 0 }, '{"kept":0}'],
  [{ amount: 12n }, '{"amount":12n}'],
  ['\ud800', '"\\ud800"'],
  [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
])('writes %o as %s', (value, text) => expect(canonicalJson(value)).toBe(text))

test('keeps the order of an array', () => expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1])))

test.each([[[undefined]], [{ when: new Date(0) }], [new Map([['a', 1]])], [Number.NaN], [() => 1], [Symbol('s')]])(
  'refuses %o, which would read like something else',
  (value) => expect(() => canonicalJson(value)).toThrow(TypeError),
)
