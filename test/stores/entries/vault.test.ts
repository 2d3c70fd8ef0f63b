import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSecret } from '../../../src/config/secrets.ts'
import { packVector, unpackVector } from '../../../src/stores/entries/packed-vector.ts'
import { createVault } from '../../../src/stores/entries/vault.ts'
import { vaultOf } from '../sqlite/cache-folder.ts'

test('opens what it sealed, there and nowhere else, and nothing that was changed', async () => {
  const vault = await vaultOf(1)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, at, by) => {
      const sealed = vault.seal(plain, 'here')
      expect(new Uint8Array(vault.open(sealed, 'here', vault.keyName) ?? [])).toEqual(plain)
      expect(vault.open(sealed, 'there', vault.keyName)).toBeNull()
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at % sealed.length ? byte ^ by : byte))
      expect(vault.open(changed, 'here', vault.keyName)).toBeNull()
      expect(vault.open(sealed.subarray(0, at % sealed.length), 'here', vault.keyName)).toBeNull()
      return Promise.resolve()
    }),
    { numRuns: 100 },
  )
})

test('seals the same twice in two ways', async () => {
  const vault = await vaultOf(1)
  const [one, two] = [vault.seal(Buffer.from('same'), 'here'), vault.seal(Buffer.from('same'), 'here')]
  expect(Buffer.compare(one, two)).not.toBe(0)
})

test('a key opens nothing of another, but of the one before it', async () => {
  const [old, fresh, both] = [await vaultOf(1), await vaultOf(2), await vaultOf(2, 1)]
  const sealed = old.seal(Buffer.from('text'), 'here')
  expect(fresh.knows(old.keyName)).toBe(false)
  expect(fresh.open(sealed, 'here', old.keyName)).toBeNull()
  expect(fresh.open(sealed, 'here', fresh.keyName)).toBeNull()
  expect(both.open(sealed, 'here', old.keyName)?.toString()).toBe('text')
  expect(both.keyName).toBe(fresh.keyName)
  expect(Buffer.compare(old.mac('text'), fresh.mac('text'))).not.toBe(0)
  expect(Buffer.compare(old.derive('scopes'), fresh.derive('scopes'))).not.toBe(0)
})

test('a phrase comes to the same key everywhere', { timeout: 60_000 }, async () => {
  const open = () => createVault({ current: createSecret('a phrase that nobody guesses'), previous: null })
  const [one, two] = [await open(), await open()]
  expect(two.open(one.seal(Buffer.from('text'), 'here'), 'here', one.keyName)?.toString()).toBe('text')
})

test('a vector of a sentence in bytes points where it pointed', () => {
  const direction = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 384, maxLength: 384 })
  fc.assert(
    fc.property(direction, (numbers) => {
      const length = Math.hypot(...numbers)
      fc.pre(length > 1)
      const vector = Float32Array.from(numbers, (number) => number / length)
      const copy = unpackVector(packVector(vector))
      const cosine = copy.reduce((sum, value, index) => sum + value * (vector[index] ?? 0), 0)
      expect(cosine).toBeGreaterThan(0.9999)
      expect(unpackVector(packVector(copy))).toEqual(copy)
    }),
    { numRuns: 50 },
  )
  expect(unpackVector(packVector(new Float32Array(3)))).toEqual(new Float32Array(3))
})
