import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatUsd, parseUsd } from '../../src/contract/money.ts'

test('dollars have nine places and never an exponent', () => {
  expect(formatUsd(0n)).toBe('0.000000000')
  expect(formatUsd(1n)).toBe('0.000000001')
  expect(formatUsd(20_000n)).toBe('0.000020000')
  expect(formatUsd(12_345_678_901_234_567_890n)).toBe('12345678901.234567890')
  expect(formatUsd(-1_500_000_000n)).toBe('-1.500000000')
})

test('what is printed reads back as the same amount', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (amount) => parseUsd(formatUsd(amount)) === amount))
})

test('numbers are read exactly, also those that JavaScript prints with an exponent', () => {
  expect(parseUsd(0.05)).toBe(50_000_000n)
  expect(parseUsd(1e-7)).toBe(100n)
  expect(parseUsd(1.5e-7)).toBe(150n)
  expect(parseUsd(1e-12)).toBe(0n)
  expect(parseUsd(1.5e21)).toBe(1_500_000_000_000_000_000_000n * 1_000_000_000n)
})

test('what is not an amount is refused', () => {
  for (const wrong of ['', '-1', '1,5', 'NaN', '0x10', '1e3', ' ', '.5'])
    expect(() => parseUsd(wrong), wrong).toThrow(RangeError)
  for (const wrong of [NaN, Infinity, -1]) expect(() => parseUsd(wrong)).toThrow(RangeError)
})
