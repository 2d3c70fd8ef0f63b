import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullJitterMs } from '../../src/lib/backoff.ts'

test('waits between nothing and the doubled base, never longer than the bound', () => {
  fc.assert(
    fc.property(
      fc.nat(40),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, baseDelayMs, maxDelayMs, chance) => {
        const waitMs = fullJitterMs({ attempt, baseDelayMs, maxDelayMs, random: () => chance })
        expect(waitMs).toBeGreaterThanOrEqual(0)
        expect(waitMs).toBeLessThanOrEqual(Math.min(maxDelayMs, baseDelayMs * 2 ** attempt))
      },
    ),
  )
})
