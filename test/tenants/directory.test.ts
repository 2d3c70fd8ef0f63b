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

test('a key revoked behind its back is refused at once', async () => {
  const { keys, directory } = setUp()
  const { record, secret } = await keys.create({ name: 'Ada', scope: 'use' })
  expect(await keys.find(secret)).toEqual(record)
  await directory.revoke(record.id, 1000)
  expect(await keys.find(secret)).toBeNull()
})

test('a secret is found wherever its key stands, by one question for this key alone', async () => {
  const inner = createDirectory()
  const asked: string[] = []
  const { keys } = setUp({
    ...inner,
    keys: () => Promise.reject(new Error('Nobody needs them all.')),
    find: (sha256) => (asked.push(sha256), inner.find(sha256)),
  })
  const made = await Promise.all(Array.from({ length: 5 }, (_, nth) => keys.create({ name: `${nth}`, scope: 'use' })))
  for (const { record, secret } of made) expect(await keys.find(secret)).toEqual(record)
  expect(asked).toEqual(made.map(({ record }) => record.sha256))
})

test.each(['', 'gw_', 'gw_wrong', 'ключ', 'x'.repeat(100_000), hashSecret('gw_fixed')])(
  'another secret finds nothing (%#)',
  async (wrong) => expect(await setUp().keys.find(wrong)).toBeNull(),
)

test('while the keys cannot be read nobody comes in but by the environment; afterwards they do', async () => {
  const inner = createDirectory()
  let isDown = false
  const down = new GatewayError('store_unavailable', 'down')
  const { keys } = setUp({ ...inner, find: (sha256) => (isDown ? Promise.reject(down) : inner.find(sha256)) })
  const { record, secret } = await keys.create({ name: 'Ada', scope: 'use' })
  isDown = true
  await expect(keys.find(secret)).rejects.toBe(down)
  expect(await keys.find('gw_fixed')).toEqual(fixedKey)
  isDown = false
  expect(await keys.find(secret)).toEqual(record)
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
