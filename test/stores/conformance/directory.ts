import { describe, expect, test } from 'vitest'
import type { KeyRecord } from '../../../src/contract/caller.ts'
import { parseLimits } from '../../../src/contract/limit.ts'
import type { Directory } from '../../../src/contract/store.ts'
import type { Open } from './open.ts'

const keyOf = (id: string): KeyRecord => ({
  id,
  name: `Key ${id}`,
  scope: 'use',
  sha256: id.padEnd(64, '0'),
  createdAtMs: 1_763_000_000_000,
  revokedAtMs: null,
})

/** What every store of keys must do. */
export const describeDirectory = (store: string, open: Open<Directory>): void => {
  describe(`${store} directory`, () => {
    test('lists keys as they were made', async () => {
      await using opened = await open()
      await opened.port.create(keyOf('a'))
      await opened.port.create({ ...keyOf('b'), scope: 'admin' })
      expect(await opened.port.keys()).toEqual([keyOf('a'), { ...keyOf('b'), scope: 'admin' }])
    })

    test('keeps whom a key belongs to', async () => {
      await using opened = await open()
      const [owned, shared] = [
        { ...keyOf('a'), team: 'search', tenant: 'acme' },
        { ...keyOf('b'), tenant: 'acme' },
      ]
      for (const key of [owned, shared]) await opened.port.create(key)
      expect(await opened.port.keys()).toEqual([owned, shared])
      expect(await opened.port.find(owned.sha256)).toEqual(owned)
    })

    test('keeps the limits of a key', async () => {
      await using opened = await open()
      const limits = parseLimits('requests_per_minute=60,tokens_per_day=1000000')
      await opened.port.create({ ...keyOf('a'), limits })
      expect(await opened.port.find(keyOf('a').sha256)).toEqual({ ...keyOf('a'), limits })
      expect(await opened.port.keys()).toEqual([{ ...keyOf('a'), limits }])
    })

    test('revokes a key once, and keeps it on the list', async () => {
      await using opened = await open()
      await opened.port.create(keyOf('a'))
      expect(await opened.port.revoke('a', 5)).toBe(true)
      expect(await opened.port.revoke('a', 6)).toBe(false)
      expect(await opened.port.revoke('b', 6)).toBe(false)
      expect(await opened.port.keys()).toEqual([{ ...keyOf('a'), revokedAtMs: 5 }])
    })

    test('finds a key by the hash of its secret, as it is now', async () => {
      await using opened = await open()
      for (const id of ['a', 'b', 'c']) await opened.port.create(keyOf(id))
      expect(await opened.port.find(keyOf('b').sha256)).toEqual(keyOf('b'))
      expect(await opened.port.find('0'.repeat(64))).toBeNull()
      await opened.port.revoke('b', 5)
      expect(await opened.port.find(keyOf('b').sha256)).toEqual({ ...keyOf('b'), revokedAtMs: 5 })
    })

    test('takes neither an id nor a secret twice', async () => {
      await using opened = await open()
      await opened.port.create(keyOf('a'))
      await expect(opened.port.create({ ...keyOf('a'), sha256: 'f'.repeat(64) })).rejects.toThrow()
      await expect(opened.port.create({ ...keyOf('b'), sha256: keyOf('a').sha256 })).rejects.toThrow()
      expect(await opened.port.keys()).toHaveLength(1)
    })
  })
}
