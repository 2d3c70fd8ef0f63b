import { expect, test } from 'vitest'
import { priorities } from '../../src/contract/priority.ts'
import type { Priority } from '../../src/contract/priority.ts'
import { watchLoopLag } from '../../src/limits/loop-lag.ts'
import { createShed } from '../../src/limits/shed.ts'
import { startApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'

const setUp = (maxLagMs: number) => {
  const lag = { ms: 0 }
  const told: Priority[] = []
  const shed = createShed({ lagMs: () => lag.ms, maxLagMs, shed: (priority) => told.push(priority) })
  const refused = () =>
    priorities.filter((priority) => {
      try {
        shed(priority)
        return false
      } catch {
        return true
      }
    })
  return { lag, told, refused, shed }
}

test('the lowest priority is refused first, then the others, and all are let in when the lag is over', () => {
  const { lag, refused, told, shed } = setUp(100)
  expect(refused()).toEqual([])
  lag.ms = 100
  expect(refused()).toEqual([])
  lag.ms = 101
  expect(refused()).toEqual(['batch'])
  lag.ms = 201
  expect(refused()).toEqual(['batch', 'normal'])
  lag.ms = 401
  expect(refused()).toEqual(['batch', 'normal', 'interactive'])
  expect(() => shed('batch')).toThrow(
    expect.objectContaining({
      code: 'gateway_overloaded',
      status: 503,
      retryable: true,
      detail: { retryAfterMs: 1000 },
    }),
  )
  lag.ms = 0
  told.length = 0
  expect(refused()).toEqual([])
  expect(told).toEqual([])
})

test('with 0 nobody is refused', () => {
  const { lag, refused } = setUp(0)
  lag.ms = 1e6
  expect(refused()).toEqual([])
})

/** Keeps the event loop busy for `ms` at a time until it is told to stop; others have a turn in between. */
const block = (ms: number): (() => void) => {
  let isOver = false
  const turn = (): void => {
    const untilMs = performance.now() + ms
    while (performance.now() < untilMs);
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    isOver = true
  }
}

test('a loop that is really blocked is late, and in time again afterwards', async () => {
  using watch = watchLoopLag()
  const stop = block(150)
  await expect.poll(watch.lagMs, { timeout: 20_000 }).toBeGreaterThan(80)
  stop()
  await expect.poll(watch.lagMs, { timeout: 30_000, interval: 200 }).toBeLessThan(80)
}, 60_000)

test('one long turn is no lag', async () => {
  using watch = watchLoopLag()
  const seen: number[] = []
  block(1_200)()
  await expect.poll(() => seen.push(watch.lagMs()), { timeout: 20_000, interval: 200 }).toBeGreaterThan(10)
  expect(Math.max(...seen)).toBeLessThan(600)
}, 60_000)

test('a gateway whose loop is blocked refuses batch work and lets it in again by itself', async () => {
  await using it = await startApp({
    env: { EMBEDDER: 'none' },
    change: (config) => ({ ...config, maxLagMs: 60 }),
  })
  const codeOf = async (priority: Priority) => {
    const { error } = await hear(it.app.gateway.complete(ask('hello'), context({ priority })))
    return error?.code ?? null
  }
  const stop = block(110)
  await expect.poll(() => codeOf('batch'), { timeout: 20_000 }).toBe('gateway_overloaded')
  expect(await codeOf('interactive')).toBeNull()
  stop()
  await expect.poll(() => codeOf('batch'), { timeout: 30_000, interval: 200 }).toBeNull()
}, 60_000)
