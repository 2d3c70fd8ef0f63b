import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { hashSecret, mintKeyId, mintSecret } from '../../src/tenants/keys.ts'

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
