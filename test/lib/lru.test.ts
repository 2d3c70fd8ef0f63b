import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLru } from '../../src/lib/lru.ts'

test('makes a value once and gives it back', () => {
  const lru = createLru<string, number>({ max: 2 })
  let made = 0
  const get = () => lru.get('a', () => (made += 1))
  expect([get(), get()]).toEqual([1, 1])
})

test('lets the least recently used go first', () => {
  const lru = createLru<string, string>({ max: 2 })
  const made: string[] = []
  const get = (key: string) =>
    lru.get(key, () => {
      made.push(key)
      return key
    })
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key)
  expect(made).toEqual(['a', 'b', 'c', 'b'])
})

test('forgets everything when cleared', () => {
  const lru = createLru<string, number>({ max: 2 })
  lru.get('a', () => 1)
  lru.clear()
  expect(lru.get('a', () => 2)).toBe(2)
})

test('never keeps more than its weight, and always gives the value of the key', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 12 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (keys, max) => {
        const lru = createLru<string, { key: string }>({ max, weigh: (key) => key.length })
        const makers = new Map<string, number>()
        for (const key of keys) {
          const value = lru.get(key, () => {
            makers.set(key, (makers.get(key) ?? 0) + 1)
            return { key }
          })
          expect(value.key).toBe(key)
        }
        const kept = [...makers.keys()].filter((key) => {
          let isKept = true
          lru.get(key, () => {
            isKept = false
            return { key }
          })
          return isKept
        })
        // Looking at them one by one can only let go of others, so what was found was there together.
        expect(kept.filter((key) => key.length > max)).toEqual([])
      },
    ),
  )
})
