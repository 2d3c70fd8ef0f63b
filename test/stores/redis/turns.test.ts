import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTurns } from '../../../src/stores/redis/turns.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import { startWire } from '../../support/wire.ts'
import { settingsOf } from './open.ts'

const isOurs = (turn: object): turn is { over(): void } => 'over' in turn

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  test('of many who ask at once one has it, and when he is done the next', async () => {
    const url = `${server.url}?prefix=turns1:`
    const instances = Array.from({ length: 3 }, () => openTurns(settingsOf(url)))
    const taken = async () => {
      const turns = await Promise.all(instances.flatMap((one) => [one.take('it'), one.take('it'), one.take('it')]))
      return { ours: turns.filter(isOurs), theirs: turns.filter((turn) => !isOurs(turn)) }
    }
    const { ours, theirs } = await taken()
    expect(ours).toHaveLength(1)
    expect(theirs).toHaveLength(8)
    for (const turn of theirs) expect(turn).toMatchObject({ theirsForMs: expect.toSatisfy((ms) => ms > 0) })
    ours[0]?.over()
    await expect.poll(async () => isOurs((await instances[1]?.take('it')) ?? {}), { timeout: 10_000 }).toBe(true)
    for (const one of instances) one[Symbol.dispose]()
  }, 60_000)

  test('whoever works keeps it, and whoever ends without a word loses it', async () => {
    const url = `${server.url}?prefix=turns2:`
    const dying = openTurns(settingsOf(url), 2_000)
    using other = openTurns(settingsOf(url), 2_000)
    expect(isOurs(await dying.take('it'))).toBe(true)
    // Longer than it is kept without being renewed.
    const untilMs = Date.now() + 3_000
    while (Date.now() < untilMs) expect(isOurs(await other.take('it'))).toBe(false)
    dying[Symbol.dispose]()
    await expect.poll(async () => isOurs(await other.take('it')), { timeout: 20_000 }).toBe(true)
  }, 60_000)

  test('while Redis is away everybody has his turn', async () => {
    await using wire = await startWire(server.port)
    using one = openTurns(settingsOf(`redis://127.0.0.1:${wire.port}?prefix=turns3:`))
    using other = openTurns(settingsOf(`redis://127.0.0.1:${wire.port}?prefix=turns3:`))
    wire.cut()
    expect(isOurs(await one.take('it'))).toBe(true)
    expect(isOurs(await other.take('it'))).toBe(true)
  }, 60_000)
})
