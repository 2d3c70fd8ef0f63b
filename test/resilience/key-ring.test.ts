import { expect, test } from 'vitest'
import { createKeyRing } from '../../src/resilience/key-ring.ts'

const secret = (text: string): { reveal: () => string } => ({ reveal: () => text })

test('the first key is used until it rests, and again when it has rested', () => {
  let nowMs = 0
  const ring = createKeyRing([secret('a'), secret('b')], { now: () => nowMs })
  expect(ring.next(new Set())?.index).toBe(0)
  ring.rest(0, 1000)
  expect(ring.next(new Set())?.index).toBe(1)
  expect(ring.next(new Set([1]))).toBeNull()
  expect(ring.wakesAtMs()).toBe(1000)
  nowMs = 1000
  expect(ring.next(new Set())?.index).toBe(0)
  expect(ring.wakesAtMs()).toBeNull()
})

test('a provider without keys has one empty key', () => {
  expect(createKeyRing([], { now: () => 0 }).next(new Set())).toEqual({ secret: null, index: 0 })
})
