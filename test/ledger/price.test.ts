import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Usage } from '../../src/contract/chat.ts'
import type { PriceRule, TokenRates } from '../../src/contract/price.ts'
import { costOf, dearestInput, isInForce, ratesAt } from '../../src/ledger/price.ts'

const flat = (input: bigint, output: bigint): TokenRates => ({
  input,
  output,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
})

const rule = (changes: Partial<PriceRule> = {}): PriceRule => ({
  id: 'p/m@2026-01-01',
  provider: 'p',
  model: 'm',
  fromMs: null,
  untilMs: null,
  windows: [],
  rates: flat(1_000_000n, 2_000_000n),
  tiers: [],
  source: 'test',
  asOf: '2026-01-01',
  ...changes,
})

const usage = (changes: Partial<Usage>): Usage => ({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  source: 'provider',
  ...changes,
})

describe('cost', () => {
  test('every class of tokens has its rate, and reasoning is output already', () => {
    const rates = {
      input: 4_000_000n,
      output: 20_000_000n,
      cacheRead: 200_000n,
      cacheWrite: 5_000_000n,
      cacheWrite1h: 8_000_000n,
    }
    const used = usage({
      inputTokens: 1000,
      cacheReadTokens: 300,
      cacheWriteTokens: 200,
      cacheWrite1hTokens: 100,
      outputTokens: 50,
      reasoningTokens: 40,
    })
    // 400 × 4 + 300 × 0.2 + 200 × 5 + 100 × 8 + 50 × 20 micro-dollars
    expect(costOf(rates, used)).toBe(4_460_000n)
  })

  test('a class without a rate is billed as input, an hour’s write as a write', () => {
    const used = usage({ inputTokens: 30, cacheReadTokens: 10, cacheWriteTokens: 10, cacheWrite1hTokens: 10 })
    expect(costOf(flat(1_000_000n, 0n), used)).toBe(30_000n)
    expect(costOf({ ...flat(1_000_000n, 0n), cacheWrite: 2_000_000n }, used)).toBe(50_000n)
  })

  test('is rounded half up, once', () => {
    const half = flat(500n, 499n)
    expect(costOf(half, usage({ inputTokens: 1 }))).toBe(1n)
    expect(costOf(half, usage({ outputTokens: 1 }))).toBe(0n)
    expect(costOf(half, usage({ inputTokens: 1, outputTokens: 1 }))).toBe(1n)
    expect(costOf(half, usage({ inputTokens: 3 }))).toBe(2n)
  })

  test('cached tokens that a provider left out of the input do not make it negative', () => {
    expect(costOf(flat(1_000_000n, 0n), usage({ inputTokens: 5, cacheReadTokens: 20 }))).toBe(20_000n)
  })

  const tokens = fc.integer({ min: 0, max: 2_000_000 })
  const rates = fc.record({
    input: fc.bigInt(0n, 100_000_000n),
    output: fc.bigInt(0n, 500_000_000n),
    cacheRead: fc.option(fc.bigInt(0n, 100_000_000n)),
    cacheWrite: fc.option(fc.bigInt(0n, 200_000_000n)),
    cacheWrite1h: fc.option(fc.bigInt(0n, 200_000_000n)),
  })
  const usages = fc
    .record({
      plain: tokens,
      cacheReadTokens: tokens,
      cacheWriteTokens: tokens,
      cacheWrite1hTokens: tokens,
      outputTokens: tokens,
    })
    .map(({ plain, ...rest }) =>
      usage({ ...rest, inputTokens: plain + rest.cacheReadTokens + rest.cacheWriteTokens + rest.cacheWrite1hTokens }),
    )

  test('is never negative, and never less for more', () => {
    fc.assert(
      fc.property(rates, usages, tokens, (table, used, more) => {
        const cost = costOf(table, used)
        expect(cost).toBeGreaterThanOrEqual(0n)
        expect(costOf(table, { ...used, outputTokens: used.outputTokens + more })).toBeGreaterThanOrEqual(cost)
        expect(costOf(table, { ...used, inputTokens: used.inputTokens + more })).toBeGreaterThanOrEqual(cost)
      }),
    )
  })

  test('of two calls is the cost of both together, but for the rounding of each', () => {
    fc.assert(
      fc.property(rates, usages, usages, (table, one, two) => {
        const both = usage({
          inputTokens: one.inputTokens + two.inputTokens,
          cacheReadTokens: one.cacheReadTokens + two.cacheReadTokens,
          cacheWriteTokens: one.cacheWriteTokens + two.cacheWriteTokens,
          cacheWrite1hTokens: one.cacheWrite1hTokens + two.cacheWrite1hTokens,
          outputTokens: one.outputTokens + two.outputTokens,
        })
        const difference = costOf(table, one) + costOf(table, two) - costOf(table, both)
        expect(difference).toBeGreaterThanOrEqual(-1n)
        expect(difference).toBeLessThanOrEqual(1n)
      }),
    )
  })

  test('never passes what all input would cost in its dearest class', () => {
    fc.assert(
      fc.property(rates, usages, (table, used) => {
        const dearest = costOf(
          flat(dearestInput(table), table.output),
          usage({ inputTokens: used.inputTokens, outputTokens: used.outputTokens }),
        )
        expect(costOf(table, used)).toBeLessThanOrEqual(dearest)
      }),
    )
  })
})

describe('tiers', () => {
  const low = flat(1n, 1n)
  const middle = flat(2n, 2n)
  const high = flat(3n, 3n)
  const tiered = (boundary: 'above' | 'at_or_above') =>
    rule({
      rates: low,
      tiers: [
        { inputTokens: 200, boundary, rates: high },
        { inputTokens: 100, boundary, rates: middle },
      ],
    })

  test.each([
    ['at_or_above', 99, low],
    ['at_or_above', 100, middle],
    ['at_or_above', 101, middle],
    ['at_or_above', 199, middle],
    ['at_or_above', 200, high],
    ['above', 99, low],
    ['above', 100, low],
    ['above', 101, middle],
    ['above', 200, middle],
    ['above', 201, high],
  ] as const)('%s, %i input tokens', (boundary, inputTokens, expected) => {
    expect(ratesAt(tiered(boundary), 0, inputTokens)).toBe(expected)
  })
})

describe('windows', () => {
  const base = flat(1n, 1n)
  const peak = flat(2n, 2n)
  const open = (startMinute: number, endMinute: number, weekdays: readonly number[] | null = null) =>
    rule({ rates: base, windows: [{ startMinute, endMinute, weekdays, rates: peak }] })

  test.each([
    ['00:59:59.999', base],
    ['01:00:00.000', peak],
    ['03:59:59.999', peak],
    ['04:00:00.000', base],
  ])('from 01:00 to 04:00 UTC, at %s', (time, expected) => {
    expect(ratesAt(open(60, 240), Date.parse(`2026-11-20T${time}Z`), 1)).toBe(expected)
  })

  test.each([
    ['16:29:59.999', base],
    ['16:30:00.000', peak],
    ['23:59:59.999', peak],
    ['00:00:00.000', peak],
    ['00:29:59.999', peak],
    ['00:30:00.000', base],
  ])('over midnight, at %s', (time, expected) => {
    expect(ratesAt(open(990, 30), Date.parse(`2026-11-20T${time}Z`), 1)).toBe(expected)
  })

  test('open on their weekdays only', () => {
    const workdays = open(60, 240, [1, 2, 3, 4, 5])
    expect(ratesAt(workdays, Date.parse('2026-11-20T02:00Z'), 1)).toBe(peak) // a Friday
    expect(ratesAt(workdays, Date.parse('2026-11-21T02:00Z'), 1)).toBe(base)
  })

  test('hold before 1970 and in any zone of the machine', () => {
    expect(ratesAt(open(60, 240), Date.parse('1969-12-31T02:00Z'), 1)).toBe(peak)
  })
})

test('a rule holds from its first moment until before its last', () => {
  const dated = rule({ fromMs: 100, untilMs: 200 })
  expect([99, 100, 199, 200].map((atMs) => isInForce(dated, atMs))).toEqual([false, true, true, false])
})
