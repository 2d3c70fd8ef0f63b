import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSum } from '../../src/sandbox/arithmetic.ts'

describe('findSum', () => {
  test.each([
    ['What is 12 * (3 + 4)?', 84],
    ['2+2', 4],
    ['7 times 8, please', 56],
    ['10 divided by 4', 2.5],
    ['0.1 + 0.2', 0.3],
    ['2 ^ 3 ^ 2', 512],
    ['8 - 3 - 2', 3],
    ['3 * -2', -6],
    ['6 x 7', 42],
  ])('works out %s', (text, value) => expect(findSum(text)?.value).toBe(value))

  test.each(['Meet me on 2026-11-05', 'Call 555', 'x + y', '1 / 0', '(1 + 2', ''])('finds no sum in "%s"', (text) =>
    expect(findSum(text)).toBeNull(),
  )

  test('agrees with JavaScript on products of sums', () => {
    const term = fc.integer({ min: 0, max: 999 })
    fc.assert(
      fc.property(term, term, term, (a, b, c) => {
        expect(findSum(`(${a} + ${b}) * ${c}`)?.value).toBe((a + b) * c)
      }),
    )
  })

  test('never throws', () => {
    const text = fc.string({
      unit: fc.constantFrom('1', '2.5', '(', ')', '+', '-', '*', '/', '^', ' ', 'x'),
      maxLength: 300,
    })
    fc.assert(fc.property(text, (sum) => void findSum(sum)))
  })
})
