import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseUsd } from '../../../src/contract/money.ts'
import type { Receipt } from '../../../src/contract/receipt.ts'
import { usageGroupings } from '../../../src/contract/store.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { readCsv } from './read-csv.ts'

const keys = { ada: 'gw_ada_secret', bob: 'gw_bob_secret', owner: 'gw_owner_secret' }
type Who = keyof typeof keys
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const usd = z.string().regex(/^\d+\.\d{9}$/)
const sums = z.strictObject({
  requests: z.int(),
  cache_hits: z.int(),
  failures: z.int(),
  abandoned: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cached_tokens: z.int(),
  reasoning_tokens: z.int(),
  cost_usd: usd,
  cost_nano_usd: z.string().regex(/^\d+$/),
  saved_usd: usd,
  unpriced_requests: z.int(),
  estimated_requests: z.int(),
  average_ms: z.number(),
})
const span = { from: z.iso.datetime(), until: z.iso.datetime(), scope: z.enum(['mine', 'all']) }
const totals = { total: sums, simulated_total: sums, outcomes: z.record(z.string(), z.int()) }
const usageReply = z.strictObject({
  ...span,
  ...totals,
  group_by: z.string(),
  rows: z.array(sums.extend({ group: z.string(), simulated: z.boolean() })),
  rows_total: z.int(),
})
const statsReply = z.looseObject({
  ...span,
  ...totals,
  ready: z.boolean(),
  version: z.string(),
  cache: z.strictObject({ entries: z.int(), bytes: z.int(), max_bytes: z.int() }),
  providers: z.array(z.looseObject({ id: z.string(), circuit: z.string(), waiting: z.int() })),
})
const line = z.looseObject({
  id: z.string(),
  caller: z.object({ id: z.string() }),
  cost_nano_usd: z.string().nullable(),
  saved_usd: usd,
  input_tokens: z.int().nullable(),
  output_tokens: z.int().nullable(),
  simulated: z.boolean(),
})
const tracesReply = z.strictObject({
  scope: z.enum(['mine', 'all']),
  traces: z.array(line),
  next_cursor: z.string().nullable(),
})
const answer = z.object({ gateway: z.object({ request_id: z.string(), cost_nano_usd: z.string().nullable() }) })
const refusal = z.object({
  error: z.looseObject({ code: z.string(), param: z.string().nullable(), message: z.string() }),
})

describe('the ledger over HTTP', () => {
  let it: TestApp
  /** What callers were told that their answers cost, by who they are. */
  const told: Record<Who, bigint> = { ada: 0n, bob: 0n, owner: 0n }

  const get = (path: string, who: Who, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(it.url + path, { headers: { authorization: `Bearer ${keys[who]}`, ...headers } })
  const getJson = async <T>(path: string, who: Who, schema: z.ZodType<T>): Promise<T> => {
    const reply = await get(path, who)
    const body: unknown = await reply.json()
    expect(reply.status, JSON.stringify(body)).toBe(200)
    return schema.parse(body)
  }
  const refused = async (path: string, who: Who) => {
    const reply = await get(path, who)
    return { status: reply.status, ...refusal.parse(await reply.json()).error }
  }
  const spend = async (who: Who, body: Record<string, unknown>): Promise<void> => {
    const reply = await fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${keys[who]}` },
      body: JSON.stringify(body),
    })
    const said = answer.safeParse(await reply.json())
    if (said.success) told[who] += BigInt(said.data.gateway.cost_nano_usd ?? 0)
  }

  beforeAll(async () => {
    it = await startApp({
      env: {
        // Its local model is a provider too.
        EMBEDDER: 'int8',
        AUTH_MODE: 'api-key',
        API_KEY_HASHES: `ada:use:${hashOf(keys.ada)},bob:use:${hashOf(keys.bob)},owner:admin:${hashOf(keys.owner)}`,
      },
    })
    const say = (content: string) => [{ role: 'user', content }]
    for (const model of ['gpt-6-luna', 'claude-haiku-5-5', 'gpt-4o', 'openai-compatible:made-up']) {
      await spend('ada', { model, messages: say('Explain DNS.'), user: '=cmd|calc', metadata: { project: 'x "1"' } })
      await spend('ada', { model, messages: say('Explain DNS.'), user: 'team, x' })
      await spend('bob', { model, messages: say('Translate to French: good day'), metadata: { project: '@y' } })
    }
    it.upstream.script([{ status: 400, body: { error: { message: 'No.' } } }])
    await spend('bob', { model: 'openai:gpt-6-luna', messages: say('Fail.') })
  })
  afterAll(() => it[Symbol.asyncDispose]())

  const of = (who: Who | null): Receipt[] => it.receipts.filter(({ caller }) => who === null || caller.id === who)
  const nano = (receipts: readonly Receipt[]): bigint =>
    receipts.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0n), 0n)
  const count = (receipts: readonly Receipt[], what: 'inputTokens' | 'outputTokens'): number =>
    receipts.reduce((sum, { usage }) => sum + (usage?.[what] ?? 0), 0)

  test.each([...usageGroupings, 'key'])('usage by %s adds up to the ledger', async (groupBy) => {
    const tag = groupBy === 'tag' ? '&tag=project' : ''
    for (const [who, whose] of [
      ['owner', null],
      ['ada', 'ada'],
      ['bob', 'bob'],
    ] as const) {
      const { total, rows, outcomes } = await getJson(`/api/usage?group_by=${groupBy}${tag}`, who, usageReply)
      const receipts = of(whose)
      expect(total.requests).toBe(receipts.length)
      expect(BigInt(total.cost_nano_usd)).toBe(nano(receipts))
      expect(parseUsd(total.cost_usd)).toBe(nano(receipts))
      expect(parseUsd(total.saved_usd)).toBe(receipts.reduce((sum, { savedNanoUsd }) => sum + savedNanoUsd, 0n))
      expect([total.input_tokens, total.output_tokens]).toEqual([
        count(receipts, 'inputTokens'),
        count(receipts, 'outputTokens'),
      ])
      expect(rows.reduce((sum, { cost_nano_usd }) => sum + BigInt(cost_nano_usd), 0n)).toBe(nano(receipts))
      expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(receipts.length)
      expect(Object.values(outcomes).reduce((sum, requests) => sum + requests, 0)).toBe(receipts.length)
    }
  })

  test('what callers were told, what the list of requests says and what the report says is the same', async () => {
    for (const who of ['ada', 'bob'] as const) {
      const { total } = await getJson('/api/usage', who, usageReply)
      let [listed, cursor, requests] = [0n, '', 0]
      do {
        const page = await getJson(`/api/traces?limit=3${cursor && `&cursor=${cursor}`}`, who, tracesReply)
        expect(page.traces.every(({ caller }) => caller.id === who)).toBe(true)
        listed += page.traces.reduce((sum, { cost_nano_usd }) => sum + BigInt(cost_nano_usd ?? 0), 0n)
        requests += page.traces.length
        cursor = page.next_cursor ?? ''
      } while (cursor !== '')
      expect(BigInt(total.cost_nano_usd)).toBe(told[who])
      expect(listed).toBe(told[who])
      expect(requests).toBe(total.requests)
      expect(told[who]).toBeGreaterThan(0n)
    }
  })

  test('stats are the totals of usage, with how the gateway is', async () => {
    const stats = await getJson('/api/stats?period=today', 'owner', statsReply)
    const usage = await getJson('/api/usage?period=today', 'owner', usageReply)
    expect({ ...stats.total }).toEqual(usage.total)
    expect(stats.outcomes).toEqual(usage.outcomes)
    expect(stats.ready).toBe(true)
    expect(stats.cache.entries).toBeGreaterThan(0)
    expect(stats.providers.map(({ id }) => id).toSorted()).toEqual([
      'anthropic',
      'local',
      'openai',
      'openai-compatible',
    ])
    expect((await getJson('/api/stats', 'bob', statsReply)).total.requests).toBe(of('bob').length)
  })

  test('a span outside is empty, and one user is that user alone', async () => {
    const past = await getJson('/api/usage?from=2020-01-01&until=2020-02-01', 'owner', usageReply)
    expect([past.total.requests, past.rows]).toEqual([0, []])
    const team = await getJson('/api/usage?user=team,%20x', 'owner', usageReply)
    expect(team.total.requests).toBe(it.receipts.filter(({ tags }) => tags.user === 'team, x').length)
    const short = await getJson('/api/usage?limit=1', 'owner', usageReply)
    expect([short.rows.length, short.rows_total]).toEqual([1, 4 + 1])
    expect(short.total.requests).toBe(it.receipts.length)
  })

  test('a table says what the JSON says, and no cell of it is a formula', async () => {
    for (const [query, headers] of [
      ['&format=csv', {}],
      ['', { accept: 'text/csv' }],
    ] as const) {
      const reply = await get(`/api/usage?group_by=user${query}`, 'owner', headers)
      expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
      expect(reply.headers.get('content-disposition')).toBe('attachment; filename="usage.csv"')
      const [head = [], ...rows] = readCsv(await reply.text())
      expect(head.slice(0, 3)).toEqual(['user', 'simulated', 'requests'])
      const json = await getJson('/api/usage?group_by=user', 'owner', usageReply)
      expect(new Set(rows.map(([group]) => group))).toEqual(new Set(["'=cmd|calc", '(none)', 'team, x']))
      const cost = head.indexOf('cost_usd')
      expect(rows.map((row) => row[cost])).toEqual(json.rows.map(({ cost_usd }) => cost_usd))
      expect(rows.every(({ length }) => length === head.length)).toBe(true)
    }
    const tags = readCsv(await (await get('/api/usage?group_by=tag&tag=project&format=csv', 'owner')).text())
    expect(new Set(tags.map(([group]) => group))).toEqual(new Set(["'@y", '(none)', 'tag', 'x "1"']))
  })

  test('a receipt is shown whole to its caller and to an admin, and to nobody else', async () => {
    const [mine] = of('ada')
    const failed = of('bob').find(({ outcome }) => outcome === 'failed')
    const path = `/api/traces/${mine?.id}`
    const seen = await getJson(path, 'ada', z.looseObject({}))
    expect(seen).toMatchObject({
      id: mine?.id,
      cost_nano_usd: mine?.costNanoUsd?.toString(),
      user: '=cmd|calc',
      metadata: { project: 'x "1"' },
      tries: [{ provider: 'openai', outcome: 'answered' }],
      timings: { total_ms: mine?.timings.totalMs },
    })
    expect(await getJson(path, 'owner', z.looseObject({}))).toEqual(seen)
    expect(await refused(path, 'bob')).toMatchObject({ status: 404, code: 'not_found' })
    expect(await refused('/api/traces/req_none', 'ada')).toMatchObject({ status: 404, code: 'not_found' })
    const shown = await getJson(`/api/traces/${failed?.id}`, 'bob', z.looseObject({}))
    expect(shown).toMatchObject({ outcome: 'failed', code: 'provider_rejected', tries: [{ reason: null }] })
  })

  test('an admin reads who did what to the gateway, the newest first', async () => {
    const entry = { actor: { id: 'owner', name: 'owner' }, target: null, outcome: 'done', detail: {} } as const
    for (const id of ['a1', 'a2', 'a3'])
      await it.app.stores.audit.append({ ...entry, id, atMs: Date.UTC(2026, 10, 21), action: 'cache.remove' })
    const shown = { ...entry, id: 'a3', at: '2026-11-21T00:00:00.000Z', action: 'cache.remove' }
    const first = await getJson('/api/audit?limit=1', 'owner', z.looseObject({ next_cursor: z.string() }))
    expect(first).toMatchObject({ audit: [shown] })
    const rest = await getJson(`/api/audit?cursor=${first.next_cursor}`, 'owner', z.looseObject({}))
    expect(rest).toMatchObject({ audit: [{ id: 'a2' }, { id: 'a1' }], next_cursor: null })
  })

  test.each([
    ['/api/usage?group_by=colour', 'invalid_request', 'group_by'],
    ['/api/usage?group=model', 'invalid_request', 'group'],
    ['/api/usage?from=yesterday', 'invalid_request', 'from'],
    ['/api/usage?from=2026-02-01&until=2026-01-01', 'invalid_request', 'from'],
    ['/api/usage?group_by=tag', 'invalid_request', 'tag'],
    ['/api/usage?tag=x', 'invalid_request', 'tag'],
    ['/api/usage?format=xml', 'invalid_request', 'format'],
    ['/api/usage?limit=0', 'invalid_request', 'limit'],
    ['/api/usage?period=7d&period=30d', 'invalid_request', 'period'],
    ['/api/usage?__proto__=x', 'invalid_request', '__proto__'],
    ['/api/stats?group_by=model', 'invalid_request', 'group_by'],
    ['/api/traces?limit=1e9', 'invalid_request', 'limit'],
    ['/api/traces?cursor=zzz', 'invalid_request', 'cursor'],
    ['/api/usage?scope=all', 'insufficient_scope', null],
    ['/api/traces?scope=all', 'insufficient_scope', null],
    ['/api/stats?scope=all', 'insufficient_scope', null],
    ['/api/audit', 'insufficient_scope', null],
    ['/api/audit?limit=201', 'invalid_request', 'limit'],
    ['/api/audit?scope=mine', 'invalid_request', 'scope'],
    ['/api/trace', 'not_found', null],
    ['/api/traces/', 'not_found', null],
    ['/api/traces/%E0%A4%A', 'invalid_request', null],
  ])('%s is refused: %s', async (path, code, param) => {
    expect(await refused(path, 'ada')).toMatchObject({ code, param })
  })

  test('without a key nothing is shown, and nothing but reading is taken', async () => {
    for (const path of ['/api/stats', '/api/usage', '/api/traces', '/api/audit', `/api/traces/${it.receipts[0]?.id}`]) {
      expect((await fetch(it.url + path)).status).toBe(401)
      const posted = await fetch(it.url + path, { method: 'POST', headers: { authorization: `Bearer ${keys.ada}` } })
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
    const head = await fetch(`${it.url}/api/usage`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${keys.ada}` },
    })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })
})
