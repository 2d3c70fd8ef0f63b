import { z } from 'zod'
import { day, modelName, nonNegative, rowId } from './words.ts'

/** At most six decimals, so that a token's price is a whole number of pico-dollars. */
const usd = z
  .number()
  .min(0)
  .refine((value) => /^\d+(\.\d{1,6})?$/.test(value.toFixed(10).replace(/\.?0+$/, '')), 'has more than six decimals')

const rates = {
  input: usd.describe('USD a million input tokens.'),
  output: usd.describe('USD a million output tokens, reasoning included.'),
  cache_read: usd
    .optional()
    .describe('USD a million input tokens read from the prompt cache; billed as input unless said.'),
  cache_write: usd.optional().describe('USD a million input tokens written to it; billed as input unless said.'),
  cache_write_1h: usd.optional().describe('USD a million written for an hour; as `cache_write` unless said.'),
}
const rateTable = z.strictObject(rates)
export type RateEntry = z.infer<typeof rateTable>

const tier = z
  .strictObject({
    at_or_above: nonNegative.optional().describe('Input tokens from which on the whole request has these rates.'),
    above: nonNegative.optional().describe('Input tokens above which the whole request has these rates.'),
    ...rates,
  })
  .refine(
    (entry) => (entry.at_or_above === undefined) !== (entry.above === undefined),
    'needs either `at_or_above` or `above`',
  )

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const window = z.strictObject({
  utc: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'must be written HH:MM-HH:MM')
    .describe('Hours of the day in UTC, such as 01:00-04:00; the end is not included.'),
  weekdays: z
    .array(z.enum(weekdays))
    .min(1)
    .optional()
    .describe('Days (UTC) on which the window opens; every day unless said.'),
  ...rates,
})

const price = z
  .strictObject({
    model: modelName.describe("The model's id at the provider, or `*` for any."),
    from: day.optional().describe('First day (UTC) of the price.'),
    until: day.optional().describe('First day (UTC) after it.'),
    as_of: day.optional().describe("Day on which the price was read; the list's unless said."),
    source: z.string().optional().describe("Where it was read; the list's unless said."),
    ...rates,
    tiers: z.array(tier).default([]).describe('Rates of long requests; the highest tier reached counts.'),
    windows: z.array(window).default([]).describe('Hours with rates of their own; the first open one counts.'),
  })
  .refine((entry) => entry.tiers.length === 0 || entry.windows.length === 0, 'has tiers or windows, not both')
export type PriceEntry = z.infer<typeof price>

/** config/pricing.yaml */
export const pricingFile = z.strictObject({
  lists: z
    .array(
      z.strictObject({
        provider: rowId.describe('Row of config/providers.yaml.'),
        source: z.string().min(1).describe('Where the prices were read.'),
        as_of: day.describe('Day on which they were read.'),
        prices: z.array(price).min(1).describe('The prices.'),
      }),
    )
    .describe('Price lists.'),
})
export type PriceListEntry = z.infer<typeof pricingFile>['lists'][number]
