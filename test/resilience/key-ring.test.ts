import { expect, test } from 'vitest'
import type { Quota } from '../../src/contract/provider.ts'
import { createKeyRing } from '../../src/resilience/key-ring.ts'
import { createRests } from '../../src/stores/memory/rests.ts'

const secret = (text: string): { reveal: () => string } => ({ reveal: () => text })
const wanted = { model: 'm', inputTokens: 100 }

const setUp = (keys: readonly string[]) => {
  const clock = { nowMs: 0, now: () => clock.nowMs }
  const ring = createKeyRing({ row: 'p', secrets: keys.map(secret), rests: createRests(clock), clock })
  return { clock, ring, next: (of = wanted) => ring.next(new Set(), of)?.index ?? null }
}

const quota = (unit: Quota['unit'], remaining: number, limit: number | null, resetsAtMs: number): Quota => ({
  unit,
  remaining,
  limit,
  resetsAtMs,
})

test('the first key is used until it rests, and again when it has rested', () => {
  const { ring, clock, next } = setUp(['a', 'b'])
  expect(next()).toBe(0)
  ring.rest(0, 1000)
  expect(next()).toBe(1)
  expect(ring.next(new Set([1]), wanted)).toBeNull()
  ring.rest(1, 2000)
  expect(ring.wakesAtMs(wanted)).toBe(1000)
  clock.nowMs = 1000
  expect(next()).toBe(0)
  expect(ring.wakesAtMs(wanted)).toBeNull()
})

test('a provider without keys has one empty key', () => {
  expect(setUp([]).ring.next(new Set(), wanted)).toEqual({ secret: null, index: 0 })
})

test('a key that is limited for one model serves the others', () => {
  const { ring, clock, next } = setUp(['a'])
  ring.restModel(0, 'm', 500)
  expect(next()).toBeNull()
  expect(next({ ...wanted, model: 'other' })).toBe(0)
  clock.nowMs = 500
  expect(next()).toBe(0)
})

test('a key whose requests are used up is passed over until one more is there', () => {
  const { ring, clock, next } = setUp(['a', 'b'])
  ring.learn(0, 'm', [quota('requests', 0, 60, 60_000)])
  expect(next()).toBe(1)
  clock.nowMs = 999
  expect(next()).toBe(1)
  clock.nowMs = 1000
  expect(next()).toBe(0)
  ring.learn(0, 'm', [quota('requests', 1, 60, 60_000)])
  expect(next()).toBe(0)
  // Nobody said how many the whole is.
  ring.learn(0, 'm', [quota('requests', 0, null, 60_000)])
  clock.nowMs = 59_999
  expect(next()).toBe(1)
  clock.nowMs = 60_000
  expect(next()).toBe(0)
})

test('what is foretold for long is asked for again after a minute', () => {
  const { ring, clock, next } = setUp(['a'])
  ring.learn(0, 'm', [quota('requests', 0, null, 86_400_000)])
  clock.nowMs = 59_999
  expect(next()).toBeNull()
  clock.nowMs = 60_000
  expect(next()).toBe(0)
  // A refusal is no foretelling.
  ring.restModel(0, 'm', 86_400_000)
  clock.nowMs += 86_399_999
  expect(next()).toBeNull()
})

test('too few tokens turn away what needs more of them, and nothing else', () => {
  const { ring, clock, next } = setUp(['a'])
  ring.learn(0, 'm', [quota('tokens', 50, 1050, 10_000), quota('requests', 9, 10, 1000)])
  expect(next({ model: 'm', inputTokens: 50 })).toBe(0)
  expect(next()).toBeNull()
  expect(ring.wakesAtMs(wanted)).toBe(500)
  clock.nowMs = 500
  expect(next()).toBe(0)
  // What is more than the whole is the provider's to refuse, once the whole is there.
  expect(next({ model: 'm', inputTokens: 5000 })).toBeNull()
  clock.nowMs = 10_000
  expect(next({ model: 'm', inputTokens: 5000 })).toBe(0)
  ring.learn(0, 'm', [])
  expect(next()).toBe(0)
})
