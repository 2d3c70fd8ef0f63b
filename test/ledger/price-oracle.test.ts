import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { PriceRule, TokenRates } from '../../src/contract/price.ts'
import { createPriceBook } from '../../src/ledger/book.ts'

/**
 * The engine against genai-prices: real usage objects of providers' replies, the price that genai-prices expects for
 * each, and rules made from its own price book, so that only the arithmetic is compared.
 */
const data = path.resolve(import.meta.dirname, '../../../shared/data/pricing')
const isAbsent = !existsSync(data)

const amount = z.union([
  z.number(),
  z.object({ base: z.number(), tiers: z.array(z.object({ start: z.number(), price: z.number() })) }),
])
const priceTable = z.object({
  input_mtok: amount.optional(),
  output_mtok: amount.optional(),
  cache_read_mtok: amount.optional(),
  cache_write_mtok: amount.optional(),
})
const dated = z.object({
  constraint: z
    .object({ start_date: z.string().optional(), start_time: z.string().optional(), end_time: z.string().optional() })
    .optional(),
  prices: priceTable,
})
interface Match {
  or?: Match[] | undefined
  and?: Match[] | undefined
  equals?: string | undefined
  starts_with?: string | undefined
  ends_with?: string | undefined
  contains?: string | undefined
  regex?: string | undefined
}
const match: z.ZodType<Match> = z.lazy(() =>
  z.object({
    or: z.array(match).optional(),
    and: z.array(match).optional(),
    equals: z.string().optional(),
    starts_with: z.string().optional(),
    ends_with: z.string().optional(),
    contains: z.string().optional(),
    regex: z.string().optional(),
  }),
)
const bookFile = z.array(
  z.object({
    id: z.string(),
    models: z.array(z.object({ id: z.string(), match, prices: z.union([z.array(dated), priceTable]) })),
  }),
)
const usagesFile = z.array(
  z.object({
    model: z.string().optional(),
    extracted: z.array(
      z.object({
        usage: z.record(z.string(), z.number()),
        extractors: z.array(
          z.object({
            provider_id: z.string(),
            api_flavor: z.string(),
            input_price: z.string().optional(),
            output_price: z.string().optional(),
            total_price: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
)

const isMatch = (rule: Match, model: string): boolean =>
  (rule.or?.some((part) => isMatch(part, model)) ?? false) ||
  (rule.and?.every((part) => isMatch(part, model)) ?? false) ||
  rule.equals === model ||
  (rule.starts_with !== undefined && model.startsWith(rule.starts_with)) ||
  (rule.ends_with !== undefined && model.endsWith(rule.ends_with)) ||
  (rule.contains !== undefined && model.includes(rule.contains)) ||
  (rule.regex !== undefined && new RegExp(rule.regex).test(model))

/** Dollars as genai-prices writes them (`0.0001`, `1.5E-7`): 1 USD = 10¹² pico-dollars, whole in all of them. */
const picoUsd = (text = '0'): bigint => BigInt(Math.round(Number(text) * 1e12))

const pico = (usdPerMtok: number): bigint => BigInt(Math.round(usdPerMtok * 1_000_000))

/** The rates of a table at one tier: 0 is the base, n the n-th threshold. */
const ratesOf = (table: z.infer<typeof priceTable>, above: number | null): TokenRates => {
  const rate = (value: z.infer<typeof amount> | undefined): bigint | null => {
    if (value === undefined) return null
    if (typeof value === 'number') return pico(value)
    const reached = value.tiers.filter(({ start }) => above !== null && start <= above).at(-1)
    return pico(reached?.price ?? value.base)
  }
  return {
    input: rate(table.input_mtok) ?? 0n,
    output: rate(table.output_mtok) ?? 0n,
    cacheRead: rate(table.cache_read_mtok),
    cacheWrite: rate(table.cache_write_mtok),
    cacheWrite1h: null,
  }
}

const thresholdsOf = (table: z.infer<typeof priceTable>): number[] => [
  ...new Set(
    Object.values(table).flatMap((value) => (typeof value === 'object' ? value.tiers.map(({ start }) => start) : [])),
  ),
]

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

const rulesOf = (provider: string, model: string, prices: z.infer<typeof dated>[]): PriceRule[] => {
  const starting = prices.filter(({ constraint }) => constraint?.start_time === undefined)
  const timed = prices.filter(({ constraint }) => constraint?.start_time !== undefined)
  return starting.map((entry, index) => ({
    id: `${provider}/${model}@${index}`,
    provider,
    model,
    fromMs: entry.constraint?.start_date === undefined ? null : Date.parse(entry.constraint.start_date),
    untilMs: Date.parse(starting[index + 1]?.constraint?.start_date ?? '9999-01-01'),
    rates: ratesOf(entry.prices, null),
    tiers: thresholdsOf(entry.prices).map((inputTokens) => ({
      inputTokens,
      boundary: 'above' as const,
      rates: ratesOf(entry.prices, inputTokens),
    })),
    windows: timed.map(({ constraint, prices: table }) => ({
      startMinute: minuteOf(constraint?.start_time ?? ''),
      endMinute: minuteOf(constraint?.end_time ?? ''),
      weekdays: null,
      rates: ratesOf(table, null),
    })),
    source: 'genai-prices',
    asOf: '2026-09-23',
  }))
}

/** Classes that our usage tells apart; others (audio, images, searches) have prices that the engine does not know. */
const knownClasses = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'input_text_tokens',
  'output_text_tokens',
  'output_reasoning_tokens',
  'cache_text_read_tokens',
])

const providers = ['openai', 'anthropic', 'mistral', 'groq', 'deepseek', 'openrouter', 'google']

const readCases = () => {
  const book = bookFile.parse(JSON.parse(readFileSync(path.join(data, 'genai-prices.json'), 'utf8')))
  const usages = usagesFile.parse(JSON.parse(readFileSync(path.join(data, 'usages.json'), 'utf8')))
  return usages.flatMap(({ model, extracted }) =>
    extracted.flatMap(({ usage, extractors }) =>
      extractors.flatMap(({ provider_id: provider, input_price: input, output_price: output, total_price: total }) => {
        if (
          model === undefined ||
          model.includes('image') ||
          !providers.includes(provider) ||
          (input === undefined && total === undefined)
        )
          return []
        if (Object.keys(usage).some((name) => !knownClasses.has(name))) return []
        const found = book
          .find(({ id }) => id === provider)
          ?.models.find((entry) => entry.id === model || isMatch(entry.match, model))
        if (!found) return []
        const prices = Array.isArray(found.prices) ? found.prices : [{ prices: found.prices }]
        const hasExtraFees = JSON.stringify(prices).includes('requests_kcount')
        return hasExtraFees
          ? []
          : [{ provider, model, usage, rules: rulesOf(provider, model, prices), expected: [input, output, total] }]
      }),
    ),
  )
}

describe.skipIf(isAbsent)(
  `prices of real usages${isAbsent ? ' (skipped: ../shared/data/pricing is absent)' : ''}`,
  () => {
    test('are those of genai-prices, to the nano-dollar', () => {
      const differences: string[] = []
      const cases = readCases()
      // After the last dated change of its models, and off DeepSeek's old discount hours.
      const atMs = Date.parse('2026-08-22T12:00Z')
      for (const { provider, model, usage, rules, expected } of cases) {
        const [input, output, total] = expected
        const priced = createPriceBook(rules, []).price({
          provider,
          model,
          atMs,
          usage: {
            inputTokens: usage.input_tokens ?? 0,
            cacheReadTokens: usage.cache_read_tokens ?? 0,
            cacheWriteTokens: usage.cache_write_tokens ?? 0,
            cacheWrite1hTokens: 0,
            outputTokens: usage.output_tokens ?? 0,
            reasoningTokens: usage.output_reasoning_tokens ?? 0,
            source: 'provider',
          },
        })
        const wanted = ((total === undefined ? picoUsd(input) + picoUsd(output) : picoUsd(total)) + 500n) / 1000n
        if (priced?.costNanoUsd !== wanted)
          differences.push(`${provider}/${model}: ${priced?.costNanoUsd} is not ${wanted} for ${JSON.stringify(usage)}`)
      }
      expect(differences).toEqual([])
      expect(cases.length).toBeGreaterThan(700)
      expect(new Set(cases.map(({ provider }) => provider)).size).toBeGreaterThanOrEqual(6)
    })
  },
)
