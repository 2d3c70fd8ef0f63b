import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lacksPostgres, query, startPostgres } from './postgres.ts'
import type { TestPostgres } from './postgres.ts'
import { lacksRedis, startRedis } from './redis.ts'
import { isListening } from './server.ts'
import { startWire } from './wire.ts'

// What the tests of the stores stand on.

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  }, 60_000)
  afterAll(() => postgres?.[Symbol.asyncDispose](), 60_000)

  test('what is committed survives a stop and a kill', async () => {
    const url = await postgres.newDatabase()
    await query(url, 'CREATE TABLE notes (text text)')
    await query(url, "INSERT INTO notes VALUES ('before the stop')")
    await postgres.restart()
    await query(url, "INSERT INTO notes VALUES ('before the kill')")
    await postgres.kill()
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    await postgres.start()
    expect(await query(url, 'SELECT text FROM notes')).toEqual([
      { text: 'before the stop' },
      { text: 'before the kill' },
    ])
  })

  test('a wire that loses replies still brings what is asked', async () => {
    const url = await postgres.newDatabase()
    await query(url, 'CREATE TABLE notes (text text)')
    await using wire = await startWire(postgres.port)
    const through = url.replace(`:${postgres.port}/`, `:${wire.port}/`)
    expect(await query(through, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    wire.cut()
    await expect(query(through, 'SELECT 1')).rejects.toThrow()
    wire.mend()
    expect(await query(through, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  test('stops and comes back at its own port', async () => {
    await using redis = await startRedis()
    await redis.stop()
    expect(await isListening(redis.port)).toBe(false)
    await redis.start()
    expect(await isListening(redis.port)).toBe(true)
    await redis.kill()
    expect(await isListening(redis.port)).toBe(false)
  })
})
