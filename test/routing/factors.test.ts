import { readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProviderHealth } from '../../src/contract/health.ts'
import type { Forecast } from '../../src/contract/plan.ts'
import { cost } from '../../src/routing/factors/cost.ts'
import type { Facts, Factor } from '../../src/routing/factors/factor.ts'
import { health } from '../../src/routing/factors/health.ts'
import { factors } from '../../src/routing/factors/index.ts'
import { latency } from '../../src/routing/factors/latency.ts'
import { quality } from '../../src/routing/factors/quality.ts'
import { weigh } from '../../src/routing/score.ts'
import { card, healthView, settings } from './support.ts'

const forecast: Forecast = {
  inputTokens: 100,
  outputTokens: 300,
  maxOutputTokens: 8_000,
  estimatedCostNanoUsd: 100_000n,
  worstCaseCostNanoUsd: 1_000_000n,
  firstTokenMs: 500,
  totalMs: 3_500,
}

const facts = (given: Partial<Facts> = {}): Facts => ({
  card: card('a:model'),
  task: 'qa',
  forecast,
  health: healthView({}).provider('a'),
  cheapestNanoUsd: 100_000n,
  defaultQuality: 0.4,
  ...given,
})

const valueOf = (factor: Factor, given: Partial<Facts>): number => factor.judge(facts(given))

const costing = (estimatedCostNanoUsd: bigint | null): Partial<Facts> => ({
  forecast: { ...forecast, estimatedCostNanoUsd },
})
const taking = (totalMs: number): Partial<Facts> => ({ forecast: { ...forecast, totalMs } })
const liking = (mean: number, weight: number): Partial<Facts> => ({
  card: card('a:model', { quality: { qa: { mean, weight } } }),
})
const feeling = (given: Partial<ProviderHealth>): Partial<Facts> => ({
  health: { ...healthView({}).provider('a'), ...given },
})

test('every file of the folder is in the list, and every weight of the configuration has its factor', () => {
  const folder = path.resolve(import.meta.dirname, '../../src/routing/factors')
  const files = readdirSync(folder).map((file) => path.basename(file, '.ts'))
  const names = factors.map(({ name }) => name)
  expect(files.filter((file) => file !== 'index' && file !== 'factor').toSorted()).toEqual([...names].toSorted())
  expect(names.toSorted()).toEqual(Object.keys(settings.profiles.balanced).toSorted())
})

test.each(factors)('$name gives a value from 0 to 1 and its reason for whatever is known', ({ judge, explain }) => {
  fc.assert(
    fc.property(
      fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
      fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.nat({ max: 1_000 }),
      fc.nat({ max: 1_000 }),
      fc.constantFrom('closed' as const, 'half_open' as const, 'open' as const),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (estimate, cheapestNanoUsd, totalMs, calls, failures, circuit, mean) => {
        const given = facts({
          ...liking(mean, 3),
          ...feeling({ calls, failures, circuit, inFlight: failures }),
          forecast: { ...forecast, estimatedCostNanoUsd: estimate, totalMs },
          cheapestNanoUsd,
        })
        expect(judge(given)).toBeGreaterThanOrEqual(0)
        expect(judge(given)).toBeLessThanOrEqual(1)
        expect(explain(given)).not.toBe('')
      },
    ),
  )
})

describe('cost', () => {
  test('is 1 for the cheapest, loses a third with every tenfold and is 0 from a thousand times on', () => {
    expect(valueOf(cost, costing(100_000n))).toBe(1)
    expect(valueOf(cost, costing(1_000_000n))).toBeCloseTo(2 / 3)
    expect(valueOf(cost, costing(10_000_000n))).toBeCloseTo(1 / 3)
    expect(valueOf(cost, costing(100_000_000n))).toBeCloseTo(0)
    expect(valueOf(cost, costing(10_000_000_000n))).toBe(0)
  })

  test('takes an unknown price for the dearest, and a free model for one of a thousandth of a cent', () => {
    expect(valueOf(cost, costing(null))).toBe(0)
    expect(valueOf(cost, { ...costing(100_000n), cheapestNanoUsd: 0n })).toBeCloseTo(2 / 3)
  })

  test('falls as the cost rises', () => {
    falls(fc.bigInt({ min: 0n, max: 10n ** 10n }), (amount) => valueOf(cost, costing(amount)))
  })
})

describe('quality', () => {
  test('is the prior drawn toward the default, more so the less it weighs', () => {
    expect(valueOf(quality, liking(0.9, 5))).toBeCloseTo(0.65)
    expect(valueOf(quality, liking(0.9, 45))).toBeCloseTo(0.85)
    expect(valueOf(quality, { card: card('a:model', { quality: {} }) })).toBe(0.4)
  })

  test('rises with the prior', () => {
    falls(fc.double({ min: 0, max: 1, noNaN: true }), (mean) => -valueOf(quality, liking(mean, 10)))
  })
})

describe('latency', () => {
  test('is 1 at half a second and 0 at two minutes', () => {
    expect(valueOf(latency, taking(500))).toBe(1)
    expect(valueOf(latency, taking(10))).toBe(1)
    expect(valueOf(latency, taking(120_000))).toBeCloseTo(0)
    expect(valueOf(latency, taking(Math.sqrt(500 * 120_000)))).toBeCloseTo(0.5)
  })

  test('falls as the time rises', () => {
    falls(fc.integer({ min: 0, max: 1_000_000 }), (ms) => valueOf(latency, taking(ms)))
  })
})

describe('health', () => {
  test('is 1 without calls, the share of successes with many, little on trial and 0 at rest', () => {
    expect(valueOf(health, feeling({}))).toBe(1)
    expect(valueOf(health, feeling({ calls: 995, failures: 500 }))).toBeCloseTo(0.5)
    expect(valueOf(health, feeling({ circuit: 'half_open' }))).toBe(0.25)
    expect(valueOf(health, feeling({ circuit: 'open' }))).toBe(0)
  })

  test('halves where every slot is taken', () => {
    expect(valueOf(health, feeling({ inFlight: 10, maxConcurrent: 10 }))).toBe(0.5)
    expect(valueOf(health, feeling({ inFlight: 9, maxConcurrent: 10 }))).toBe(1)
  })

  test('falls as failures rise', () => {
    falls(fc.nat({ max: 100 }), (failures) => valueOf(health, feeling({ calls: 100, failures })))
  })
})

test('a request that wants nothing special is weighed by the balanced profile', () => {
  expect(weigh({}, settings.profiles)).toEqual(settings.profiles.balanced)
  expect(weigh({ lowCost: false }, settings.profiles)).toEqual(settings.profiles.balanced)
  expect(weigh({ highQuality: true }, settings.profiles)).toEqual(settings.profiles.high_quality)
})

/** Whatever the values, a higher one never measures more. */
const falls = <Value extends number | bigint>(values: fc.Arbitrary<Value>, measure: (value: Value) => number): void =>
  fc.assert(
    fc.property(values, values, (one, other) => {
      if (one <= other) expect(measure(other)).toBeLessThanOrEqual(measure(one))
      else expect(measure(one)).toBeLessThanOrEqual(measure(other))
    }),
  )
