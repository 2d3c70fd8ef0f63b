import { describe, expect, test } from 'vitest'
import { createUsage } from '../../src/admin/usage.ts'
import type { UsageQuestion } from '../../src/admin/usage.ts'
import type { UsageQuery } from '../../src/contract/store.ts'
import { GatewayError } from '../../src/contract/errors.ts'
import { readUnified } from '../../src/gateway/unified.ts'
import { admin as owner } from '../mcp/support/gateway.ts'
import { createTestServices, nowMs } from '../mcp/support/services.ts'

const unasked = () => Promise.reject(new Error('not asked here'))

const { admin, known } = createTestServices()
const user = { id: 'key_1', name: 'laptop', scope: 'use' } as const
const request = (prompt: string) => readUnified({ prompt, model: 'auto' }, known)

describe('models', () => {
  test('lists auto first, then every callable model once by name, with its cheapest deployment first', () => {
    const listed = admin.models()
    expect(listed[0]).toMatchObject({ id: 'auto', deployments: [] })
    const ids = listed.slice(1).map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted())
    expect(new Set(ids).size).toBe(ids.length)
    const luna = listed.find(({ id }) => id === 'gpt-6-luna')
    expect(luna?.ownedBy).toBe('openai')
    expect(luna?.deployments.map(({ card }) => card.key)).toEqual(['openai:gpt-6-luna', 'openrouter:openai/gpt-6-luna'])
  })

  test('leaves out what cannot be called: retired by today, without a key, not for chat', () => {
    const ids = admin.models().map(({ id }) => id)
    expect(ids).toContain('gpt-5')
    expect(ids).not.toContain('gpt-4o')
    expect(ids).not.toContain('claude-sonnet-5')
    expect(ids).not.toContain('text-embedding-4')
  })

  test('a model lives until the first moment of its last day', () => {
    const lastMs = Date.UTC(2026, 11, 1)
    const at = (atMs: number) => createTestServices({ clock: { now: () => atMs } }).admin
    expect(at(lastMs - 1).model('gpt-5')).not.toBeNull()
    expect(at(lastMs).model('gpt-5')).toBeNull()
  })

  test.each([
    'gpt-6-luna',
    'luna',
    'openai/gpt-6-luna',
    'openai:gpt-6-luna',
    'openrouter:openai/gpt-6-luna',
    'openai:luna',
  ])('%s finds the same model', (name) => expect(admin.model(name)?.id).toBe('gpt-6-luna'))

  test.each(['gpt-7', 'openai:openai/gpt-6-luna', '', '__proto__'])('"%s" finds none', (name) =>
    expect(admin.model(name)).toBeNull(),
  )

  test('prices are those of short inputs, and unknown ones stay unknown', () => {
    const byKey = new Map(admin.deployments().map((deployment) => [deployment.card.key, deployment]))
    expect(byKey.get('openai:gpt-6-luna')).toMatchObject({
      inputNanoUsdPerMtok: 1_250_000_000n,
      outputNanoUsdPerMtok: 10_000_000_000n,
    })
    expect(byKey.get('openai:unpriced')).toMatchObject({ inputNanoUsdPerMtok: null, outputNanoUsdPerMtok: null })
  })
})

describe('usage', () => {
  const queries: UsageQuery[] = []
  const usage = createUsage({
    clock: { now: () => nowMs },
    receipts: {
      usage: (query) => {
        queries.push(query)
        return Promise.reject(new Error('not needed'))
      },
    },
  })
  const ask = async (question: Partial<UsageQuestion>) => {
    queries.length = 0
    await usage({ caller: owner, groupBy: 'day', period: '30d', ...question }).catch((error: unknown) => {
      if (error instanceof GatewayError) throw error
    })
    return queries
  }
  const dayMs = 86_400_000
  const todayMs = Date.UTC(2026, 10, 21)

  test.each([
    ['today', todayMs, nowMs + 1],
    ['yesterday', todayMs - dayMs, todayMs],
    ['7d', nowMs - 7 * dayMs, nowMs + 1],
    ['30d', nowMs - 30 * dayMs, nowMs + 1],
    ['month', Date.UTC(2026, 10, 1), nowMs + 1],
  ] as const)('%s is a span in UTC', async (period, fromMs, untilMs) => {
    expect(await ask({ period })).toMatchObject([
      { fromMs, untilMs, simulated: false },
      { fromMs, untilMs, simulated: true },
    ])
  })

  test('from and until replace the ends of the period', async () => {
    const [query] = await ask({ from: '2026-11-01', until: '2026-11-02T12:30' })
    expect(query).toMatchObject({ fromMs: Date.UTC(2026, 10, 1), untilMs: Date.UTC(2026, 10, 2, 12, 30) })
    const [zoned] = await ask({ from: '2026-11-01T02:00:00+02:00' })
    expect(zoned).toMatchObject({ fromMs: Date.UTC(2026, 10, 1) })
  })

  test.each(['1', 'yesterday', '2026-13-01', '2026-02-30', '2026-11-01 10:00', '', '2026-11-01T25:00'])(
    '"%s" is no date',
    async (from) => {
      await expect(ask({ from })).rejects.toMatchObject({ code: 'invalid_request', detail: { param: 'from' } })
    },
  )

  test('a span that runs backwards is refused', async () => {
    await expect(ask({ from: '2026-11-02', until: '2026-11-01' })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('a caller sees his own, an admin everybody unless he asks for his own', async () => {
    expect((await ask({ caller: user }))[0]?.callerId).toBe('key_1')
    expect((await ask({ caller: owner }))[0]?.callerId).toBeNull()
    expect((await ask({ caller: owner, whose: 'mine' }))[0]?.callerId).toBe('local')
    await expect(ask({ caller: user, whose: 'all' })).rejects.toMatchObject({ code: 'insufficient_scope' })
  })
})

describe('explain and estimate', () => {
  test('a request that nobody can answer is explained, other failures are thrown', async () => {
    expect(await admin.explain(request('nobody'))).toMatchObject({
      kind: 'refused',
      error: { code: 'no_eligible_model' },
    })
    const broken = createTestServices({
      gateway: {
        explainMemory: unasked,
        explain: () => Promise.reject(new GatewayError('no_provider', 'No provider is configured.')),
      },
    })
    await expect(broken.admin.explain(request('hi'))).rejects.toMatchObject({ code: 'no_provider' })
  })

  test('a model that cannot take the request is refused beside those that can', async () => {
    const refusing = createTestServices({
      gateway: {
        explainMemory: unasked,
        explain: (asked) =>
          asked.model.kind === 'named' && asked.model.model === 'small'
            ? Promise.reject(new GatewayError('context_length_exceeded', 'Too long.'))
            : createTestServices().gateway.explain(asked),
      },
    })
    const models = ['small', 'gpt-6-luna'].map((model) => ({ kind: 'named', model }) as const)
    expect(await refusing.admin.estimate({ kind: 'request', request: request('hi'), models })).toMatchObject({
      rows: [{ card: { key: 'openai:gpt-6-luna' } }, { card: { key: 'openrouter:openai/gpt-6-luna' } }],
      refused: [{ model: 'small', error: { code: 'context_length_exceeded' } }],
    })
  })

  test('tokens alone are priced cheapest first, unknown prices last', async () => {
    const { rows } = await admin.estimate({ kind: 'tokens', inputTokens: 1000, outputTokens: 10, models: [] })
    const costs = rows.map(({ estimatedCostNanoUsd }) => estimatedCostNanoUsd)
    expect(costs).toEqual([1_350_000n, 1_350_000n, ...Array.from({ length: 7 }, () => 2_700_000n), null])
  })

  test('a model that several names mean is priced once, where it was named first', async () => {
    const models = [{ kind: 'named', model: 'unpriced' }, { kind: 'auto' }] as const
    const { rows } = await admin.estimate({ kind: 'tokens', inputTokens: 1000, outputTokens: 10, models })
    expect(rows[0]).toMatchObject({ card: { id: 'unpriced' }, estimatedCostNanoUsd: null })
    const keys = rows.map(({ card }) => card.key)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('status and providers', () => {
  test('why the gateway is not ready is passed on', async () => {
    const reasons = ['No provider is configured: set OPENAI_API_KEY.']
    const starting = createTestServices({ readiness: () => ({ ready: false, reasons }) })
    expect(await starting.admin.status(user)).toMatchObject({
      ready: false,
      reasons,
      cache: { whose: 'mine', entries: 2 },
    })
    expect(await starting.admin.status(owner)).toMatchObject({ cache: { whose: 'all', entries: 5 } })
  })

  test('the sandbox makes a provider callable that the configuration cannot call', () => {
    const openrouter = admin.providers().find(({ id }) => id === 'openrouter')
    expect(openrouter).toMatchObject({ toConfigure: null, simulated: true, health: { circuit: 'open' } })
  })
})
