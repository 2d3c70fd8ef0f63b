import { describe, expect, test } from 'vitest'
import { lacksPostgres } from '../support/postgres.ts'
import { lacksRedis } from '../support/redis.ts'
import { measureLimit } from './instances/measure-limit.ts'
import { measureStores } from './instances/measure-stores.ts'

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
    test('every choice of stores answers the same requests, and is held against the embedded one', async () => {
      const rows = await measureStores({ rounds: 1, requests: 10, callers: 2 })
      expect(rows.map(({ stores }) => stores)).toEqual(['sqlite', 'postgres', 'postgres + redis'])
      expect(rows[0]).toMatchObject({ throughputRatio: 1, medianRatio: 1 })
      for (const { requestsPerSecond, medianMs } of rows) expect(requestsPerSecond * medianMs).toBeGreaterThan(0)
    }, 180_000)

    test('three gateways let through what one limit allows, and no more', async () => {
      const { letThrough, over } = await measureLimit({ gateways: 3, limit: 60 })
      expect(letThrough).toBe(60)
      expect(over).toBe(0)
    }, 180_000)
  })
})
