import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, programsOf } from '../../support/server.ts'
import { lacksRedis, startRedis } from '../../support/redis.ts'
import type { TestRedis } from '../../support/redis.ts'
import type { HealthNews } from '../../../src/contract/news.ts'
import { openHealthNews } from '../../../src/stores/redis/health-news.ts'
import { openTurns } from '../../../src/stores/redis/turns.ts'
import { openAt, settingsOf } from './open.ts'

const runFile = promisify(execFile)

const backs = (told: readonly string[]): number => told.filter((line) => line.startsWith('Redis is back')).length

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  const nodes: TestRedis[] = []
  beforeAll(async () => {
    // Left to itself a node talks to the others 10,000 ports further up, where there may be none.
    for (let index = 0; index < 3; index += 1)
      nodes.push(await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`] }))
  }, 60_000)
  afterAll(() => Promise.all(nodes.map((node) => node[Symbol.asyncDispose]())), 60_000)

  test('a cluster counts every key on the node that has it', async () => {
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    const cli = path.join(programsOf('redis'), 'redis-cli')
    await runFile(cli, ['--cluster', 'create', ...addresses, '--cluster-yes'])
    const told: string[] = []
    await using counters = await openAt({ url: `redis://${addresses.join(',')}`, told })
    await using other = await openAt({ url: `redis://${addresses[0]}?cluster=true`, told })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const query = { key, nowMs: 1000, windowMs: 1000, max: 1 }
      expect(await counters.hit(query)).toMatchObject({ allowed: true })
      await expect.poll(() => other.hit(query)).toMatchObject({ allowed: false })
    }
    // A machine that is busy may have kept it waiting; away it is not.
    await expect.poll(() => told.filter((line) => line.includes('cannot be used')).length).toBe(backs(told))
  }, 60_000)

  test('news and turns go over a cluster too', async () => {
    const settings = settingsOf(`redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`)
    await using one = openHealthNews(settings)
    await using other = openHealthNews(settings)
    const heard: HealthNews[] = []
    other.follow({ heard: (news) => void heard.push(news) })
    one.tell({ kind: 'recovered', deployment: 'openai' })
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([{ kind: 'recovered', deployment: 'openai' }])
    using turns = openTurns(settings)
    await expect
      .poll(() => Promise.all(['a', 'b', 'c', 'd'].map((name) => turns.take(name))), { timeout: 20_000 })
      .toEqual(Array.from({ length: 4 }, () => ({ theirsForMs: expect.any(Number) })))
  }, 60_000)

  test('a server alone is no cluster, and is told from one', async () => {
    await using alone = await startRedis()
    const refused: unknown = await openAt({ url: `${alone.url}?cluster=true` }).then(
      (opened) => opened[Symbol.asyncDispose](),
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('It is no cluster') })
  })
})
