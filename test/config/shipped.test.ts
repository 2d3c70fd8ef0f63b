import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { renderAll } from '../../scripts/generate/render.ts'
import { loadConfig } from '../../src/config/config.ts'
import { schemas } from '../../src/config/schema/files.ts'
import { tasks } from '../../src/contract/plan.ts'
import { createPriceBook } from '../../src/ledger/book.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const config = loadConfig({ root, env: {} })
const asOfMs = Date.parse(schemas['models.yaml'].parse(parse(read('config/models.yaml'))).as_of)
const book = createPriceBook(config.prices, config.models)

const cardsNamed = (word: string) =>
  config.models.filter(({ id, name, aliases }) => [id, name, ...aliases].includes(word))
const isAliveAfter = (days: number) => (card: (typeof config.models)[number]) =>
  card.lifecycle.status === 'active' ||
  card.lifecycle.shutdownOn === null ||
  Date.parse(card.lifecycle.shutdownOn) > asOfMs + days * 86_400_000

test('every shipped YAML file has a schema, and every schema a file', () => {
  const files = readdirSync(path.join(root, 'config')).filter((name) => name.endsWith('.yaml'))
  expect(files.toSorted()).toEqual(Object.keys(schemas).toSorted())
})

test.each(['limits.yaml', 'cache.yaml', 'routing.yaml'] as const)('%s says the defaults', (name) => {
  const schema = schemas[name]
  const choices = { aliases: {}, fallbacks: {} }
  expect({ ...schema.parse(parse(read(`config/${name}`))), ...choices }).toEqual({ ...schema.parse({}), ...choices })
})

test.each(renderAll(root).map(({ file, text }) => [file, text]))(
  '%s is what "npm run generate" makes',
  (file, text) => {
    expect(read(file)).toBe(text)
  },
)

describe('every model', () => {
  test.each(config.models.map((card) => [card.key, card] as const))('%s is priced and within its window', (_, card) => {
    const query = { provider: card.provider, model: card.id, atMs: asOfMs, inputTokens: 1000, outputTokens: 1000 }
    const isFree = card.provider === 'local'
    expect(book.estimate(query)?.costNanoUsd).toSatisfy((cost) => (isFree ? cost === 0n : cost > 0n))
    expect(card.maxInputTokens).toBeLessThanOrEqual(card.contextTokens)
    expect(card.maxOutputTokens).toBeLessThanOrEqual(card.contextTokens)
  })

  test('that answers for more than a fortnight has priors for most tasks, none of them certain', () => {
    const unmeasured = ['qwen', 'kimi', 'glm', 'ministral', 'codestral', 'nemo', 'gemini-3-flash-preview']
    for (const card of config.models.filter(isAliveAfter(14)).filter(({ kind }) => kind === 'chat')) {
      for (const { mean } of Object.values(card.quality)) expect(mean).toBeLessThan(1)
      if (unmeasured.some((name) => card.name.includes(name))) continue
      const missing = tasks.filter((task) => card.quality[task] === undefined)
      expect(missing.length, `${card.key} lacks ${missing.join(', ')}`).toBeLessThanOrEqual(1)
    }
  })

  test('that is going says what to use instead', () => {
    for (const { key, lifecycle } of config.models)
      if (lifecycle.status !== 'active') expect(lifecycle.replacement, key).not.toBeNull()
  })
})

describe('models that others are sent to still answer in a fortnight', () => {
  const replacements = config.models.flatMap(({ key, lifecycle }) =>
    lifecycle.status === 'active' || lifecycle.replacement === null ? [] : [[key, lifecycle.replacement] as const],
  )
  const chains = Object.entries(config.routing.fallbacks).flatMap(([model, chain]) =>
    [model, ...chain].map((word) => [model, word] as const),
  )

  test.each([...Object.entries(config.routing.aliases), ...chains, ...replacements])('%s → %s', (_, word) => {
    expect(cardsNamed(word).filter(isAliveAfter(14))).not.toEqual([])
  })
})

test('a fallback stays with the vendor and costs no more than the model that it stands in for', () => {
  const price = (word: string) => {
    const [card] = cardsNamed(word)
    if (!card) throw new Error(`no card for ${word}`)
    const query = { provider: card.provider, model: card.id, atMs: asOfMs, inputTokens: 1000, outputTokens: 1000 }
    return { provider: card.provider, cost: book.estimate(query)?.costNanoUsd ?? 0n }
  }
  for (const [model, chain] of Object.entries(config.routing.fallbacks))
    for (const word of chain) {
      expect(price(word).provider).toBe(price(model).provider)
      expect(price(word).cost).toBeLessThanOrEqual(price(model).cost)
    }
})

describe('facts that calls depend on', () => {
  const wire = (key: string) => config.models.find((card) => card.key === key)?.wire

  test('reasoning models of OpenAI take max_completion_tokens and developer instructions', () => {
    for (const card of config.models.filter(({ provider, id }) => provider === 'openai' && /^(o\d|gpt-[56])/.test(id)))
      expect(card.wire, card.key).toMatchObject({ maxTokensField: 'max_completion_tokens', systemRole: 'developer' })
  })

  test('where tools need effort none, there is an effort none to set', () => {
    for (const card of config.models) {
      if (card.wire.tools === 'effort-none') expect(card.wire.effortLevels.none, card.key).toBe('none')
      if (card.wire.sampling === 'effort-none') expect(card.wire.effortLevels.none, card.key).toBe('none')
    }
    expect(wire('openai:gpt-6.1-sol')?.tools).toBe('never')
    expect(wire('openai:gpt-6-luna')?.tools).toBe('effort-none')
    expect(wire('openai:gpt-5')?.tools).toBe('always')
  })

  test('Claude from 4.7 on takes no sampling and thinks adaptively', () => {
    for (const id of ['claude-opus-4-8', 'claude-sonnet-5', 'claude-haiku-5-5', 'claude-fable-5-2'])
      expect(wire(`anthropic:${id}`)).toMatchObject({ sampling: 'never', thinking: 'adaptive' })
    expect(wire('anthropic:claude-haiku-4-5')).toMatchObject({ sampling: 'always', thinking: 'budget' })
  })

  test('Gemini from 3.5 Flash-Lite on takes no sampling, and only 2.5 Flash can do without thinking', () => {
    const google = config.models.filter(({ provider }) => provider === 'google')
    for (const id of ['gemini-4-argon', 'gemini-3.8-flash', 'gemini-3.6-flash', 'gemini-3.5-flash-lite'])
      expect(wire(`google:${id}`)?.sampling, id).toBe('never')
    expect(wire('google:gemini-3.1-pro-preview')?.sampling).toBe('always')
    expect(wire('google:gemini-3.8-flash')?.effortLevels).toMatchObject({ none: null, minimal: null, low: 'low' })
    expect(google.filter((card) => card.wire.effortLevels.none === 'none').map(({ id }) => id)).toEqual([
      'gemini-2.5-flash',
      'gemini-2.5-flash-lite',
    ])
    for (const card of google) expect(card.wire.parallelToolCalls, card.key).toBe(false)
  })

  test('tools go by a second wire at OpenAI and xAI, where models that reason need it', () => {
    const second = config.knownProviders.filter(({ template }) => template.toolsDialect !== undefined)
    expect(second.map(({ id, template }) => [id, template.toolsDialect])).toEqual([
      ['openai', 'openai-responses'],
      ['xai', 'openai-responses'],
    ])
    const rows = new Set(second.map(({ id }) => id))
    for (const card of config.models) if (card.wire.tools !== 'always') expect(rows, card.key).toContain(card.provider)
  })

  test('Google speaks its own wire, gives one answer and takes no penalties', () => {
    expect(config.knownProviders.find(({ id }) => id === 'google')?.template).toMatchObject({
      dialect: 'gemini',
      auth: 'x-goog-api-key',
      wire: { seedField: 'seed', multipleChoices: false, penalties: false, nativeParts: true, jsonSchema: true },
    })
  })

  test('Gemini thinks by a level from 3 on and by a budget before, and takes JSON beside tools from 3 on', () => {
    for (const id of ['gemini-4-argon', 'gemini-3.8-flash', 'gemini-3.1-pro-preview', 'gemini-3-flash-preview'])
      expect(wire(`google:${id}`)).toMatchObject({ thinking: 'level', jsonWithTools: undefined })
    expect(wire('google:gemini-2.5-pro')).toMatchObject({ thinking: 'budget', jsonWithTools: false })
    expect(wire('google:gemini-2.0-flash')).toMatchObject({ thinking: 'none', jsonWithTools: false })
  })

  test('Gemini 3.8 Flash at OpenRouter is Google’s own, with the same quality', () => {
    const [own, other, ...rest] = cardsNamed('gemini-3.8-flash')
    expect([own?.key, other?.key, ...rest]).toEqual(['google:gemini-3.8-flash', 'openrouter:google/gemini-3.8-flash'])
    expect(other?.quality).toEqual(own?.quality)
    expect(other?.tokenFactor).toBe(own?.tokenFactor)
  })

  test('Mistral wants short tool-call ids, DeepSeek its thoughts back', () => {
    expect(wire('mistral:mistral-large-4')?.shortToolCallIds).toBe(true)
    expect(wire('deepseek:deepseek-v4-pro')?.reasoningContentInHistory).toBe(true)
  })

  test.each([
    ['gpt-4', '2026-10-23', 'gpt-5.6-sol'],
    ['o4-mini', '2026-10-23', 'gpt-5.6-terra'],
    ['claude-opus-4-1', '2026-08-05', 'claude-opus-4-8'],
    ['claude-sonnet-4', '2026-06-15', 'claude-sonnet-4-6'],
    ['gemini-3.7-flash', '2026-10-08', 'gemini-3.8-flash'],
    ['gemini-3.5-flash', '2026-10-08', 'gemini-3.6-flash'],
    ['gemini-2.0-flash', '2026-06-01', 'gemini-3.6-flash'],
    ['gemini-1.5-pro', '2025-09-29', 'gemini-3.8-flash'],
    ['grok-4', '2026-05-15', 'grok-4.3'],
    ['mixtral-8x7b-32768', '2025-03-20', 'gpt-oss-120b'],
  ])('%s is gone since %s, and %s stands in for it', (word, shutdownOn, replacement) => {
    expect(cardsNamed(word).map(({ lifecycle }) => lifecycle)).toEqual([{ status: 'retired', shutdownOn, replacement }])
  })

  test.each(['gpt-5', 'o3', 'gpt-4o', 'gpt-4o-mini', 'gemini-2.5-pro', 'gemini-2.5-flash'])(
    '%s still answers, with its last day known',
    (word) => {
      expect(cardsNamed(word)[0]?.lifecycle).toMatchObject({
        status: 'deprecated',
        shutdownOn: expect.stringMatching(/^20/),
      })
    },
  )
})

describe('prices of Gemini', () => {
  const cost = (model: string, atMs: number, inputTokens: number, outputTokens: number) =>
    book.estimate({ provider: 'google', model, atMs, inputTokens, outputTokens })?.costNanoUsd

  test.each([
    ['gemini-2.5-pro', 199_999, 249_998_750n + 10_000_000n],
    ['gemini-2.5-pro', 200_000, 250_000_000n + 10_000_000n],
    ['gemini-2.5-pro', 200_001, 500_002_500n + 15_000_000n],
    ['gemini-3.1-pro-preview', 200_000, 400_000_000n + 12_000_000n],
    ['gemini-3.1-pro-preview', 200_001, 800_004_000n + 18_000_000n],
    ['gemini-1.5-flash', 128_000, 9_600_000n + 300_000n],
    ['gemini-1.5-flash', 128_001, 19_200_150n + 600_000n],
  ])('%s: %i input tokens are in their tier, and the answer with them', (model, inputTokens, expected) => {
    expect(cost(model, asOfMs, inputTokens, 1000)).toBe(expected)
  })

  test('what is read from the cache is re-rated with its request', () => {
    const usage = (inputTokens: number) => ({
      inputTokens,
      cacheReadTokens: 100_000,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
      source: 'provider' as const,
    })
    const price = (inputTokens: number) =>
      book.price({ provider: 'google', model: 'gemini-2.5-pro', atMs: asOfMs, usage: usage(inputTokens) })?.costNanoUsd
    expect(price(200_000)).toBe(125_000_000n + 12_500_000n)
    expect(price(200_001)).toBe(250_002_500n + 25_000_000n)
  })

  test.each([
    ['gemini-4-argon', '2026-12-01', 12_000_000n],
    ['gemini-3.8-flash', '2027-01-01', 4_500_000n],
    ['gemini-3.6-flash', '2027-01-01', 4_500_000n],
  ])('%s costs twice as much from %s on', (model, day, before) => {
    const startMs = Date.parse(day)
    expect(cost(model, startMs - 1, 1000, 1000)).toBe(before)
    expect(cost(model, startMs, 1000, 1000)).toBe(2n * before)
  })
})
