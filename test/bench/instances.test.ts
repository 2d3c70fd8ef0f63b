import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../support/app.ts'
import { lacksPostgres } from '../support/postgres.ts'
import { lacksRedis } from '../support/redis.ts'
import { measureCatchUp } from './instances/measure-catch-up.ts'
import { measureLimit } from './instances/measure-limit.ts'
import { measureStores } from './instances/measure-stores.ts'

const isThere = existsSync(path.join(projectRoot, '.models/all-MiniLM-L6-v2/set-up.json'))

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
    test('every choice of stores answers the same requests, and is held against the embedded one', async () => {
      const rows = await measureStores({ rounds: 1, requests: 10, callers: 2 })
      expect(rows.map(({ stores }) => stores)).toEqual(['sqlite', 'postgres', 'postgres + redis'])
      expect(rows[0]).toMatchObject({ throughputRatio: 1, medianRatio: 1 })
      for (const { requestsPerSecond, medianMs } of rows) expect(requestsPerSecond * medianMs).toBeGreaterThan(0)
    }, 180_000)

    describe.skipIf(!isThere)("the embedding model's own weights (skipped where set-up could not get them)", () => {
      test('an instance that starts hears of everything that the others remember', async () => {
        const { listenS, heardS, indexedS } = await measureCatchUp({ size: 30 })
        expect(listenS).toBeLessThanOrEqual(heardS)
        expect(heardS).toBeLessThanOrEqual(indexedS)
      }, 180_000)
    })

    test('three gateways let through what one limit allows, and no more', async () => {
      const { letThrough, over } = await measureLimit({ gateways: 3, limit: 60 })
      expect(letThrough).toBe(60)
      expect(over).toBe(0)
    }, 180_000)
  })
})
