import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLru } from '../../src/lib/lru.ts'

const counting = (options: { max: number; weigh?: (key: string) => number }) => {
  const lru = createLru<string, { key: string }>(options)
  let made = 0
  return {
    /** Whether the key's value was there. */
    get: (key: string): boolean => {
      const before = made
      const value = lru.get(key, () => {
        made += 1
        return { key }
      })
      expect(value).toEqual({ key })
      return made === before
    },
  }
}

test('makes a value once and gives it back', () => {
  const lru = counting({ max: 2 })
  expect([lru.get('a'), lru.get('a')]).toEqual([false, true])
})

test('what is used stays, what is not goes', () => {
  const lru = counting({ max: 4 })
  for (const key of ['often', 'once']) lru.get(key)
  for (const key of ['b', 'c', 'd', 'e', 'f']) {
    expect(lru.get('often')).toBe(true)
    lru.get(key)
  }
  expect(lru.get('once')).toBe(false)
})

test('what weighs more than half of it is not kept', () => {
  const lru = counting({ max: 8, weigh: ({ length }) => length })
  lru.get('four')
  expect(lru.get('fifth')).toBe(false)
  expect(lru.get('fifth')).toBe(false)
  expect(lru.get('four')).toBe(true)
})

test('has whatever was used within the last half of its size, and never more than its size', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 200 }), fc.integer({ min: 2, max: 20 }), (keys, max) => {
      const lru = counting({ max })
      for (const [index, key] of keys.entries()) {
        const isThere = lru.get(String(key))
        const before = keys.slice(0, index)
        const last = before.lastIndexOf(key)
        const between = new Set(before.slice(last + 1)).size
        if (last !== -1 && between < Math.floor(max / 2)) expect(isThere).toBe(true)
        // The last time that it came, more than `max` others have come since.
        if (last === -1 || between > max) expect(isThere).toBe(false)
      }
    }),
  )
})
