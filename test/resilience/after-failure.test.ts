import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { ErrorCode } from '../../src/contract/errors.ts'
import { moveAfterFailure } from '../../src/resilience/after-failure.ts'

const settings = {
  maxTries: 2,
  baseDelayMs: 100,
  maxDelayMs: 1000,
  maxRetryAfterMs: 2000,
  breaker: { windowMs: 1, minCalls: 1, failureRatio: 1, slowMs: 1, restMs: 1, accountRestMs: 1 },
}
const move = (
  code: ErrorCode,
  situation: {
    tries?: number
    hasOtherKey?: boolean
    hasOtherCandidate?: boolean
    remainingMs?: number
    retryAfterMs?: number
  } = {},
): ReturnType<typeof moveAfterFailure> => {
  const { retryAfterMs, ...rest } = situation
  const error = new GatewayError(code, 'x', { retryAfterMs })
  const usual = { error, tries: 1, hasOtherKey: false, hasOtherCandidate: false, remainingMs: 60_000 }
  return moveAfterFailure({ ...usual, ...rest }, settings, () => 0.5)
}

test('a refused or limited key hands over to the backup key', () => {
  for (const code of ['provider_auth', 'provider_out_of_credit', 'provider_rate_limited'] as const)
    expect(move(code, { hasOtherKey: true })).toEqual({ move: 'next_key' })
})

test('without a backup key a refused one fails over', () => {
  expect(move('provider_auth')).toEqual({ move: 'next_candidate' })
})

test('a passing fault is retried with full jitter', () => {
  expect(move('provider_failed')).toEqual({ move: 'retry', delayMs: 50 })
})

test('Retry-After is honoured when it is short enough to wait for', () => {
  expect(move('provider_rate_limited', { retryAfterMs: 1500 })).toEqual({ move: 'retry', delayMs: 1500 })
  expect(move('provider_overloaded', { retryAfterMs: 2001 })).toEqual({ move: 'next_candidate' })
})

test('no retry that would end after the deadline', () => {
  expect(move('provider_rate_limited', { retryAfterMs: 1500, remainingMs: 1500 })).toEqual({ move: 'next_candidate' })
})

test('tries are counted', () => {
  expect(move('provider_timeout', { tries: 2 })).toEqual({ move: 'next_candidate' })
})

test('silence fails over at once, and is borne again only where there is nobody else', () => {
  for (const code of ['provider_timeout', 'provider_stalled'] as const) {
    expect(move(code, { hasOtherCandidate: true })).toEqual({ move: 'next_candidate' })
    expect(move(code)).toEqual({ move: 'retry', delayMs: 50 })
  }
})

test('a request that a provider finds fault with is not hawked around', () => {
  expect(move('provider_rejected')).toEqual({ move: 'give_up' })
  expect(move('content_filtered')).toEqual({ move: 'give_up' })
})

test('what another deployment may do better fails over at once', () => {
  for (const code of [
    'context_length_exceeded',
    'provider_model_missing',
    'provider_circuit_open',
    'provider_busy',
  ] as const)
    expect(move(code)).toEqual({ move: 'next_candidate' })
})
