import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { alarm, alarmWithin, sleep } from '../../src/lib/abort.ts'

test('a sleep that is aborted rejects with the reason given', async () => {
  const controller = new AbortController()
  const sleeping = sleep(60_000, controller.signal)
  controller.abort(new Error('the caller left'))
  await expect(sleeping).rejects.toThrow('the caller left')
})

test('an aborted signal does not sleep at all', async () => {
  await expect(sleep(60_000, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
})

test('an alarm aborts with its own reason, unless it is called off', async () => {
  const rings = alarm(1, () => new Error('late'))
  const calledOff = alarm(1, () => new Error('never'))
  calledOff.stop()
  await sleep(20, new AbortController().signal)
  expect(rings.signal.reason).toEqual(new Error('late'))
  expect(calledOff.signal.aborted).toBe(false)
})

describe('an alarm within another signal', () => {
  test('aborts with its own reason when its time is up', async () => {
    const parent = new AbortController()
    const { signal } = alarmWithin(parent.signal, 1, () => new Error('late'))
    await once(signal, 'abort')
    expect(signal.reason).toEqual(new Error('late'))
  })

  test('aborts with the reason of the other, also where that is aborted already', () => {
    const parent = new AbortController()
    const before = alarmWithin(parent.signal, 60_000, () => new Error('late'))
    parent.abort('left')
    const after = alarmWithin(parent.signal, 60_000, () => new Error('late'))
    expect([before.signal.reason, after.signal.reason]).toEqual(['left', 'left'])
    before.stop()
    after.stop()
  })

  test('does neither once it is called off', async () => {
    const parent = new AbortController()
    const { signal, stop } = alarmWithin(parent.signal, 1, () => new Error('late'))
    stop()
    parent.abort()
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(signal.aborted).toBe(false)
  })
})
