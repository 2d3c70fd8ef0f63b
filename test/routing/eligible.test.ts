import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../src/contract/chat.ts'
import { GatewayError } from '../../src/contract/errors.ts'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { ModelCard } from '../../src/contract/model.ts'
import type { Refusal } from '../../src/contract/plan.ts'
import { card, chatRequest, everyTask, healthView, keysOf, named, routeIn } from './support.ts'
import type { Scene } from './support.ts'

const tool = { name: 'weather', parameters: { type: 'object' } }
const image = { type: 'image' as const, source: { kind: 'url' as const, url: 'https://example.com/cat.png' } }
const schema = { type: 'json_schema' as const, name: 'answer', schema: { type: 'object' } }
const audio = { type: 'native' as const, value: { type: 'input_audio' } }
const can = { tools: true, jsonSchema: true, vision: true, reasoning: true }

interface Case {
  because: string
  bad: Partial<ModelCard>
  request: Partial<ChatRequest> & { text?: string }
  scene?: Partial<Scene>
  code: Refusal['code']
  says: RegExp
  error: ErrorCode
  param: string
}

const cases: Case[] = [
  {
    because: 'its provider has no key',
    bad: {},
    request: {},
    scene: { unconfigured: { bad: 'Set BAD_API_KEY.' } },
    code: 'not_configured',
    says: /BAD_API_KEY/,
    error: 'provider_not_configured',
    param: 'model',
  },
  {
    because: 'it embeds',
    bad: { kind: 'embedding' },
    request: {},
    code: 'capability',
    says: /embedding model/,
    error: 'no_eligible_model',
    param: 'model',
  },
  {
    because: 'its last day is over',
    bad: { lifecycle: { status: 'retired', shutdownOn: '2026-10-01', replacement: 'good' } },
    request: {},
    code: 'lifecycle',
    says: /retired on 2026-10-01; use "good" instead/,
    error: 'model_retired',
    param: 'model',
  },
  {
    because: 'the providers allowed are others',
    bad: {},
    request: { requirements: { providers: ['ok'] } },
    code: 'not_allowed',
    says: /Only ok/,
    error: 'no_eligible_model',
    param: 'requirements.providers',
  },
  {
    because: 'its provider is excluded',
    bad: {},
    request: { requirements: { excludeProviders: ['bad'] } },
    code: 'not_allowed',
    says: /excludes bad/,
    error: 'no_eligible_model',
    param: 'requirements.exclude_providers',
  },
  {
    because: 'the models allowed are others',
    bad: {},
    request: { requirements: { models: ['good'] } },
    code: 'not_allowed',
    says: /none of the models/,
    error: 'no_eligible_model',
    param: 'requirements.models',
  },
  {
    because: 'it calls no tools',
    bad: { capabilities: { ...can, tools: false } },
    request: { tools: [tool] },
    code: 'capability',
    says: /tools/,
    error: 'no_eligible_model',
    param: 'tools',
  },
  {
    because: 'it sees no images',
    bad: { capabilities: { ...can, vision: false } },
    request: { messages: [{ role: 'user', content: [image] }] },
    code: 'capability',
    says: /images/,
    error: 'no_eligible_model',
    param: 'messages',
  },
  {
    because: 'it follows no schema',
    bad: { capabilities: { ...can, jsonSchema: false } },
    request: { responseFormat: schema },
    code: 'capability',
    says: /schema/,
    error: 'no_eligible_model',
    param: 'response_format',
  },
  {
    because: 'its wire gives one answer a request',
    bad: {},
    request: { n: 2 },
    scene: { flags: { bad: { multipleChoices: false } } },
    code: 'wire',
    says: /n is 2/,
    error: 'no_eligible_model',
    param: 'n',
  },
  {
    because: 'its wire takes PDFs, and this is none',
    bad: {},
    request: { messages: [{ role: 'user', content: [audio] }] },
    scene: { flags: { bad: { nativeParts: ['pdf'] } } },
    code: 'wire',
    says: /but pdf/,
    error: 'no_eligible_model',
    param: 'messages',
  },
  {
    because: 'its wire takes no audio',
    bad: {},
    request: { messages: [{ role: 'user', content: [audio] }] },
    scene: { flags: { bad: { nativeParts: false } } },
    code: 'wire',
    says: /no audio/,
    error: 'no_eligible_model',
    param: 'messages',
  },
  {
    because: 'its tools need the Responses wire',
    bad: { wire: { ...card('x:y').wire, tools: 'never' } },
    request: { tools: [tool] },
    code: 'wire',
    says: /name it as tools_dialect/,
    error: 'no_eligible_model',
    param: 'tools',
  },
  {
    because: 'its tools need the Responses wire, which gives one answer a request',
    bad: { capabilities: { ...can, reasoning: true }, wire: { ...card('x:y').wire, tools: 'never' } },
    request: { tools: [tool], n: 2 },
    scene: { flags: { bad: { toolsDialect: 'openai-responses' } } },
    code: 'wire',
    says: /n is 2/,
    error: 'no_eligible_model',
    param: 'tools',
  },
  {
    because: 'its tools need effort none and the caller wants high',
    bad: { wire: { ...card('x:y').wire, tools: 'effort-none', effortLevels: { none: 'none', high: 'high' } } },
    request: { tools: [tool], reasoningEffort: 'high' },
    code: 'wire',
    says: /unless reasoning_effort is "none"; the request says "high"/,
    error: 'no_eligible_model',
    param: 'tools',
  },
  {
    because: 'its tools need effort none and it has no such effort',
    bad: { wire: { ...card('x:y').wire, tools: 'effort-none', effortLevels: { none: null, low: 'low' } } },
    request: { tools: [tool] },
    code: 'wire',
    says: /cannot be switched off/,
    error: 'no_eligible_model',
    param: 'tools',
  },
  {
    because: 'the input is too long for it',
    bad: { maxInputTokens: 1_000 },
    request: { text: 'x'.repeat(8_000) },
    code: 'context_window',
    says: /at most 1000/,
    error: 'context_length_exceeded',
    param: 'messages',
  },
  {
    because: 'input and wanted output pass its window together',
    bad: { contextTokens: 3_000, maxInputTokens: 3_000, maxOutputTokens: 2_000 },
    request: { text: 'x'.repeat(8_000), maxOutputTokens: 1_500 },
    code: 'context_window',
    says: /1500 of output pass its window of 3000/,
    error: 'context_length_exceeded',
    param: 'messages',
  },
  {
    because: 'it is worse than the caller demands',
    bad: { quality: everyTask(0.5) },
    request: { requirements: { minQuality: 0.6 } },
    code: 'quality_floor',
    says: /below the floor of 0.60/,
    error: 'no_eligible_model',
    param: 'requirements.min_quality',
  },
  {
    because: 'its price is unknown under a limit on cost',
    bad: {},
    request: { limits: { maxCostNanoUsd: 1_000_000_000n } },
    scene: { prices: { 'ok:good': { input: 1, output: 4 } } },
    code: 'price_unknown',
    says: /price is unknown/,
    error: 'price_unknown',
    param: 'requirements.max_cost_usd',
  },
  {
    because: 'its input alone passes the limit on cost',
    bad: {},
    request: { limits: { maxCostNanoUsd: 2_000_000n } },
    scene: { prices: { 'ok:good': { input: 1, output: 4 }, 'bad:model': { input: 1_000, output: 4 } } },
    code: 'cost_limit',
    says: /input alone/,
    error: 'limit_unsatisfiable',
    param: 'requirements.max_cost_usd',
  },
  {
    because: 'the limit on cost affords too short an answer',
    bad: {},
    request: { limits: { maxCostNanoUsd: 2_000_000n } },
    scene: { prices: { 'ok:good': { input: 1, output: 4 }, 'bad:model': { input: 1, output: 100 } } },
    code: 'cost_limit',
    says: /affords \d+ tokens of output; an answer needs about 150/,
    error: 'limit_unsatisfiable',
    param: 'requirements.max_cost_usd',
  },
  {
    because: 'its first token is too late',
    bad: { latencyPrior: { firstTokenMs: 5_000, outputTokensPerSecond: 100 } },
    request: { limits: { maxFirstTokenMs: 2_000 } },
    code: 'latency_limit',
    says: /first token takes about 5000 ms, more than 2000/,
    error: 'limit_unsatisfiable',
    param: 'requirements.max_first_token_ms',
  },
  {
    because: 'it writes too slowly',
    bad: { latencyPrior: { firstTokenMs: 500, outputTokensPerSecond: 10 } },
    request: { limits: { maxLatencyMs: 10_000 } },
    code: 'latency_limit',
    says: /answer takes about 30500 ms, more than 10000/,
    error: 'limit_unsatisfiable',
    param: 'requirements.max_latency_ms',
  },
]

const sceneOf = ({ bad, scene }: Case): Scene => ({ cards: [card('ok:good'), card('bad:model', bad)], ...scene })

const thrownBy = (act: () => unknown): GatewayError => {
  try {
    act()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('no GatewayError was thrown')
}

describe.each(cases)('a model is refused because $because', (one) => {
  test('auto leaves it out and says why', () => {
    const plan = routeIn(sceneOf(one), chatRequest(one.request))
    expect(keysOf(plan)).toEqual(['ok:good'])
    expect(plan.refusals).toEqual([{ model: 'bad:model', code: one.code, reason: expect.stringMatching(one.says) }])
  })

  test('naming it is a typed error with the field to change', () => {
    const error = thrownBy(() => routeIn(sceneOf(one), chatRequest({ ...one.request, choice: named('model', 'bad') })))
    expect(error).toMatchObject({ code: one.error, detail: { param: one.param } })
    expect(error.message).toMatch(one.says)
    expect(error.detail.refusals).toMatchObject([{ model: 'bad:model', code: one.code }])
  })
})

test('tools work at a model that needs effort none for them, when the caller asks for no other effort', () => {
  const wire = { ...card('x:y').wire, tools: 'effort-none' as const, effortLevels: { none: 'none' } }
  const scene = { cards: [card('a:model', { wire })] }
  expect(keysOf(routeIn(scene, chatRequest({ tools: [tool] })))).toEqual(['a:model'])
  expect(keysOf(routeIn(scene, chatRequest({ tools: [tool], reasoningEffort: 'none' })))).toEqual(['a:model'])
})

test('tools work with any effort at a model that reasons, where its row has a wire for them', () => {
  const capabilities = { ...can, reasoning: true }
  const effortLevels = { none: 'none', high: 'high' }
  const scene = {
    cards: (['effort-none', 'never'] as const).map((tools) =>
      card(`a:${tools}`, { capabilities, wire: { ...card('x:y').wire, tools, effortLevels } }),
    ),
    flags: { a: { toolsDialect: 'openai-responses' } },
  }
  for (const reasoningEffort of [undefined, 'none', 'high'] as const)
    expect(keysOf(routeIn(scene, chatRequest({ tools: [tool], reasoningEffort }))).toSorted()).toEqual([
      'a:effort-none',
      'a:never',
    ])
})

test('a model serves until the day before its shutdown, with a word of warning, and not on the day itself', () => {
  const lifecycle = { status: 'deprecated', shutdownOn: '2026-11-22', replacement: 'next' } as const
  const cards = [card('a:old', { lifecycle })]
  const request = chatRequest({ choice: named('old') })
  const lastMoment = Date.UTC(2026, 10, 22) - 1
  expect(routeIn({ cards, nowMs: lastMoment }, request).candidates[0]?.warnings).toEqual([
    {
      code: 'model_deprecated',
      param: 'model',
      message: 'a:old is deprecated and stops answering on 2026-11-22; use "next" instead.',
    },
  ])
  expect(thrownBy(() => routeIn({ cards, nowMs: lastMoment + 1 }, request))).toMatchObject({ code: 'model_retired' })
})

test('what nobody can price is refused under a limit on cost, and served without one', () => {
  const messages = [{ role: 'user' as const, content: [audio] }]
  const scene = { cards: [card('a:model')] }
  expect(keysOf(routeIn(scene, chatRequest({ messages })))).toEqual(['a:model'])
  const limits = { maxCostNanoUsd: 10_000_000_000n }
  expect(thrownBy(() => routeIn(scene, chatRequest({ messages, limits })))).toMatchObject({ code: 'price_unknown' })
})

test('the model that got furthest decides what error the caller sees', () => {
  const cards = [
    card('a:blind', { capabilities: { ...can, vision: false } }),
    card('b:small', { maxInputTokens: 10 }),
    card('c:unkeyed'),
  ]
  const messages = [{ role: 'user' as const, content: [image, { type: 'text' as const, text: 'x'.repeat(400) }] }]
  const error = thrownBy(() => routeIn({ cards, unconfigured: { c: 'Set C_API_KEY.' } }, chatRequest({ messages })))
  expect(error.code).toBe('context_length_exceeded')
  expect(error.message).toContain('b:small')
  expect(error.detail.refusals).toHaveLength(3)
})

test('where no provider is configured, auto says so', () => {
  const scene = { cards: [card('a:one'), card('b:two')], unconfigured: { a: 'Set A_API_KEY.', b: 'Set B_API_KEY.' } }
  const error = thrownBy(() => routeIn(scene, chatRequest()))
  expect(error.code).toBe('no_provider')
  expect(error.message).toContain('A_API_KEY')
})

test('the configured floor holds for auto only, and is waived where no model reaches it', () => {
  const [weak, strong] = [card('a:weak', { quality: everyTask(0.3) }), card('b:strong', { quality: everyTask(0.9) })]
  const floor = { settings: { qualityFloor: { qa: 0.6 } } }
  expect(keysOf(routeIn({ cards: [weak, strong], ...floor }, chatRequest()))).toEqual(['b:strong'])
  expect(keysOf(routeIn({ cards: [weak, strong], ...floor }, chatRequest({ choice: named('weak') })))).toEqual([
    'a:weak',
  ])
  expect(keysOf(routeIn({ cards: [weak], ...floor }, chatRequest()))).toEqual(['a:weak'])
})

test('measured speed outweighs the prior as answers come in', () => {
  const scene = (samples: number): Scene => ({
    cards: [card('a:model')],
    health: healthView({ speeds: { 'a:model': { firstTokenMs: 4_000, outputTokensPerSecond: 100, samples } } }),
  })
  const firstTokenMs = (samples: number) => routeIn(scene(samples), chatRequest()).candidates[0]?.forecast.firstTokenMs
  expect(firstTokenMs(0)).toBe(500)
  expect(firstTokenMs(4)).toBe(2_250)
  expect(firstTokenMs(1_000)).toBeGreaterThan(3_900)
})

test('an uncharted model is held to none of its guessed limits', () => {
  const scene = { cards: [card('a:model')], openProviders: ['open'] }
  const request = chatRequest({
    choice: named('any/model', 'open'),
    text: 'x'.repeat(400_000),
    maxOutputTokens: 50_000,
  })
  const [candidate] = routeIn(scene, request).candidates
  expect(candidate).toMatchObject({ card: { key: 'open:any/model' }, forecast: { maxOutputTokens: 50_000 } })
  expect(candidate?.warnings).toBeUndefined()
})
