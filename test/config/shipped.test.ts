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
    expect(book.estimate(query)?.costNanoUsd).toBeGreaterThan(0n)
    expect(card.maxInputTokens).toBeLessThanOrEqual(card.contextTokens)
    expect(card.maxOutputTokens).toBeLessThanOrEqual(card.contextTokens)
  })

  test('that answers for more than a fortnight has priors for most tasks, none of them certain', () => {
    const unmeasured = ['qwen', 'kimi', 'glm', 'ministral', 'codestral', 'nemo']
    for (const card of config.models.filter(isAliveAfter(14))) {
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

  test('Mistral wants short tool-call ids, DeepSeek its thoughts back', () => {
    expect(wire('mistral:mistral-large-4')?.shortToolCallIds).toBe(true)
    expect(wire('deepseek:deepseek-v4-pro')?.reasoningContentInHistory).toBe(true)
  })

  test.each([
    ['gpt-4', '2026-10-23', 'gpt-5.6-sol'],
    ['o4-mini', '2026-10-23', 'gpt-5.6-terra'],
    ['claude-opus-4-1', '2026-08-05', 'claude-opus-4-8'],
    ['claude-sonnet-4', '2026-06-15', 'claude-sonnet-4-6'],
    ['grok-4', '2026-05-15', 'grok-4.3'],
    ['mixtral-8x7b-32768', '2025-03-20', 'gpt-oss-120b'],
  ])('%s is gone since %s, and %s stands in for it', (word, shutdownOn, replacement) => {
    expect(cardsNamed(word).map(({ lifecycle }) => lifecycle)).toEqual([{ status: 'retired', shutdownOn, replacement }])
  })

  test.each(['gpt-5', 'o3', 'gpt-4o', 'gpt-4o-mini'])('%s still answers, with its last day known', (word) => {
    expect(cardsNamed(word)[0]?.lifecycle).toMatchObject({
      status: 'deprecated',
      shutdownOn: expect.stringMatching(/^20/),
    })
  })
})
