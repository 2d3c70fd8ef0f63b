import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSpeedBook } from '../../src/resilience/speed.ts'

test('nothing is known of a model before its first answer', () => {
  expect(createSpeedBook().speed('p:m')).toEqual({ firstTokenMs: null, outputTokensPerSecond: null, samples: 0 })
})

test('averages stay between the fastest and the slowest answer', () => {
  const answers = fc.array(
    fc.record({ firstTokenMs: fc.integer({ min: 1, max: 10_000 }), outputTokens: fc.integer({ min: 20, max: 5000 }) }),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(answers, (measured) => {
      const book = createSpeedBook()
      for (const answer of measured) book.learn('p:m', { ...answer, durationMs: answer.firstTokenMs + 1000 })
      const { firstTokenMs, outputTokensPerSecond, samples } = book.speed('p:m')
      const firsts = measured.map((answer) => answer.firstTokenMs)
      const rates = measured.map((answer) => answer.outputTokens)
      expect(samples).toBe(measured.length)
      expect(firstTokenMs).toBeGreaterThanOrEqual(Math.min(...firsts) - 1e-6)
      expect(firstTokenMs).toBeLessThanOrEqual(Math.max(...firsts) + 1e-6)
      expect(outputTokensPerSecond).toBeGreaterThanOrEqual(Math.min(...rates) - 1e-6)
      expect(outputTokensPerSecond).toBeLessThanOrEqual(Math.max(...rates) + 1e-6)
    }),
  )
})

test('a very short answer says nothing about the rate', () => {
  const book = createSpeedBook()
  book.learn('p:m', { firstTokenMs: 100, outputTokens: 3, durationMs: 101 })
  expect(book.speed('p:m')).toEqual({ firstTokenMs: 100, outputTokensPerSecond: null, samples: 1 })
})

test('models that are not used any more are forgotten', () => {
  const book = createSpeedBook()
  const answer = { firstTokenMs: 100, outputTokens: 50, durationMs: 1000 }
  book.learn('p:first', answer)
  for (let n = 0; n < 4_999; n += 1) book.learn(`p:${n}`, answer)
  book.learn('p:first', answer)
  book.learn('p:one-more', answer)
  expect(book.speed('p:first').samples).toBe(2)
  expect(book.speed('p:0').samples).toBe(0)
})
