import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lowerBound, upperBound } from '../../src/lib/clopper-pearson.ts'

describe('the upper bound of a rate', () => {
  test.each([
    // Without a failure it is 1 - 0.05^(1/n); the others are R's binom.test(k, n, alternative = 'less').
    [0, 299, 0.00996931],
    [0, 59, 0.04950761],
    [1, 10, 0.39416325],
    [47, 8_081, 0.00741],
    [5, 5, 1],
    [0, 0, 1],
  ])('of %i in %i is %f', (failures, trials, bound) => {
    expect(upperBound(failures, trials)).toBeCloseTo(bound, 4)
  })

  test('lies above the rate, falls with more trials and rises with more failures', () => {
    const counts = fc
      .integer({ min: 1, max: 5_000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n - 1 }), fc.constant(n)))
    fc.assert(
      fc.property(counts, ([failures, trials]) => {
        const bound = upperBound(failures, trials)
        expect(bound).toBeGreaterThan(failures / trials)
        expect(upperBound(failures, trials + 1)).toBeLessThan(bound)
        expect(upperBound(failures + 1, trials)).toBeGreaterThan(bound)
      }),
      { numRuns: 100 },
    )
  })

  test('has a lower bound beside it, which lies as far on the other side of failures and successes', () => {
    expect(lowerBound(9, 10)).toBeCloseTo(1 - 0.39416325, 6)
    expect([lowerBound(0, 10), lowerBound(0, 0)]).toEqual([0, 0])
    expect(lowerBound(17, 182)).toBeCloseTo(0.0606, 3)
  })

  test('grows with the confidence that is asked for', () => {
    expect(upperBound(3, 400, 0.99)).toBeGreaterThan(upperBound(3, 400))
  })
})
