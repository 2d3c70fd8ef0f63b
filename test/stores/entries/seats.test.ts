import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeats } from '../../../src/stores/entries/seats.ts'
import type { Seated } from '../../../src/stores/entries/seats.ts'
import { worthOf } from '../../../src/stores/entries/worth.ts'
import { answerOf } from '../../cache/answer-of.ts'

const itemOf = (said: Partial<Seated> = {}): Seated => ({
  ownerId: 'ada',
  bytes: 10,
  staleUntilMs: 1000,
  worthNanoUsd: 100,
  ...said,
})

const anyItem = fc.record({
  ownerId: fc.constantFrom('ada', 'bob', 'eve'),
  bytes: fc.integer({ min: 1, max: 120 }),
  staleUntilMs: fc.integer({ min: 0, max: 1000 }),
  worthNanoUsd: fc.integer({ min: 1, max: 10_000 }),
})

const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take'), item: anyItem }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('use'), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), which: fc.nat() }) },
)

describe('whatever comes, is used and goes', () => {
  const maxBytes = 300

  test('the bound is never passed, who leaves is told once, and nobody loses what fits into his share', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 120 }), (steps) => {
        const seats = createSeats<Seated>(maxBytes)
        const seated = new Set<Seated>()
        const bytesOf = (ownerId: string): number =>
          [...seated].filter((item) => item.ownerId === ownerId).reduce((sum, { bytes }) => sum + bytes, 0)
        for (const step of steps) {
          if ('item' in step) {
            seated.add(step.item)
            const owners = new Set([...seated].map(({ ownerId }) => ownerId))
            const before = new Map([...owners].map((ownerId) => [ownerId, bytesOf(ownerId)]))
            for (const item of seats.take(step.item, 1)) {
              // Nobody who had his share or less with the newcomer among them.
              if (item !== step.item) expect(before.get(item.ownerId)).toBeGreaterThan(maxBytes / owners.size)
              expect(seated.delete(item)).toBe(true)
            }
          } else {
            const chosen = [...seated][step.which % Math.max(1, seated.size)]
            if (!chosen) continue
            if (step.kind === 'use') seats.use(chosen)
            else {
              seats.leave(chosen)
              seated.delete(chosen)
            }
          }
          expect(seats.bytes).toBe([...seated].reduce((sum, { bytes }) => sum + bytes, 0))
          expect(seats.bytes).toBeLessThanOrEqual(maxBytes)
        }
      }),
      { numRuns: 200 },
    )
  })
})

test('a flood of one owner takes nothing from another who has no more than his share', () => {
  const seats = createSeats<Seated>(1000)
  const his = Array.from({ length: 50 }, () => itemOf({ ownerId: 'bob', worthNanoUsd: 1 }))
  for (const item of his) seats.take(item, 1)
  const left = Array.from({ length: 1000 }, () => seats.take(itemOf({ worthNanoUsd: 1_000_000 }), 1)).flat()
  expect(left.some(({ ownerId }) => ownerId === 'bob')).toBe(false)
})

test('a flood of cheap answers does not push out a dear one that is asked for', () => {
  const seats = createSeats<Seated>(1000)
  const dear = itemOf({ worthNanoUsd: 50_000_000 })
  seats.take(dear, 1)
  const left: Seated[] = []
  for (let index = 0; index < 5000; index += 1) {
    left.push(...seats.take(itemOf({ worthNanoUsd: 20_000 }), 1))
    if (index % 500 === 0) seats.use(dear)
  }
  expect(left).not.toContain(dear)
})

test('what was dear and is not asked for any more goes in the end', () => {
  const seats = createSeats<Seated>(100)
  const dear = itemOf({ worthNanoUsd: 10_000 })
  seats.take(dear, 1)
  const left = Array.from({ length: 2000 }, () => seats.take(itemOf({ worthNanoUsd: 100 }), 1)).flat()
  expect(left).toContain(dear)
})

test('of two that are worth the same the larger goes, and of equals the one used longest ago', () => {
  const seats = createSeats<Seated>(100)
  const [large, small, old] = [itemOf({ bytes: 60 }), itemOf({ bytes: 20 }), itemOf({ bytes: 20 })]
  for (const item of [large, small, old]) seats.take(item, 1)
  seats.use(small)
  seats.use(old)
  expect(seats.take(itemOf({ bytes: 20 }), 1)).toEqual([large])
  seats.use(small)
  expect(seats.usesOf(small)).toBe(3)
})

test('those whose time is over leave, and no others', () => {
  const seats = createSeats<Seated>(1000)
  const items = [300, 100, 200].map((staleUntilMs) => itemOf({ staleUntilMs }))
  for (const item of items) seats.take(item, 1)
  expect(seats.end(200)).toEqual([items[1], items[2]])
  expect(seats.end(200)).toEqual([])
  expect(seats.bytes).toBe(10)
})

test('an answer is worth its price and the wait for it, and never nothing', () => {
  expect(worthOf(answerOf({ costNanoUsd: 5_000n, madeInMs: 2_000 }))).toBe(2_005_000)
  expect(worthOf(answerOf({ costNanoUsd: null }))).toBe(1)
})
