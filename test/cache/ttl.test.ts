import { expect, test } from 'vitest'
import { ttlOf } from '../../src/cache/ttl.ts'

const settings = { chatTtlMs: 300_000, embeddingsTtlMs: 86_400_000, modelsTtlMs: 21_600_000, maxTtlMs: 50_000_000 }

test('goes by the kind unless the caller says otherwise', () => {
  expect(ttlOf('chat', settings)).toBe(300_000)
  expect(ttlOf('models', settings)).toBe(21_600_000)
  expect(ttlOf('chat', settings, { askedMs: 1000 })).toBe(1000)
})

test('is never beyond the longest life, nor beyond what the question allows', () => {
  expect(ttlOf('embeddings', settings)).toBe(50_000_000)
  expect(ttlOf('chat', settings, { askedMs: 90_000_000 })).toBe(50_000_000)
  expect(ttlOf('chat', settings, { askedMs: 90_000_000, capMs: 60_000 })).toBe(60_000)
})

test('0 is 0, whoever says it', () => {
  expect(ttlOf('chat', settings, { askedMs: 0 })).toBe(0)
  expect(ttlOf('chat', { ...settings, chatTtlMs: 0 })).toBe(0)
  expect(ttlOf('chat', { ...settings, maxTtlMs: 0 }, { askedMs: 5 })).toBe(0)
  expect(ttlOf('chat', { ...settings, chatTtlMs: 0 }, { askedMs: 5 })).toBe(5)
})
