import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSecret } from '../../src/config/secrets.ts'
import type { Logger } from '../../src/contract/runtime.ts'
import { SecretError } from '../../src/contract/secrets.ts'
import type { SecretFault } from '../../src/contract/secrets.ts'
import { createLiveSecret } from '../../src/secrets/live-secret.ts'

const signal = new AbortController().signal
let nowMs: number
let lines: string[]
let fetches: number
let give: () => Promise<string>

beforeEach(() => {
  nowMs = 0
  lines = []
  fetches = 0
  give = async () => 'sk-1'
})
afterEach(() => expect(lines.join('\n')).not.toContain('sk-'))

const say = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`)
const logger: Logger = { debug: say, info: say, warn: say, error: say }

const open = (random = () => 0.5) =>
  createLiveSecret({
    name: 'file:/run/key',
    fetch: () => {
      fetches += 1
      return give()
    },
    conceal: createSecret,
    ttlMs: 1000,
    pauseMs: 100,
    timeoutMs: 50,
    clock: { now: () => nowMs },
    random,
    logger,
  })
const fail = (fault: SecretFault) => async (): Promise<never> => {
  throw new SecretError(fault, 'no')
}

test('nothing is asked for before it is needed, and then once for all who want it', async () => {
  const secret = open()
  expect(fetches).toBe(0)
  const texts = await Promise.all([secret.read(signal), secret.read(signal), secret.read(signal)])
  expect(texts.map((text) => text.reveal())).toEqual(['sk-1', 'sk-1', 'sk-1'])
  expect(fetches).toBe(1)
})

test('a text is used until it has aged, a little sooner or later by chance', async () => {
  for (const [chance, agesAtMs] of [
    [0, 900],
    [0.5, 1000],
    [1, 1100],
  ] as const) {
    ;[nowMs, fetches] = [0, 0]
    const secret = open(() => chance)
    await secret.read(signal)
    nowMs = agesAtMs - 1
    await secret.read(signal)
    expect(fetches).toBe(1)
    nowMs = agesAtMs
    await secret.read(signal)
    expect(fetches).toBe(2)
  }
})

test('a call keeps the text that it began with while others have the new one', async () => {
  const secret = open()
  const before = await secret.read(signal)
  give = async () => 'sk-2'
  nowMs = 1000
  const after = await secret.read(signal)
  expect([before.reveal(), after.reveal()]).toEqual(['sk-1', 'sk-2'])
  expect(lines.join('\n')).toContain('has changed')
})

describe('a source that is away', () => {
  test('leaves the last good text in use, and is asked again after a pause', async () => {
    const secret = open()
    await secret.read(signal)
    nowMs = 1000
    give = fail('unavailable')
    expect((await secret.read(signal)).reveal()).toBe('sk-1')
    await secret.read(signal)
    expect(fetches).toBe(2)
    nowMs = 1100
    give = async () => 'sk-2'
    expect((await secret.read(signal)).reveal()).toBe('sk-2')
  })

  test('fails the first who needs it, and not each one after by a question of its own', async () => {
    give = fail('unavailable')
    const secret = open()
    for (let time = 0; time < 3; time += 1)
      await expect(secret.read(signal)).rejects.toMatchObject({ code: 'secret_unavailable' })
    expect(fetches).toBe(1)
    nowMs = 100
    give = async () => 'sk-1'
    expect((await secret.read(signal)).reveal()).toBe('sk-1')
  })
})

test('a secret that was withdrawn is used no more', async () => {
  const secret = open()
  await secret.read(signal)
  nowMs = 1000
  give = fail('withdrawn')
  await expect(secret.read(signal)).rejects.toMatchObject({ code: 'secret_unavailable' })
})

describe('after a provider refused a key', () => {
  test('its source is asked at once, and whoever comes later finds the new one without asking', async () => {
    const secret = open()
    const refused = await secret.read(signal)
    give = async () => 'sk-2'
    expect(await secret.renew(refused, signal)).toBe(true)
    expect(await secret.renew(refused, signal)).toBe(true)
    expect(fetches).toBe(2)
  })

  test('a key that is still the same is not asked for again and again', async () => {
    const secret = open()
    const refused = await secret.read(signal)
    for (let time = 0; time < 5; time += 1) expect(await secret.renew(refused, signal)).toBe(false)
    expect(fetches).toBe(2)
    nowMs = 100
    expect(await secret.renew(refused, signal)).toBe(false)
    expect(fetches).toBe(3)
  })

  test('a source that fails then is no news', async () => {
    const secret = open()
    const refused = await secret.read(signal)
    give = fail('unavailable')
    expect(await secret.renew(refused, signal)).toBe(false)
    expect((await secret.read(signal)).reveal()).toBe('sk-1')
  })
})

test('who leaves does not wait for the source, and does not break it off for others', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  give = () => promise
  const secret = open()
  const caller = new AbortController()
  const left = secret.read(caller.signal)
  const stays = secret.read(signal)
  caller.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  resolve('sk-1')
  expect((await stays).reveal()).toBe('sk-1')
})
