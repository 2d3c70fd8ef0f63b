import { describe, expect, test } from 'vitest'
import { lacksPostgres } from '../support/postgres.ts'
import { lacksRedis } from '../support/redis.ts'
import { disturbances } from './chaos/disturbances.ts'
import { runChaos } from './chaos/run-chaos.ts'
import { tableOf } from './chaos/table.ts'

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
    test(
      'gateways whose stores, network and processes come and go lose no receipt, double none and keep the limit',
      { timeout: 300_000 },
      async () => {
        const run = await runChaos({ gateways: 3, callers: 12, lastsMs: 700, redisTimeoutMs: 10_000 })
        expect(run.faults).toEqual([])
        expect(run.figures.answered).toBeGreaterThan(50)
        expect(run.figures.receipts).toBeGreaterThanOrEqual(run.figures.answered)
        const lines = tableOf(run).trim().split('\n')
        expect(lines).toHaveLength(2 + disturbances.length)
      },
    )
  })
})
