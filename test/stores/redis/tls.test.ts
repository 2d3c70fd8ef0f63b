import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../support/server.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { openAt } from './open.ts'

const folder = path.resolve(import.meta.dirname, '../../providers/tls')
const cert = path.join(folder, 'loopback-cert.pem')
const key = path.join(folder, 'loopback-key.pem')
const query = { key: 'k', nowMs: 1000, windowMs: 1000, max: 1 }

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  let port: number
  beforeAll(async () => {
    port = await freePort()
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
    server = await startRedis({ args: ['--tls-port', `${port}`, '--tls-auth-clients', 'no', ...files] })
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  test.each([
    ['a certificate that is vouched for and names the host', `?cacert=${cert}`],
    ['one that nobody checks', '?check=none'],
  ])('counts over TLS, with %s', async (_what, words) => {
    const told: string[] = []
    await using counters = await openAt({ url: `rediss://localhost:${port}${words}`, told })
    expect(await counters.hit({ ...query, key: words })).toMatchObject({ allowed: true })
    expect(await counters.hit({ ...query, key: words })).toMatchObject({ allowed: false })
    expect(told).toEqual([])
  })

  test('a certificate that nobody vouches for ends the start with what to correct', async () => {
    const refused: unknown = await openAt({ url: `rediss://localhost:${port}` }).then(
      (opened) => opened[Symbol.asyncDispose](),
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('Correct the TLS of REDIS_URL'),
    })
  })
})
