import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { lacksPostgres, query, startPostgres } from '../../support/postgres.ts'
import type { TestPostgres } from '../../support/postgres.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const failed = z.object({ error: z.object({ code: z.string() }) })
const answered = z.object({ gateway: z.object({ request_id: z.string(), cost_nano_usd: z.string() }) })

describe.skipIf(lacksPostgres)('with PostgreSQL (skipped where it is not installed)', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const start = (url: string, dataDir: string, whenAway: 'refuse' | 'journal'): Promise<TestApp> =>
    startApp({
      env: { DATABASE_URL: url },
      change: (config) => ({ ...config, dataDir, ledger: { ...config.ledger, whenAway } }),
    })
  const ask = (it: TestApp, text: string): Promise<Response> =>
    fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content: text }] }),
    })
  const readyOf = async (it: TestApp): Promise<number> => (await fetch(`${it.url}/ready`)).status

  test.each(['journal', 'refuse'] as const)(
    'with when_away: %s the ledger is what callers saw, though the server is killed while they ask',
    async (whenAway) => {
      const url = await server.newDatabase()
      using folder = temporaryFolder()
      await using it = await start(url, folder.path, whenAway)
      const seen = new Map<string, bigint>()
      const refused: string[] = []
      let isOver = false
      const askOnce = async (text: string): Promise<void> => {
        const reply = await ask(it, text)
        const said: unknown = await reply.json()
        if (reply.status === 200) {
          const { request_id: id, cost_nano_usd: cost } = answered.parse(said).gateway
          seen.set(id, BigInt(cost))
        } else {
          refused.push(`${reply.status} ${failed.parse(said).error.code}`)
          await sleep(20)
        }
      }
      const lane = async (name: string): Promise<void> => {
        for (let turn = 0; !isOver; turn += 1) await askOnce(`${name} asks ${turn}`)
      }
      // The first answer takes its time: much is made ready for it.
      await askOnce('Explain DNS.')
      await using ending = new AsyncDisposableStack()
      const lanes = Promise.all(['ada', 'bob', 'eve'].map(lane))
      ending.defer(async () => {
        isOver = true
        await lanes.catch(() => undefined)
      })
      await expect.poll(() => [seen.size > 5, ...refused]).toEqual([true])
      await server.kill()
      await expect.poll(() => readyOf(it)).toBe(503)
      const then = seen.size
      if (whenAway === 'journal') await expect.poll(() => seen.size).toBeGreaterThan(then + 5)
      else await expect.poll(() => refused.length).toBeGreaterThan(5)
      await server.start()
      await expect.poll(() => readyOf(it)).toBe(200)
      const back = seen.size
      await expect.poll(() => seen.size).toBeGreaterThan(back + 5)
      isOver = true
      await lanes

      expect(new Set(refused)).toEqual(new Set(whenAway === 'journal' ? [] : ['503 ledger_unavailable']))
      const rows = () => query(url, 'SELECT id, cost_nano_usd FROM receipts')
      await expect.poll(async () => (await rows()).length).toBe(seen.size)
      const kept = new Map((await rows()).map(({ id, cost_nano_usd: cost }) => [String(id), BigInt(String(cost))]))
      expect(kept).toEqual(seen)
      // What was refused cost nothing: the provider was asked by those alone who got an answer.
      expect(it.upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(seen.size)
    },
    180_000,
  )

  test('while the server is away a request is refused before any provider is called, and told when to come again', async () => {
    const url = await server.newDatabase()
    using folder = temporaryFolder()
    await using it = await start(url, folder.path, 'refuse')
    await server.stop()
    await expect.poll(() => readyOf(it)).toBe(503)
    const ready: unknown = await (await fetch(`${it.url}/ready`)).json()
    expect(JSON.stringify(ready)).toContain('PostgreSQL cannot be used: ')
    const reply = await ask(it, 'Explain DNS.')
    expect(reply.status).toBe(503)
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await reply.json()).toMatchObject({ error: { code: 'ledger_unavailable' } })
    expect(it.upstream.requests).toEqual([])
    await server.start()
    await expect.poll(() => readyOf(it)).toBe(200)
  })
})
