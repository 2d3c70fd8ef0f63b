import { afterAll, beforeAll, describe } from 'vitest'
import { describeCounters, describeEntries } from '../../conformance/store.ts'
import { describeLeases } from '../../conformance/leases.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { openAnswersAt, openAt } from './open.ts'

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
  const urlOf = (): string => {
    opened += 1
    return `${server.url}?timeout=10000&prefix=test${opened}:`
  }

  describeEntries('redis, one instance', async ({ maxBytes, clock }) => {
    const one = await openAnswersAt({ url: urlOf(), localMaxBytes: maxBytes, clock })
    return { port: one.entries, [Symbol.asyncDispose]: () => one[Symbol.asyncDispose]() }
  })

  describeEntries('redis, written by one instance and read by another', async ({ maxBytes, clock }) => {
    const url = urlOf()
    const one = await openAnswersAt({ url, localMaxBytes: maxBytes, clock })
    const other = await openAnswersAt({ url, localMaxBytes: maxBytes, clock })
    return {
      port: {
        ...one.entries,
        find: other.entries.find,
        findCanonical: other.entries.findCanonical,
        read: other.entries.read,
        epoch: other.entries.epoch,
        remove: async (query) => {
          const removed = await other.entries.remove(query)
          // Its next look-up.
          await one.entries.find('nothing')
          return removed
        },
      },
      [Symbol.asyncDispose]: async () => {
        await one[Symbol.asyncDispose]()
        await other[Symbol.asyncDispose]()
      },
    }
  })

  describeLeases('redis', async () => {
    const url = urlOf()
    const one = await openAnswersAt({ url })
    const other = await openAnswersAt({ url, localMaxBytes: 0 })
    return {
      leases: one.leases,
      writer: one.entries,
      reader: other.entries,
      [Symbol.asyncDispose]: async () => {
        await one[Symbol.asyncDispose]()
        await other[Symbol.asyncDispose]()
      },
    }
  })
})
