import { afterAll, beforeAll, describe } from 'vitest'
import { describeCounters } from '../../conformance/store.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { openAt } from './open.ts'

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  let opened = 0
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  describeCounters('redis', async () => {
    opened += 1
    const port = await openAt({ url: `${server.url}?prefix=test${opened}:` })
    return { port, [Symbol.asyncDispose]: () => port[Symbol.asyncDispose]() }
  })
})
