import { expect, test } from 'vitest'
import { ttlOf } from '../../src/cache/ttl.ts'

const settings = {
  chatTtlMs: 300_000,
  taskTtlMs: { qa: 7_200_000, creative: 0 },
  embeddingsTtlMs: 86_400_000,
  modelsTtlMs: 21_600_000,
  maxTtlMs: 50_000_000,
}

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

test('goes by the task, where that has a life of its own', () => {
  expect(ttlOf('chat', settings, { task: 'qa' })).toBe(7_200_000)
  expect(ttlOf('chat', settings, { task: 'creative' })).toBe(0)
  expect(ttlOf('chat', settings, { task: 'chat' })).toBe(300_000)
  expect(ttlOf('chat', settings, { task: 'qa', capMs: 60_000 })).toBe(60_000)
  expect(ttlOf('embeddings', settings, { task: 'qa' })).toBe(50_000_000)
})

test('lets what was made together end at different times, but never what a caller set, nor beyond the bounds', () => {
  const at = (share: number) => ttlOf('chat', settings, { random: () => share })
  expect([at(0), at(0.5), at(1)]).toEqual([270_000, 300_000, 330_000])
  expect(ttlOf('chat', settings, { askedMs: 1000, random: () => 1 })).toBe(1000)
  expect(ttlOf('embeddings', settings, { random: () => 1 })).toBe(50_000_000)
})
