import { expect, test } from 'vitest'
import { alarm, sleep } from '../../src/lib/abort.ts'

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
