import { expect, test } from 'vitest'
import type { KeyRecord } from '../../src/contract/caller.ts'
import type { Directory } from '../../src/contract/store.ts'
import { cacheDirectory } from '../../src/stores/cached-directory.ts'
import { createDirectory } from '../../src/stores/memory/directory.ts'
import { describeDirectory } from './conformance/directory.ts'

const keyOf = (id: string): KeyRecord => ({
  id,
  name: id,
  scope: 'use',
  sha256: id.padEnd(64, '0'),
  createdAtMs: 0,
  revokedAtMs: null,
})

/** A directory that counts its questions and can go away, and two instances' views of it. */
const start = () => {
  const kept = createDirectory()
  let nowMs = 1_000_000
  let asked = 0
  let state: 'here' | 'away' | 'silent' = 'here'
  const directory: Directory = {
    ...kept,
    find: async (sha256) => {
      asked += 1
      if (state === 'away') throw new Error('away')
      if (state === 'silent') await new Promise(() => undefined)
      return kept.find(sha256)
    },
  }
  const clock = { now: () => nowMs }
  return {
    here: cacheDirectory(directory, clock),
    there: cacheDirectory(directory, clock),
    asked: () => asked,
    pass: (ms: number) => void (nowMs += ms),
    become: (next: typeof state) => void (state = next),
  }
}

describeDirectory('cached', async () => ({
  port: cacheDirectory(createDirectory(), { now: () => Date.now() }),
  [Symbol.asyncDispose]: async () => {},
}))

test('a thousand requests of one key ask once', async () => {
  const { here, asked } = start()
  await here.create(keyOf('a'))
  const found = await Promise.all(Array.from({ length: 1_000 }, () => here.find(keyOf('a').sha256)))
  expect(new Set(found)).toEqual(new Set([keyOf('a')]))
  for (let turn = 0; turn < 100; turn += 1) await here.find(keyOf('a').sha256)
  expect(asked()).toBe(1)
})

test('a key that one instance revokes stops there at once, and elsewhere within five seconds', async () => {
  const { here, there, pass } = start()
  const { sha256, id } = keyOf('a')
  await here.create(keyOf('a'))
  for (const instance of [here, there]) await instance.find(sha256)
  await here.revoke(id, 7)
  expect(await here.find(sha256)).toMatchObject({ revokedAtMs: 7 })
  pass(5_000)
  expect(await there.find(sha256)).toMatchObject({ revokedAtMs: 7 })
})

test('a new key works within a second where it was tried before it was made', async () => {
  const { here, there, asked, pass } = start()
  const { sha256 } = keyOf('a')
  expect(await there.find(sha256)).toBeNull()
  await here.create(keyOf('a'))
  expect(await there.find(sha256)).toBeNull()
  expect(asked()).toBe(1)
  pass(1_000)
  expect(await there.find(sha256)).toEqual(keyOf('a'))
})

test('while the directory is away a key that was seen works for fifteen minutes, and asks now and then', async () => {
  const { here, asked, pass, become } = start()
  const { sha256 } = keyOf('a')
  await here.create(keyOf('a'))
  await here.find(sha256)
  become('away')
  pass(5_000)
  for (let turn = 0; turn < 50; turn += 1) expect(await here.find(sha256)).toEqual(keyOf('a'))
  expect(asked()).toBe(2)
  pass(14 * 60_000)
  expect(await here.find(sha256)).toEqual(keyOf('a'))
  pass(60_000)
  await expect(here.find(sha256)).rejects.toThrow('away')
  become('here')
  expect(await here.find(sha256)).toEqual(keyOf('a'))
})

test('a revoked key gets no grace', async () => {
  const { here, pass, become } = start()
  const { sha256, id } = keyOf('a')
  await here.create(keyOf('a'))
  await here.revoke(id, 7)
  expect(await here.find(sha256)).toMatchObject({ revokedAtMs: 7 })
  become('away')
  pass(5_000)
  expect(await here.find(sha256)).toMatchObject({ revokedAtMs: 7 })
})

test('a directory that says nothing keeps a key that was seen waiting for a moment only', async () => {
  const { here, pass, become } = start()
  const { sha256 } = keyOf('a')
  await here.create(keyOf('a'))
  await here.find(sha256)
  become('silent')
  pass(5_000)
  expect(await here.find(sha256)).toEqual(keyOf('a'))
})
