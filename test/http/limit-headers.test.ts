import { expect, test } from 'vitest'
import { limitHeaders } from '../../src/http/limit-headers.ts'

test.each([
  [0, '0ms'],
  [119.2, '120ms'],
  [1_000, '1s'],
  [7_660, '7.66s'],
  [59_999.5, '1m0s'],
  [360_000, '6m0s'],
  [3_600_000, '1h0m0s'],
  [86_399_001, '23h59m59.001s'],
])('%d ms are told as %s', (resetMs, said) => {
  expect(limitHeaders({ tokens: { limit: 10, remaining: 4, resetMs } })).toEqual({
    'x-ratelimit-limit-tokens': '10',
    'x-ratelimit-remaining-tokens': '4',
    'x-ratelimit-reset-tokens': said,
  })
})

test('who has no limits is told nothing', () => {
  expect(limitHeaders()).toEqual({})
  expect(limitHeaders({})).toEqual({})
})
