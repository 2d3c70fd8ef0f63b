import { countTokens } from 'gpt-tokenizer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientKinds, connect } from './support/clients.ts'
import type { AnyClient } from './support/clients.ts'
import { serveMcp } from './support/serve.ts'
import type { TestServer } from './support/serve.ts'

let server: TestServer
let owner: AnyClient
let user: AnyClient
beforeAll(async () => {
  server = await serveMcp()
  owner = await connect(clientKinds[2].kind, server.url)
  user = await connect(clientKinds[0].kind, server.url, { 'x-test-caller': 'user' })
})
afterAll(async () => {
  await owner[Symbol.asyncDispose]()
  await user[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

// The tightest host known shows its model 25,000 tokens of a result.
test.each([
  ['list_providers', { include_models: true, limit: 100 }],
  ['explain_route', { prompt: 'hello', limit: 50 }],
  ['explain_route', { prompt: 'nobody', limit: 50 }],
  ['get_usage_stats', { group_by: 'caller', limit: 100 }],
  ['estimate_cost', { input_tokens: 10, models: Array.from({ length: 20 }, () => 'gpt-6-luna') }],
])('the largest page of %s fits the context of a model', async (name, args) => {
  const { texts, data } = await owner.call(name, args)
  expect(countTokens(texts.join('\n') + JSON.stringify(data))).toBeLessThan(25_000)
})

describe('unified_completion', () => {
  test('answers with the text for people and everything for programs', async () => {
    const { texts, data } = await owner.call('unified_completion', { prompt: 'hello', model: 'openai:gpt-6-luna' })
    expect(texts).toEqual([
      'You said: hello',
      expect.stringMatching(
        /^gpt-6-luna via openai · task qa · 12 tokens in, 34 out · \$0\.000123456 · cache miss · 42 ms · request req_\d+$/,
      ),
    ])
    expect(data).toEqual({
      text: 'You said: hello',
      model: 'gpt-6-luna',
      provider: 'openai',
      task: 'qa',
      finish_reason: 'stop',
      tool_calls: [],
      json: null,
      refusal: null,
      reasoning: null,
      usage: { input_tokens: 12, output_tokens: 34, cached_tokens: 2, reasoning_tokens: 5 },
      cost_usd: '0.000123456',
      cost_nano_usd: '123456',
      saved_usd: '0.000000000',
      cache: 'miss',
      cached: null,
      simulated: false,
      request_id: expect.stringMatching(/^req_\d+$/),
      warnings: [],
      latency_ms: 42,
    })
  })

  test('passes on who asks and what he wants', async () => {
    await user.call('unified_completion', {
      messages: [{ role: 'user', content: 'hello' }],
      system: 'Be brief.',
      requirements: { low_cost: true, max_cost_usd: '0.05' },
      use_cache: false,
      max_tokens: 7,
    })
    const { request, context } = server.services.gateway.calls.at(-1) ?? {}
    expect(context).toMatchObject({ caller: { id: 'key_1', scope: 'use' }, face: 'mcp' })
    expect(request).toMatchObject({
      model: { kind: 'auto' },
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', content: [{ type: 'text', text: 'hello' }] },
      ],
      maxOutputTokens: 7,
      requirements: { lowCost: true },
      limits: { maxCostNanoUsd: 50_000_000n },
      cache: { read: false, write: false },
    })
  })

  test('takes null for unset, as models like to write it', async () => {
    const { isError } = await owner.call('unified_completion', {
      prompt: 'hello',
      messages: null,
      seed: null,
      tools: null,
    })
    expect(isError).toBe(false)
  })

  test('gives back parsed JSON where a schema was sent', async () => {
    const { data } = await owner.call('unified_completion', { prompt: 'x', json_schema: { type: 'object' } })
    expect(data).toMatchObject({ json: { answer: 42 }, text: '{"answer": 42}' })
  })

  test('gives tool calls back in the shape in which they can be sent again', async () => {
    const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]
    const { data, texts } = await owner.call('unified_completion', { prompt: 'tool', tools })
    const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }
    expect(data).toMatchObject({ finish_reason: 'tool_calls', tool_calls: [call] })
    expect(texts[0]).toBe('Tool call call_1: get_weather({"city":"Oslo"})')
    const next = await owner.call('unified_completion', {
      messages: [
        { role: 'user', content: 'weather?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
      ],
      tools,
    })
    expect(next.isError, next.texts.join()).toBe(false)
  })

  test('lets nothing that a provider wrote pass for instructions', async () => {
    const { texts } = await owner.call('unified_completion', { prompt: 'fail provider_rejected' })
    for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\p{Zl}]/u)
    expect(texts[0]?.length).toBeLessThan(900)
    expect(texts[0]).toMatch(/… \(cut\) What to do: The provider found a fault/)
  })

  test('says nothing of what broke inside, but logs it', async () => {
    const { texts, isError } = await owner.call('unified_completion', { prompt: 'crash' })
    expect(isError).toBe(true)
    expect(texts.join('')).not.toContain('/etc/keys')
    expect(texts[0]).toMatch(/^internal: /)
    expect(server.errors.at(-1)).toMatchObject({
      tool: 'unified_completion',
      err: { message: 'secret detail of /etc/keys' },
    })
  })
})

describe('embed', () => {
  test('says in short what came, and has the vectors for programs', async () => {
    const { texts, data } = await owner.call('embed', { texts: ['a', 'b'], model: 'text-embedding-3-small' })
    expect(texts).toEqual([
      expect.stringMatching(
        /^2 vectors of 2 dimensions · text-embedding-3-small via openai · 12 tokens · \$0\.0\d+ · /,
      ),
    ])
    const vector = [...Float32Array.of(0.6, 0.8)]
    expect(data).toMatchObject({
      vectors: [vector, vector],
      dimensions: 2,
      input_tokens: 12,
      cache: 'miss',
      warnings: [],
    })
  })

  test('refuses what is no text', async () => {
    const { isError, texts } = await owner.call('embed', { texts: [''] })
    expect([isError, texts[0]]).toEqual([true, expect.stringContaining('texts[0]')])
  })
})

describe('call_api', () => {
  test('gives the reply of the provider as it came', async () => {
    const { texts, data } = await owner.call('call_api', { endpoint: 'moderations', data: { input: 'x' } })
    expect(texts[0]).toBe('{"endpoint":"moderations"}')
    expect(data).toMatchObject({ status: 200, data: { endpoint: 'moderations' }, provider: 'openai' })
  })

  test.each([
    ['an endpoint that is none', { endpoint: '../files', data: {} }, 'not_found'],
    ['another address', { endpoint: 'moderations', data: { api_base: 'http://evil.example' } }, 'invalid_request'],
    ['a provider that is none', { provider: 'evil.example', endpoint: 'moderations', data: {} }, 'invalid_request'],
    ['a stream', { endpoint: 'chat/completions', data: { model: 'x', stream: true } }, 'invalid_request'],
    ["Google's stream", { endpoint: 'models/x:streamGenerateContent', data: {} }, 'invalid_request'],
  ])('refuses %s', async (_what, args, code) => {
    const { isError, texts } = await owner.call('call_api', args)
    expect([isError, texts.join(' ')]).toEqual([true, expect.stringContaining(code)])
  })
})

describe('list_providers', () => {
  test('shows what can be called, what rests, and what to set for the rest', async () => {
    const { data, texts } = await owner.call('list_providers')
    expect(data).toMatchObject({
      providers: [
        { id: 'openai', configured: true, to_configure: null, circuit: 'closed', simulated: false },
        { id: 'openrouter', configured: true, circuit: 'open', retry_at: '2026-11-21T12:00:30.000Z', simulated: true },
        { id: 'anthropic', configured: false, to_configure: 'set ANTHROPIC_API_KEY and restart', circuit: null },
      ],
      models: [],
      next_cursor: null,
    })
    expect(texts[0]).toContain('anthropic (Anthropic): not configured: set ANTHROPIC_API_KEY and restart')
  })

  test('pages through every model exactly once, and says when it cut', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { data, texts } = await owner.call('list_providers', { include_models: true, limit: 15, cursor })
      const page = data as { models: { model: string }[]; next_cursor: string | null }
      seen.push(...page.models.map(({ model }) => model))
      cursor = page.next_cursor
      expect(texts[0]?.includes('… cut:')).toBe(cursor !== null)
    } while (cursor !== null)
    expect(seen).toHaveLength(40)
    expect(new Set(seen).size).toBe(40)
  })

  test('gives prices and the end of a model', async () => {
    const { data } = await owner.call('list_providers', { provider: 'openai', include_models: true })
    const { models } = data as { models: { model: string }[] }
    expect(models.find(({ model }) => model === 'openai:gpt-4o')).toMatchObject({
      lifecycle: 'retired',
      shutdown_on: '2026-11-20',
      replacement: 'gpt-6-luna',
      input_usd_per_mtok: '1.250000000',
      output_usd_per_mtok: '10.000000000',
    })
    expect(models.find(({ model }) => model === 'openai:unpriced')).toMatchObject({ input_usd_per_mtok: null })
  })

  test('corrects a provider that is misspelt', async () => {
    const { texts, isError } = await owner.call('list_providers', { provider: 'opnai' })
    expect(isError).toBe(true)
    expect(texts[0]).toContain('did you mean "openai"?')
  })
})

describe('estimate_cost', () => {
  test('prices tokens at the models that were named, in that order', async () => {
    const { data } = await owner.call('estimate_cost', {
      input_tokens: 1000,
      output_tokens: 100,
      models: ['openrouter:openai/gpt-6-luna', 'openai:gpt-6-luna', 'gpt-4o', 'nothing-like-it'],
    })
    expect(data).toMatchObject({
      basis: 'tokens',
      estimates: [
        { model: 'openrouter:openai/gpt-6-luna', estimated_cost_usd: '0.004500000' },
        { model: 'openai:gpt-6-luna', estimated_cost_usd: '0.002250000', output_tokens: 100 },
      ],
      refused: [
        { model: 'gpt-4o', code: 'model_retired', message: expect.stringContaining('"gpt-6-luna"') },
        { model: 'nothing-like-it', code: 'model_not_found' },
      ],
    })
  })

  test('shows the ten likeliest for a prompt', async () => {
    const { data } = await owner.call('estimate_cost', { prompt: 'hello' })
    expect(data).toMatchObject({ basis: 'request', refused: [] })
    expect((data as { estimates: unknown[] }).estimates).toHaveLength(10)
  })

  test.each([
    [{ prompt: 'a', input_tokens: 5 }, '"input_tokens" or "prompt"'],
    [{ prompt: 'a', output_tokens: 5 }, '"output_tokens" goes with "input_tokens"'],
    [{}, 'both are missing'],
  ])('%j is not enough or too much', async (args, message) => {
    const { isError, texts } = await owner.call('estimate_cost', args)
    expect(isError).toBe(true)
    expect(texts[0]).toContain(message)
  })
})

describe('explain_route', () => {
  test('gives every factor of a candidate and every reason of a refusal', async () => {
    const { data } = await owner.call('explain_route', { prompt: 'hello', limit: 2 })
    expect(data).toMatchObject({
      mode: 'auto',
      task: { task: 'qa', confidence: 0.8, signals: ['asks a question'] },
      candidates: [{ rank: 1, factors: [{ factor: 'cost', value: 0.5, weight: 0.25 }] }, { rank: 2 }],
      refusals: [{ model: 'anthropic:claude-old', code: 'lifecycle' }],
      error: null,
      next_cursor: '2',
    })
    const next = await owner.call('explain_route', { prompt: 'hello', limit: 2, cursor: '2' })
    expect(next.data).toMatchObject({ candidates: [{ rank: 3 }, { rank: 4 }], refusals: [] })
  })

  test('explains too why no model can answer', async () => {
    const { data, isError } = await owner.call('explain_route', { prompt: 'nobody' })
    expect(isError).toBe(false)
    expect(data).toMatchObject({ mode: null, candidates: [], error: { code: 'no_eligible_model' }, next_cursor: '10' })
    expect((data as { refusals: unknown[] }).refusals).toHaveLength(10)
  })
})

describe('get_usage_stats', () => {
  test('shows everybody to an admin, a page at a time', async () => {
    const { data } = await owner.call('get_usage_stats', { group_by: 'user', limit: 100 })
    expect(data).toMatchObject({ scope: 'all', total: { requests: 120, cost_usd: '0.000180000' }, next_cursor: '100' })
  })

  test('shows a caller his own only', async () => {
    const { data } = await user.call('get_usage_stats')
    expect(data).toMatchObject({ scope: 'mine', total: { requests: 1 } })
    expect(server.services.usageQueries.at(-1)).toMatchObject({ callerId: 'key_1' })
    const { isError, texts } = await user.call('get_usage_stats', { scope: 'all' })
    expect(isError).toBe(true)
    expect(texts[0]).toMatch(/^insufficient_scope: /)
  })
})

describe('manage_cache', () => {
  test('counts before it clears, and clears only what it was told to', async () => {
    const dry = await user.call('manage_cache', { action: 'clear' })
    expect(dry.data).toMatchObject({ cleared: 2, dry_run: true, entries: 2 })
    const done = await user.call('manage_cache', { action: 'clear', dry_run: false })
    expect(done.data).toMatchObject({ cleared: 2, dry_run: false, entries: 0 })
    const rest = await owner.call('manage_cache', { action: 'stats', scope: 'all' })
    expect(rest.data).toMatchObject({ entries: 3, cleared: null, dry_run: null })
  })

  test.each(['stats', 'clear'])('%s of everybody takes an admin', async (action) => {
    const { isError, texts } = await user.call('manage_cache', { action, scope: 'all', dry_run: false })
    expect(isError).toBe(true)
    expect(texts[0]).toMatch(/^insufficient_scope: /)
    expect(server.services.cached.get('local')).toBe(3)
  })

  test('tells the record what was changed, by whom, and not what was only counted', async () => {
    const before = server.services.audits.length
    await owner.call('manage_cache', { action: 'invalidate', tag: 'doc:7' })
    await owner.call('manage_cache', { action: 'invalidate', tag: 'doc:7', dry_run: false })
    await owner.call('manage_cache', { action: 'stats' })
    expect(server.services.audits.slice(before)).toMatchObject([
      { action: 'cache.remove', target: 'local', detail: { tag: 'doc:7' } },
    ])
  })

  test.each([
    [{ action: 'invalidate' }, 'action'],
    [{ action: 'clear', tag: 'x' }, 'action'],
    [{ action: 'invalidate', epoch: true, tag: 'x' }, 'epoch'],
    [{ action: 'curate' }, 'ids'],
    [{ action: 'curate', ids: ['ent_1'] }, 'ids'],
    [{ action: 'curate', ids: [`ent_${'0'.repeat(32)}`], until: '2020-01-01T00:00:00Z' }, 'until'],
    [{ action: 'curate', ids: [`ent_${'0'.repeat(32)}`], until: 'soon' }, 'until'],
    [{ action: 'invalidate', tag: 'x'.repeat(65) }, 'tag'],
  ])('refuses %j, naming the field', async (args, field) => {
    const { isError, texts } = await owner.call('manage_cache', args)
    expect(isError).toBe(true)
    expect(texts[0]).toContain(`"${field}`)
  })

  test('curating takes an admin', async () => {
    const { texts } = await user.call('manage_cache', { action: 'curate', ids: [`ent_${'0'.repeat(32)}`] })
    expect(texts[0]).toMatch(/^insufficient_scope: /)
  })
})

describe('gateway_status', () => {
  test('says who asks and how things stand', async () => {
    const { data } = await user.call('gateway_status')
    expect(data).toMatchObject({
      version: '1.2.3',
      uptime_s: 90,
      ready: true,
      auth_mode: 'none',
      caller: { name: 'laptop', scope: 'use' },
      providers: [{ id: 'openai' }, { id: 'openrouter', circuit: 'open' }],
      cache: { scope: 'mine', hits_by_tier: { near: 0 }, near_mode: 'off', near_broken: [] },
      limits: {
        max_body_bytes: 65_536,
        rate: { max_requests: 600, window_ms: 60_000 },
      },
    })
  })
})
