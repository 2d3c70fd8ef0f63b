import { setImmediate as nextTick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadBehind } from '../../../src/stores/sqlite/load-behind.ts'

/** Takes so many pieces; `fail` throws in place of the next one. */
const start = (pieces: number, retryMs = 1) => {
  let taken = 0
  let failure: Error | null = null
  const isDone = (): boolean => taken >= pieces
  const behind = loadBehind({
    isDone,
    retryMs,
    takePiece: async () => {
      const thrown = failure
      failure = null
      if (thrown) throw thrown
      taken += 1
    },
  })
  return { behind, isDone, taken: () => taken, fail: (error: Error) => void (failure = error) }
}

test('takes one piece a turn, and waits no longer than for what is asked for', async () => {
  const { behind, isDone, taken } = start(20)
  await using _behind = behind
  expect(taken()).toBe(0)
  await behind.until(() => taken() >= 3)
  expect(taken()).toBe(3)
  for (let turn = 0; turn < 5; turn += 1) await nextTick()
  expect(taken()).toBeLessThan(12)
  await behind.until(isDone)
  expect(taken()).toBe(20)
  await behind.until(isDone)
})

test('does nothing where nothing is left to take', async () => {
  const { behind, isDone, taken } = start(0)
  await using _behind = behind
  await behind.until(isDone)
  for (let turn = 0; turn < 3; turn += 1) await nextTick()
  expect(taken()).toBe(0)
})

test('a piece that fails fails whoever waits, and is taken later', async () => {
  const { behind, isDone, fail } = start(5)
  await using _behind = behind
  fail(new Error('the disk is gone'))
  await expect(behind.until(isDone)).rejects.toThrow('the disk is gone')
  await behind.until(isDone)
})

test.each([
  ['between two pieces', 1],
  ['while it waits to try again', 3_600_000],
])('ends at once %s, and tells whoever waits', async (_when, retryMs) => {
  const { behind, isDone, fail, taken } = start(1_000_000, retryMs)
  if (retryMs > 1) {
    fail(new Error('the disk is gone'))
    await expect(behind.until(isDone)).rejects.toThrow('the disk is gone')
  }
  const waits = behind.until(isDone).catch(({ code }: { code: string }) => code)
  await behind[Symbol.asyncDispose]()
  expect(await waits).toBe('store_unavailable')
  await expect(behind.until(isDone)).rejects.toMatchObject({ code: 'store_unavailable' })
  const before = taken()
  for (let turn = 0; turn < 3; turn += 1) await nextTick()
  expect(taken()).toBe(before)
})
