import { decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createJsonReader } from '../../src/providers/get-json.ts'
import { createIssuerKeys } from '../../src/tenants/issuer-keys.ts'
import { createLogger } from '../mcp/support/serve.ts'
import { startIssuer } from '../support/issuer.ts'
import type { Issuer } from '../support/issuer.ts'

const reader = createJsonReader(null)
const clock = { nowMs: 0, now: () => clock.nowMs }
const minuteMs = 60_000
let issuer: Issuer
beforeEach(async () => {
  issuer = await startIssuer({ path: '/realms/team' })
  clock.nowMs = 1_000_000
})
afterEach(() => issuer[Symbol.asyncDispose]())

const open = (settings: { jwksUrl?: string; timeoutMs?: number } = {}) => {
  const { jwksUrl = null, timeoutMs = 5_000 } = settings
  const logger = createLogger()
  return createIssuerKeys({
    settings: { issuer: issuer.issuer, jwksUrl },
    getJson: reader.get,
    clock,
    logger,
    timeoutMs,
  })
}
type Keys = ReturnType<typeof open>

/** Finds the key of a token that the issuer signs now. */
const find = async (keys: Keys): Promise<unknown> => {
  const token = await issuer.sign({ sub: 'user-1' })
  const [head = '', payload = '', signature = ''] = token.split('.')
  return keys.find(decodeProtectedHeader(token), { protected: head, payload, signature })
}
/** The key of a token of this key id, which nobody has. */
const findMadeUp = (keys: Keys, kid: string): Promise<unknown> =>
  keys.find({ alg: 'ES256', kid }, { protected: '', payload: '', signature: '' })

const reads = (): number => issuer.asked.filter((path) => path === '/keys').length
const unavailable = { code: 'issuer_unavailable', status: 503 }
const noSuchKey = { code: 'ERR_JWKS_NO_MATCHING_KEY' }

describe('keys are found', () => {
  test('through the metadata, where the issuer has a path too, and are read once for all', async () => {
    const keys = open()
    await Promise.all([find(keys), find(keys), find(keys)])
    await find(keys)
    expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server/realms/team', '/keys'])
  })

  test('at the address that was set, without a look at the metadata', async () => {
    await find(open({ jwksUrl: `${new URL(issuer.issuer).origin}/keys` }))
    expect(issuer.asked).toEqual(['/keys'])
  })

  test('nowhere before a token comes', async () => {
    open()
    expect(issuer.asked).toEqual([])
  })
})

describe('an issuer that rotates its keys', () => {
  test('is asked again for a key that is not known, once the cooldown is over', async () => {
    const keys = open()
    await find(keys)
    await issuer.rotate()
    await expect(find(keys)).rejects.toMatchObject(noSuchKey)
    clock.nowMs += minuteMs
    await find(keys)
    expect(reads()).toBe(2)
  })

  test('is not asked for every key id that somebody makes up', async () => {
    const keys = open()
    await find(keys)
    clock.nowMs += minuteMs
    for (let n = 0; n < 50; n += 1) await expect(findMadeUp(keys, `made-up-${n}`)).rejects.toMatchObject(noSuchKey)
    await Promise.allSettled(Array.from({ length: 50 }, (_, n) => findMadeUp(keys, `at-once-${n}`)))
    expect(reads()).toBe(2)
  })

  test('has a key that it took back forgotten within ten minutes', async () => {
    const keys = open()
    await find(keys)
    const { kid } = issuer.key()
    await issuer.rotate()
    clock.nowMs += 9 * minuteMs
    await findMadeUp(keys, kid)
    clock.nowMs += minuteMs
    await expect(findMadeUp(keys, kid)).rejects.toMatchObject(noSuchKey)
  })
})

describe('an issuer that fails', () => {
  test.each([
    ['is away', { status: 503 }],
    ['never answers', { hangs: true }],
    ['publishes a web page', { keys: '<html>' }],
    ['publishes no keys', { keys: { keys: [] } }],
    ['publishes a thousand keys', { keys: { keys: Array.from({ length: 1_000 }, () => ({ kty: 'EC' })) } }],
    ['says that it is another', { metadata: (honest: object) => ({ ...honest, issuer: 'https://evil.test' }) }],
    [
      'has keys in the clear on a foreign host',
      { metadata: (honest: object) => ({ ...honest, jwks_uri: 'http://evil.test/keys' }) },
    ],
    ['has no keys', { metadata: (honest: object) => ({ ...honest, jwks_uri: undefined }) }],
  ])('and %s: nobody comes in at first, and the last good keys stay in force later', async (_what, habits) => {
    const keys = open({ timeoutMs: 200 })
    issuer.habits = habits
    await expect(find(keys)).rejects.toMatchObject(unavailable)
    const asked = issuer.asked.length
    await expect(find(keys)).rejects.toMatchObject(unavailable)
    expect(issuer.asked, 'not hammered').toHaveLength(asked)

    issuer.habits = {}
    clock.nowMs += 2_000
    await find(keys)

    issuer.habits = habits
    clock.nowMs += 60 * minuteMs
    await find(keys)
    await expect(findMadeUp(keys, 'unknown')).rejects.toMatchObject(noSuchKey)

    issuer.habits = {}
    await issuer.rotate()
    clock.nowMs += minuteMs
    await find(keys)
  })

  test('and publishes a secret for a key: it is no key', async () => {
    issuer.habits = { keys: { keys: [{ kty: 'oct', kid: 'secret', k: 'c2VjcmV0' }, issuer.key().publicJwk] } }
    const keys = open()
    await find(keys)
    await expect(
      keys.find({ alg: 'HS256', kid: 'secret' }, { protected: '', payload: '', signature: '' }),
    ).rejects.toBeInstanceOf(Error)
  })
})
