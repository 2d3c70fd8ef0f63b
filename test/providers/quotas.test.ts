import { expect, test } from 'vitest'
import { readQuotas } from '../../src/providers/reply/quotas.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')

test.each<readonly [string, Record<string, string>, readonly object[]]>([
  [
    'OpenAI',
    {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    [
      { unit: 'requests', remaining: 59, limit: 60, resetsAtMs: nowMs + 1000 },
      { unit: 'tokens', remaining: 149_984, limit: 150_000, resetsAtMs: nowMs + 360_000 },
    ],
  ],
  [
    'Groq',
    { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '2m59.56s' },
    [{ unit: 'tokens', remaining: 0, limit: null, resetsAtMs: nowMs + 179_560 }],
  ],
  [
    'Anthropic',
    {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-21T12:00:07Z',
      'anthropic-ratelimit-input-tokens-remaining': '1000',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-21T12:01:00Z',
    },
    [
      { unit: 'requests', remaining: 0, limit: 50, resetsAtMs: nowMs + 7000 },
      { unit: 'tokens', remaining: 1000, limit: null, resetsAtMs: nowMs + 60_000 },
    ],
  ],
  [
    'Cerebras, in seconds',
    { 'x-ratelimit-remaining-requests-day': '5', 'x-ratelimit-reset-requests-day': '33011.382867' },
    [{ unit: 'requests', remaining: 5, limit: null, resetsAtMs: nowMs + 33_011_383 }],
  ],
  [
    'OpenRouter, in milliseconds since 1970',
    { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs + 30_000) },
    [{ unit: 'requests', remaining: 0, limit: 20, resetsAtMs: nowMs + 30_000 }],
  ],
  [
    'seconds since 1970',
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs / 1000 + 30) },
    [{ unit: 'requests', remaining: 0, limit: null, resetsAtMs: nowMs + 30_000 }],
  ],
  [
    'milliseconds',
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '120ms' },
    [{ resetsAtMs: nowMs + 120 }],
  ],
  ['no time', { 'x-ratelimit-remaining-requests': '0' }, []],
  ['no number', { 'x-ratelimit-remaining-requests': 'none', 'x-ratelimit-reset-requests': '1s' }, []],
  ['a time that cannot be read', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' }, []],
  ['a time that nobody waits for', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2d' }, []],
  ['nothing', { 'retry-after': '5' }, []],
])('reads %s', (_who, headers, expected) => {
  const read = readQuotas(headers, nowMs)
  expect(read).toHaveLength(expected.length)
  expect(read).toMatchObject(expected)
})
