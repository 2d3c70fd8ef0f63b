import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { createPriceBook } from '../../src/ledger/book.ts'

const root = path.resolve(import.meta.dirname, '../..')
const { prices, models } = loadConfig({ root, env: {} })
const book = createPriceBook(prices, models)

const used = {
  inputTokens: 1000,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 100,
  reasoningTokens: 0,
  source: 'provider' as const,
}
const at = (day: string) => Date.parse(`${day}T12:00Z`)
const today = at('2026-11-20')
const idOf = (provider: string, model: string, atMs = today) =>
  book.price({ provider, model, atMs, usage: used })?.priceId

describe('a model is found', () => {
  test.each([
    ['by its id', 'openai', 'gpt-6-luna', 'openai/gpt-6-luna@2026-11-10'],
    ['by its id and a snapshot’s date', 'openai', 'gpt-6-luna-2026-10-01', 'openai/gpt-6-luna@2026-11-10'],
    ['by its id and Anthropic’s date', 'anthropic', 'claude-opus-5-5-20261001', 'anthropic/claude-opus-5-5@2026-11-10'],
    [
      'by its id and Vertex’s date',
      'anthropic',
      'claude-opus-4-1@20250805',
      'anthropic/claude-opus-4-1-20250805@2026-09-23',
    ],
    ['by an alias', 'xai', 'grok-4', 'xai/grok-4-0709@2026-09-23'],
    ['by an alias that moves', 'mistral', 'mistral-large-latest', 'mistral/mistral-large-2512@2026-11-10'],
    ['by its own name at another host', 'groq', 'gpt-oss-120b', 'groq/openai/gpt-oss-120b@2026-11-10'],
    [
      'with its vendor’s prefix',
      'openrouter',
      'openai/gpt-6-luna-2026-10-01',
      'openrouter/openai/gpt-6-luna@2026-11-10',
    ],
    ['under a further prefix', 'groq', 'host/openai/gpt-oss-20b', 'groq/openai/gpt-oss-20b@2026-11-10'],
    ['at a provider that prices anything alike', 'llamacpp', '/models/some.gguf', 'llamacpp/*@2026-11-20'],
  ])('%s', (_, provider, model, id) => expect(idOf(provider, model)).toBe(id))

  test.each([
    ['a longer name', 'openai', 'gpt-6-luna-turbo'],
    ['a mini of it', 'openai', 'gpt-5.6-sol-mini'],
    ['four digits, which may be another model', 'mistral', 'mistral-large-2411'],
    ['another provider', 'xai', 'gpt-6-luna'],
    ['a provider without prices', 'litellm', 'gpt-6-luna'],
  ])('not by %s', (_, provider, model) => {
    expect(idOf(provider, model)).toBeUndefined()
    const query = { provider, model, atMs: today, inputTokens: 1, outputTokens: 1, budgetNanoUsd: 1n }
    expect([book.worstCase(query), book.estimate(query), book.affordableOutputTokens(query)]).toEqual([
      null,
      null,
      null,
    ])
  })
})

describe('prices change', () => {
  test.each([
    ['2026-08-20', 8_000_000n],
    ['2026-08-21', 6_000_000n],
  ])('gpt-5.6-sol on %s', (day, costNanoUsd) => {
    expect(book.price({ provider: 'openai', model: 'gpt-5.6-sol', atMs: at(day), usage: used })?.costNanoUsd).toBe(
      costNanoUsd,
    )
  })

  test('in DeepSeek’s peak hours to twice as much, but not on weekends', () => {
    const costAt = (time: string) =>
      book.price({ provider: 'deepseek', model: 'deepseek-v4-pro', atMs: Date.parse(time), usage: used })
        ?.costNanoUsd ?? 0n
    const offPeak = costAt('2026-11-20T05:00Z')
    expect(costAt('2026-11-20T09:59Z')).toBe(2n * offPeak)
    expect(costAt('2026-11-21T09:59Z')).toBe(offPeak)
    expect(costAt('2026-08-22T09:59Z')).toBe(2n * offPeak) // a Saturday before weekends were spared
  })

  test.each([
    ['openai', 'gpt-6-luna', 271_999, 1n],
    ['openai', 'gpt-6-luna', 272_000, 2n],
    ['openai', 'gpt-6-luna', 272_001, 2n],
    ['xai', 'grok-4.7', 199_999, 20n],
    ['xai', 'grok-4.7', 200_000, 40n],
    ['anthropic', 'claude-haiku-5-5', 100_000, 1n],
    ['anthropic', 'claude-haiku-5-5', 100_001, 5n],
  ])('%s %s with %i input tokens', (provider, model, inputTokens, tenthsOfMicro) => {
    const cost = book.estimate({ provider, model, atMs: today, inputTokens, outputTokens: 0 })?.costNanoUsd
    expect(cost).toBe(BigInt(inputTokens) * tenthsOfMicro * 100n)
  })
})

test('a bill of the provider’s own goes before our price, and keeps the name of the rule', () => {
  const usage = { ...used, reportedCostNanoUsd: 77n }
  const query = { provider: 'openrouter', atMs: today, usage }
  expect(book.price({ ...query, model: 'openai/gpt-6-luna' })).toEqual({
    priceId: 'openrouter/openai/gpt-6-luna@2026-11-10+reported',
    costNanoUsd: 77n,
  })
  expect(book.price({ ...query, model: 'someone/unheard-of' })).toEqual({
    priceId: 'openrouter/someone/unheard-of+reported',
    costNanoUsd: 77n,
  })
})

test('a rule beats the card’s names: a snapshot may have a price of its own', () => {
  const [rule] = prices.filter(({ model }) => model === 'gpt-4o')
  if (!rule) throw new Error('gpt-4o has no price')
  const own = { ...rule, id: 'own', model: 'gpt-4o-2024-08-06' }
  const priced = createPriceBook([rule, own], models)
  expect(priced.price({ provider: 'openai', model: 'gpt-4o-2024-08-06', atMs: today, usage: used })?.priceId).toBe(
    'own',
  )
  expect(priced.price({ provider: 'openai', model: 'gpt-4o-2024-11-20', atMs: today, usage: used })?.priceId).toBe(
    rule.id,
  )
})

describe('the worst case', () => {
  test('takes the dearest class of input', () => {
    const query = { provider: 'anthropic', model: 'claude-opus-5-5', atMs: today, inputTokens: 1000, outputTokens: 0 }
    expect(book.worstCase(query)?.costNanoUsd).toBe(8_000_000n) // the one-hour write
    expect(book.estimate(query)?.costNanoUsd).toBe(4_000_000n)
  })

  const calls = fc.record({
    card: fc.constantFrom(...models),
    inputTokens: fc.integer({ min: 0, max: 1_000_000 }),
    outputTokens: fc.integer({ min: 0, max: 200_000 }),
    atMs: fc.integer({ min: at('2026-07-01'), max: today }),
  })

  test('is never passed by a call of that size, whatever its cached parts', () => {
    fc.assert(
      fc.property(calls, fc.tuple(fc.nat(), fc.nat(), fc.nat()), ({ card, ...size }, [read, write, write1h]) => {
        const query = { ...size, provider: card.provider, model: card.id }
        const cacheReadTokens = read % (size.inputTokens + 1)
        const cacheWriteTokens = write % (size.inputTokens - cacheReadTokens + 1)
        const cacheWrite1hTokens = write1h % (size.inputTokens - cacheReadTokens - cacheWriteTokens + 1)
        const usage = { ...used, ...size, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens }
        const real = book.price({ ...query, usage })?.costNanoUsd ?? 0n
        expect(book.worstCase(query)?.costNanoUsd).toBeGreaterThanOrEqual(real)
        expect(book.worstCase(query)?.costNanoUsd).toBeGreaterThanOrEqual(book.estimate(query)?.costNanoUsd ?? 0n)
      }),
    )
  })

  test('is inverted exactly: what is affordable fits the budget, and one token more does not', () => {
    fc.assert(
      fc.property(calls, fc.bigInt(0n, 20_000_000_000n), ({ card, ...size }, budgetNanoUsd) => {
        const query = { ...size, provider: card.provider, model: card.id, budgetNanoUsd }
        const tokens = book.affordableOutputTokens(query) ?? -1
        const cost = (outputTokens: number) => book.worstCase({ ...query, outputTokens })?.costNanoUsd ?? 0n
        // What an embedding costs is its input alone.
        const isAlone = card.kind === 'embedding'
        if (isAlone) expect(tokens).toBe(cost(0) > budgetNanoUsd ? 0 : Number.MAX_SAFE_INTEGER)
        if (tokens > 0) expect(cost(tokens)).toBeLessThanOrEqual(budgetNanoUsd)
        if (!isAlone) expect(cost(tokens + 1)).toBeGreaterThan(budgetNanoUsd)
      }),
    )
  })

  test('of what costs nothing is affordable without end', () => {
    const query = { provider: 'llamacpp', model: 'any', atMs: today, inputTokens: 10, budgetNanoUsd: 0n }
    expect(book.affordableOutputTokens(query)).toBe(Number.MAX_SAFE_INTEGER)
  })
})
