import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBreaker } from '../../src/resilience/breaker.ts'
import type { Breaker, BreakerNews, Pass } from '../../src/resilience/breaker.ts'

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

const call = async (outcome: Parameters<Pass['done']>[0]): Promise<boolean> => {
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

describe('with other instances', () => {
  const told: BreakerNews[] = []
  const turns: ({ over(): void } | { theirsForMs: number })[] = []
  let over = 0
  const ours = { over: () => void (over += 1) }

  beforeEach(() => {
    told.length = 0
    turns.length = 0
    over = 0
    const ties = { tell: (news: BreakerNews) => void told.push(news), takeTurn: async () => turns.shift() ?? ours }
    breaker.close()
    breaker = createBreaker({ name: 'p', settings, clock: { now: () => Date.now() }, ties })
  })
  const hearFailed = (forMs: number): void =>
    breaker.hear({ kind: 'failed', untilMs: Date.now() + forMs, reason: '5 of 10 calls failed or were slow' })

  test('it tells when it opens, and when a trial shows that the provider answers again', async () => {
    await open()
    expect(told).toEqual([{ kind: 'failed', untilMs: Date.now() + 30_000, reason: '4 of 4 calls failed or were slow' }])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await call(ok)).toBe(true)
    expect(told.at(-1)).toEqual({ kind: 'recovered' })
    expect(over).toBe(1)
  })

  test('what another saw fail is not called for the rest of its rest, then by one trial', async () => {
    hearFailed(12_000)
    expect(breaker.state()).toMatchObject({
      circuit: 'open',
      reason: 'another instance found that 5 of 10 calls failed or were slow',
      retryAtMs: Date.now() + 12_000,
    })
    await vi.advanceTimersByTimeAsync(11_999)
    expect(await call(ok)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(breaker.state().circuit).toBe('half_open')
    const [trial, other] = await Promise.all([breaker.admit(), breaker.admit()])
    expect(other).toBeNull()
    expect(await breaker.admit()).toBeNull()
    trial?.done(ok)
    await vi.advanceTimersByTimeAsync(0)
    expect(breaker.state().circuit).toBe('closed')
    expect(told).toEqual([{ kind: 'recovered' }])
  })

  test('a trial that fails rests it everywhere once more', async () => {
    hearFailed(10)
    await vi.advanceTimersByTimeAsync(10)
    await call(failed)
    expect(breaker.state()).toMatchObject({ circuit: 'open', retryAtMs: Date.now() + 30_000 })
    expect(told).toEqual([{ kind: 'failed', untilMs: Date.now() + 30_000, reason: 'its trial call failed' }])
  })

  test('a trial whose caller left is no news', async () => {
    hearFailed(10)
    await vi.advanceTimersByTimeAsync(10)
    await call(left)
    expect(breaker.state().circuit).toBe('open')
    expect(told).toEqual([])
    expect(over).toBe(1)
  })

  test('while another tries it nobody is let through, until he is done or silent for too long', async () => {
    await open()
    await vi.advanceTimersByTimeAsync(30_000)
    turns.push({ theirsForMs: 8_000 }, { theirsForMs: 8_000 })
    expect(await breaker.admit()).toBeNull()
    await vi.advanceTimersByTimeAsync(7_999)
    expect(await breaker.admit()).toBeNull()
    expect(turns).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await breaker.admit()).toBeNull()
    expect(turns).toHaveLength(0)
    breaker.hear({ kind: 'recovered' })
    expect(breaker.state().circuit).toBe('closed')
    expect(await call(ok)).toBe(true)
  })

  test('what is over, too far ahead or said during a trial of our own changes nothing that it should not', async () => {
    hearFailed(0)
    hearFailed(-5_000)
    expect(breaker.state().circuit).toBe('closed')
    hearFailed(1e9)
    expect(breaker.state()).toMatchObject({ circuit: 'open', retryAtMs: Date.now() + 30_000 })
    await vi.advanceTimersByTimeAsync(30_000)
    const trial = await breaker.admit()
    hearFailed(20_000)
    breaker.hear({ kind: 'recovered' })
    expect(breaker.state().circuit).toBe('half_open')
    trial?.done(ok)
    expect(breaker.state().circuit).toBe('closed')
  })

  test('an account that is at fault here stays so whatever others say: they may have another key', async () => {
    breaker.restAccount('its key is refused')
    expect(told).toEqual([])
    breaker.hear({ kind: 'recovered' })
    hearFailed(1e9)
    expect(breaker.state()).toMatchObject({ circuit: 'open', reason: 'its key is refused' })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(await call(ok)).toBe(true)
  })

  test('calls that began before the news say nothing about it', async () => {
    const running = await Promise.all([breaker.admit(), breaker.admit(), breaker.admit(), breaker.admit()])
    hearFailed(1_000)
    for (const pass of running) pass?.done(ok)
    expect(breaker.state()).toMatchObject({ circuit: 'open', calls: 0 })
  })

  test('news that comes while the turn is asked for is heeded', async () => {
    await open()
    await vi.advanceTimersByTimeAsync(30_000)
    const admitted = breaker.admit()
    breaker.hear({ kind: 'recovered' })
    const pass = await admitted
    expect(over).toBe(1)
    pass?.done(ok)
    expect(breaker.state().circuit).toBe('closed')
    expect(told).toHaveLength(1)
  })
})
