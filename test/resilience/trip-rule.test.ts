import { expect, test } from 'vitest'
import { judge } from '../../src/resilience/trip-rule.ts'

const slowMs = 1000

test.each([
  ['a complete answer in time', null, 900, 'success'],
  ['a complete answer whose first token was late', null, 1001, 'failure'],
  ['a server error', 'provider_failed', 10, 'failure'],
  ['an overloaded provider', 'provider_overloaded', 10, 'failure'],
  ['a refused connection', 'provider_unreachable', 10, 'failure'],
  ['a break after the first token', 'provider_cut', 10, 'failure'],
  ['a stall after the first token', 'provider_stalled', 10, 'failure'],
  ['a reply that cannot be understood', 'provider_bad_reply', 10, 'failure'],
  ['a refused key', 'provider_auth', 10, 'account'],
  ['an account without credit', 'provider_out_of_credit', 10, 'account'],
  ['a fault found in the request', 'provider_rejected', 10, 'success'],
  ['a rate limit', 'provider_rate_limited', 10, 'neutral'],
  ['a caller who left early', 'caller_left', 10, 'neutral'],
  ['a caller who gave up waiting', 'caller_left', 1001, 'failure'],
  ['a deadline that left little time', 'deadline_exceeded', 10, 'neutral'],
  ['a deadline reached after a long silence', 'deadline_exceeded', 1001, 'failure'],
] as const)('%s is judged by who is to blame', (_what, errorCode, firstTokenMs, verdict) => {
  expect(judge({ errorCode, firstTokenMs }, slowMs)).toBe(verdict)
})
