import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBreaker } from '../../src/resilience/breaker.ts'
import type { Breaker } from '../../src/resilience/breaker.ts'

const settings = {
  windowMs: 10_000,
  minCalls: 4,
  failureRatio: 0.5,
  slowMs: 5000,
  restMs: 30_000,
  accountRestMs: 600_000,
}
const ok = { errorCode: null, firstTokenMs: 10 } as const
const failed = { errorCode: 'provider_failed', firstTokenMs: 10 } as const
const left = { errorCode: 'caller_left', firstTokenMs: 10 } as const

let breaker: Breaker

// opossum keeps its own time: the timers are the border here.
beforeEach(() => {
  vi.useFakeTimers()
  breaker = createBreaker({ name: 'p', settings, clock: { now: () => Date.now() } })
})
afterEach(() => {
  breaker.close()
  vi.useRealTimers()
})

const call = async (outcome: Parameters<NonNullable<ReturnType<Breaker['admit']>>['done']>[0]): Promise<boolean> => {
  const pass = await breaker.admit()
  pass?.done(outcome)
  await vi.advanceTimersByTimeAsync(0)
  return pass !== null
}

const open = async (): Promise<void> => {
  for (let n = 0; n < 4; n += 1) await call(failed)
  expect(breaker.state().circuit).toBe('open')
}

test('opens when the share of failures passes the ratio, not before enough calls were seen', async () => {
  for (let n = 0; n < 3; n += 1) await call(failed)
  expect(breaker.state().circuit).toBe('closed')
  await call(failed)
  expect(breaker.state()).toMatchObject({ circuit: 'open', calls: 4, failures: 4, retryAtMs: Date.now() + 30_000 })
  expect(await call(ok)).toBe(false)
})

test('stays closed while most calls succeed', async () => {
  for (let n = 0; n < 20; n += 1) await call(n % 3 === 0 ? failed : ok)
  expect(breaker.state().circuit).toBe('closed')
})

test('running calls do not dilute the ratio of those that ended', async () => {
  const running = await Promise.all(Array.from({ length: 50 }, () => breaker.admit()))
  await open()
  for (const pass of running) pass?.done(ok)
  await vi.advanceTimersByTimeAsync(0)
  expect(breaker.state().circuit).toBe('open')
})

test('half-open lets exactly one call through, and its success closes the circuit', async () => {
  await open()
  await vi.advanceTimersByTimeAsync(30_000)
  const trial = await breaker.admit()
  expect(trial).not.toBeNull()
  expect(await breaker.admit()).toBeNull()
  expect(breaker.state().circuit).toBe('half_open')
  trial?.done(ok)
  await vi.advanceTimersByTimeAsync(0)
  expect(breaker.state().circuit).toBe('closed')
})

test('a failed trial opens the circuit again', async () => {
  await open()
  await vi.advanceTimersByTimeAsync(30_000)
  await call(failed)
  expect(breaker.state().circuit).toBe('open')
})

test('a trial whose caller left proves nothing: the circuit rests again and tries again', async () => {
  await open()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await call(left)).toBe(true)
  expect(breaker.state().circuit).toBe('open')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await call(ok)).toBe(true)
  expect(breaker.state().circuit).toBe('closed')
})

test('callers who leave never open a circuit', async () => {
  for (let n = 0; n < 50; n += 1) await call(left)
  expect(breaker.state()).toMatchObject({ circuit: 'closed', calls: 0 })
})

test('an account at fault rests for long, then one trial decides', async () => {
  breaker.restAccount('its account is out of credit')
  expect(breaker.state()).toMatchObject({
    circuit: 'open',
    reason: 'its account is out of credit',
    retryAtMs: Date.now() + 600_000,
  })
  await vi.advanceTimersByTimeAsync(599_999)
  expect(await call(ok)).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await call(ok)).toBe(true)
  expect(breaker.state().circuit).toBe('closed')
})

test('failures outside the window are forgotten', async () => {
  for (let n = 0; n < 3; n += 1) await call(failed)
  await vi.advanceTimersByTimeAsync(11_000)
  for (let n = 0; n < 3; n += 1) await call(failed)
  expect(breaker.state().circuit).toBe('closed')
})
