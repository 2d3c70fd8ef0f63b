import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Directory } from '../../src/contract/store.ts'
import { createDirectory } from '../../src/stores/memory/directory.ts'
import { createKeyDirectory } from '../../src/tenants/directory.ts'
import { hashSecret } from '../../src/tenants/keys.ts'

const fixedKey = {
  id: 'env_1',
  name: 'deploy',
  scope: 'admin',
  sha256: hashSecret('gw_fixed'),
  createdAtMs: 0,
  revokedAtMs: null,
} as const

const setUp = (directory: Directory = createDirectory()) => {
  const clock = { nowMs: 1000, now: () => clock.nowMs }
  return { clock, directory, keys: createKeyDirectory({ directory, fixed: [fixedKey], clock }) }
}

test('a key that was made opens at once, and its secret is not kept', async () => {
  const { keys } = setUp()
  expect(await keys.find('gw_unknown')).toBeNull()
  const { record, secret } = await keys.create({ name: ' Ada ', scope: 'use' })
  expect(record).toMatchObject({ name: 'Ada', scope: 'use', createdAtMs: 1000, revokedAtMs: null })
  expect(await keys.find(secret)).toEqual(record)
  expect(JSON.stringify(await keys.list())).not.toContain(secret)
})

test('a key revoked here is refused at once and stays on the list', async () => {
  const { keys } = setUp()
  const { record, secret } = await keys.create({ name: 'Ada', scope: 'use' })
  await keys.find(secret)
  expect(await keys.revoke(record.id)).toBe(true)
  expect(await keys.revoke(record.id)).toBe(false)
  expect(await keys.revoke('key_unknown')).toBe(false)
  expect(await keys.find(secret)).toBeNull()
  expect(await keys.list()).toContainEqual({ ...record, revokedAtMs: 1000 })
})

test('a key revoked behind its back is refused 500 ms later', async () => {
  const { keys, directory, clock } = setUp()
  const { record, secret } = await keys.create({ name: 'Ada', scope: 'use' })
  await keys.find(secret)
  await directory.revoke(record.id, 1000)
  clock.nowMs += 499
  expect(await keys.find(secret)).toEqual(record)
  clock.nowMs += 1
  expect(await keys.find(secret)).toBeNull()
})

test('a clock that was set back does not keep an old list alive', async () => {
  const { keys, directory, clock } = setUp()
  const { record, secret } = await keys.create({ name: 'Ada', scope: 'use' })
  await keys.find(secret)
  await directory.revoke(record.id, 1000)
  clock.nowMs -= 3_600_000
  expect(await keys.find(secret)).toBeNull()
})

test('a thousand requests within the refresh time read the keys once', async () => {
  const inner = createDirectory()
  let reads = 0
  const { keys } = setUp({ ...inner, keys: () => ((reads += 1), inner.keys()) })
  await Promise.all(Array.from({ length: 1000 }, () => keys.find('gw_fixed')))
  expect(reads).toBe(1)
})

test('while the keys cannot be read nobody comes in, not even with one that was known; afterwards they do', async () => {
  const inner = createDirectory()
  let isDown = false
  const down = new GatewayError('store_unavailable', 'down')
  const { keys, clock } = setUp({ ...inner, keys: () => (isDown ? Promise.reject(down) : inner.keys()) })
  expect(await keys.find('gw_fixed')).toEqual(fixedKey)
  isDown = true
  clock.nowMs += 500
  await expect(keys.find('gw_fixed')).rejects.toBe(down)
  isDown = false
  expect(await keys.find('gw_fixed')).toEqual(fixedKey)
})

test('a key of the environment opens, is listed, and cannot be revoked', async () => {
  const { keys } = setUp()
  expect(await keys.find('gw_fixed')).toEqual(fixedKey)
  expect(await keys.list()).toEqual([fixedKey])
  await expect(keys.revoke('env_1')).rejects.toThrow(/API_KEY_HASHES: take it out there/)
})

test.each(['', '   ', 'two\nlines', 'x'.repeat(101)])('a key needs a proper name (%j)', async (name) => {
  const { keys } = setUp()
  await expect(keys.create({ name, scope: 'use' })).rejects.toMatchObject({
    code: 'invalid_request',
    detail: { param: 'name' },
  })
})
