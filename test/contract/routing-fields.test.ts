import { describe, expect, test } from 'vitest'
import { readCacheChoice, readModelChoice, readRequirements } from '../../src/contract/routing-fields.ts'

const known = { providers: new Set(['openai', 'anthropic', 'openrouter', 'ollama']) }

describe('the model choice', () => {
  test.each<[string, string | undefined, object]>([
    ['gpt-6-luna', undefined, { kind: 'named', model: 'gpt-6-luna' }],
    ['openai:gpt-6-luna', undefined, { kind: 'named', model: 'gpt-6-luna', provider: 'openai' }],
    ['gpt-6-luna', 'openai', { kind: 'named', model: 'gpt-6-luna', provider: 'openai' }],
    ['openai:gpt-6-luna', 'openai', { kind: 'named', model: 'gpt-6-luna', provider: 'openai' }],
    ['gpt-6-luna', 'auto', { kind: 'named', model: 'gpt-6-luna' }],
    ['llama3:8b', undefined, { kind: 'named', model: 'llama3:8b' }],
    ['ollama:llama3:8b', undefined, { kind: 'named', model: 'llama3:8b', provider: 'ollama' }],
    ['meta-llama/llama-4:free', undefined, { kind: 'named', model: 'meta-llama/llama-4:free' }],
    [
      'openrouter:meta-llama/llama-4:free',
      undefined,
      { kind: 'named', model: 'meta-llama/llama-4:free', provider: 'openrouter' },
    ],
    ['openai/gpt-6-luna', undefined, { kind: 'named', model: 'openai/gpt-6-luna' }],
    ['auto', undefined, { kind: 'auto' }],
    ['auto', 'anthropic', { kind: 'auto', provider: 'anthropic' }],
    ['auto:anthropic', undefined, { kind: 'auto', provider: 'anthropic' }],
    ['anthropic:auto', undefined, { kind: 'auto', provider: 'anthropic' }],
  ])('%j with provider %j', (name, provider, choice) => {
    expect(readModelChoice(name, provider, known)).toEqual(choice)
  })

  test.each<[string, string | undefined, string]>([
    [
      'openai:gpt-6-luna',
      'anthropic',
      '"model" names the provider "openai", but "provider" says "anthropic": send one of them.',
    ],
    ['gpt-6-luna', 'opnai', '"provider" names no provider of this gateway: did you mean "openai"?'],
    [
      'auto:cheap-and-cheerful',
      undefined,
      '"model" names no provider of this gateway: known are openai, anthropic, openrouter, ollama.',
    ],
    ['openai:', undefined, '"model" is empty: send a model id, "provider:model" or "auto".'],
    [' ', undefined, '"model" is empty: send a model id, "provider:model" or "auto".'],
  ])('%j with provider %j is refused', (name, provider, message) => {
    expect(() => readModelChoice(name, provider, known)).toThrow(message)
  })
})

describe('requirements', () => {
  test('are wishes, and limits apart', () => {
    const given = {
      low_cost: true,
      min_quality: 0.7,
      providers: ['openai'],
      exclude_providers: ['anthropic'],
      models: ['gpt-6-luna'],
      task: 'code',
      max_cost_usd: '0.000000001',
      max_latency_ms: 9_000,
      max_first_token_ms: null,
    }
    expect(readRequirements(given, 'requirements', known)).toEqual({
      requirements: {
        lowCost: true,
        minQuality: 0.7,
        providers: ['openai'],
        excludeProviders: ['anthropic'],
        models: ['gpt-6-luna'],
        task: 'code',
      },
      limits: { maxCostNanoUsd: 1n, maxLatencyMs: 9_000 },
    })
  })

  test.each([
    [0.05, 50_000_000n],
    [1e-7, 100n],
    ['12', 12_000_000_000n],
    [0, 0n],
  ])('take max_cost_usd %j exactly', (max_cost_usd, nano) => {
    expect(readRequirements({ max_cost_usd }, 'requirements', known).limits.maxCostNanoUsd).toBe(nano)
  })

  test.each<[unknown, string]>([
    [{ low_cots: true }, '"requirements.low_cots" is not known: did you mean "low_cost"?'],
    [
      { max_cost_usd: '1e3' },
      '"requirements.max_cost_usd" must be an amount in dollars: a non-negative decimal such as 0.05.',
    ],
    [
      { max_cost_usd: -1 },
      '"requirements.max_cost_usd" must be an amount in dollars: a non-negative decimal such as 0.05.',
    ],
    [
      { max_cost_usd: '9'.repeat(1_000_000) },
      '"requirements.max_cost_usd" must be an amount in dollars: a non-negative decimal such as 0.05.',
    ],
    [{ providers: ['opnai'] }, '"requirements.providers[0]" names no provider of this gateway: did you mean "openai"?'],
    [
      { exclude_providers: ['openai', 'antropic'] },
      '"requirements.exclude_providers[1]" names no provider of this gateway: did you mean "anthropic"?',
    ],
    [{ providers: [] }, '"requirements.providers" must not be empty.'],
    [{ min_quality: 80 }, '"requirements.min_quality" must be at most 1.'],
    [{ task: 'poetry' }, '"requirements.task" must be "code", '],
    ['cheap', '"requirements" must be an object, not a string.'],
  ])('%j are refused', (given, message) => {
    expect(() => readRequirements(given, 'requirements', known)).toThrow(message)
  })
})

test.each([
  [{}, { read: true, write: true, force: false }],
  [{ useCache: true }, { read: true, write: true, force: true }],
  [{ useCache: false }, { read: false, write: false, force: false }],
  [{ cacheTtl: 0 }, { read: true, write: true, force: false, ttlMs: 0 }],
  [{ cacheTtl: 1.5 }, { read: true, write: true, force: false, ttlMs: 1_500 }],
  [{ cacheControl: 'no-cache' }, { read: false, write: true, force: false }],
  [{ cacheControl: 'No-Store, max-age=5' }, { read: false, write: false, force: false, maxAgeMs: 5_000 }],
  [{ cacheControl: 'max-age=60' }, { read: true, write: true, force: false, maxAgeMs: 60_000 }],
  [{ cacheControl: 'max-age=soon' }, { read: true, write: true, force: false }],
  [
    { useCache: true, cacheControl: 'no-store' },
    { read: false, write: false, force: false },
  ],
])('the cache choice of %o: the stricter word holds', (given, choice) => {
  expect(readCacheChoice(given)).toEqual(choice)
})
