import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { KeyRecord } from '../../src/contract/caller.ts'
import { findBySecret, hashSecret, mintKeyId, mintSecret } from '../../src/tenants/keys.ts'

const recordOf = (secret: string, said: Partial<KeyRecord> = {}): KeyRecord => ({
  id: mintKeyId(),
  name: 'Ada',
  scope: 'use',
  sha256: hashSecret(secret),
  createdAtMs: 0,
  revokedAtMs: null,
  ...said,
})

test('a secret is gw_ and 256 random bits; no two are alike', () => {
  const secrets = Array.from({ length: 1000 }, mintSecret)
  for (const secret of secrets) expect(secret).toMatch(/^gw_[\w-]{43}$/)
  expect(new Set(secrets).size).toBe(1000)
})

test('a key id is short and has no letters that look like others', () => {
  for (const id of Array.from({ length: 1000 }, mintKeyId)) expect(id).toMatch(/^key_[2-9a-hj-kmnp-z]{8}$/)
})

test('what is kept of a secret is its SHA-256', () => {
  expect(hashSecret('gw_x')).toBe(createHash('sha256').update('gw_x').digest('hex'))
})

test('finds the record of a secret wherever it stands', () => {
  const secrets = Array.from({ length: 5 }, mintSecret)
  const records = secrets.map((secret) => recordOf(secret))
  for (const [index, secret] of secrets.entries()) expect(findBySecret(records, secret)).toBe(records[index])
})

test.each(['', 'gw_', 'gw_wrong', 'ключ', 'x'.repeat(100_000), hashSecret('gw_right')])(
  'finds nothing for another secret (%#)',
  (wrong) => expect(findBySecret([recordOf('gw_right')], wrong)).toBeNull(),
)

test('finds nothing for a revoked key, nor for a record whose hash is broken', () => {
  expect(findBySecret([recordOf('gw_a', { revokedAtMs: 5 })], 'gw_a')).toBeNull()
  expect(findBySecret([recordOf('gw_a', { sha256: '' }), recordOf('gw_a', { sha256: 'abcd' })], 'gw_a')).toBeNull()
})
