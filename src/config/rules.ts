import type { z } from 'zod'
import type { PriceRule, TokenRates } from '../contract/price.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import { weekdays } from './schema/pricing.ts'
import type { PriceEntry, PriceListEntry, pricingFile, RateEntry } from './schema/pricing.ts'
import type { ProviderEntry } from './schema/providers.ts'

/** Rules of config/pricing.yaml; a second deployment (`models_of`) has its base row's, unless it has its own. */
export const readRules = (
  file: ConfigFile<z.infer<typeof pricingFile>>,
  providers: readonly ProviderEntry[],
): { rules: PriceRule[]; problems: Problem[] } => {
  const rules: PriceRule[] = []
  const problems: Problem[] = []
  for (const [listIndex, list] of (file.value?.lists ?? []).entries())
    for (const [priceIndex, price] of list.prices.entries()) {
      const rule = ruleOf(list, price)
      const rival = rules.find((other) => overlap(other, rule))
      if (rival)
        problems.push(
          file.problem(
            ['lists', listIndex, 'prices', priceIndex],
            `${rule.provider}/${rule.model} has two prices at the same time`,
            'end the older with "until" and begin the newer with "from"',
          ),
        )
      rules.push(rule)
    }
  const copies = providers.flatMap(({ id, models_of: base }) => {
    const own = new Set(rules.filter(({ provider }) => provider === id).map(({ model }) => model))
    return rules
      .filter(({ provider, model }) => provider === base && !own.has(model))
      .map((rule) => ({ ...rule, provider: id, id: rule.id.replace(rule.provider, id) }))
  })
  return { rules: [...rules, ...copies], problems }
}

const ruleOf = (list: PriceListEntry, price: PriceEntry): PriceRule => {
  const asOf = price.as_of ?? list.as_of
  return {
    id: `${list.provider}/${price.model}@${price.from ?? asOf}`,
    provider: list.provider,
    model: price.model,
    fromMs: price.from === undefined ? null : Date.parse(price.from),
    untilMs: price.until === undefined ? null : Date.parse(price.until),
    rates: ratesOf(price),
    tiers: price.tiers.map(({ at_or_above: atOrAbove, above, ...rates }) => ({
      inputTokens: atOrAbove ?? above ?? 0,
      boundary: atOrAbove === undefined ? 'above' : 'at_or_above',
      rates: ratesOf(rates),
    })),
    windows: price.windows.map(({ utc, weekdays: days, ...rates }) => ({
      startMinute: minuteOf(utc.slice(0, 5)),
      endMinute: minuteOf(utc.slice(6)),
      weekdays: days ? days.map((day) => weekdays.indexOf(day)) : null,
      rates: ratesOf(rates),
    })),
    source: price.source ?? list.source,
    asOf,
  }
}

const ratesOf = (entry: RateEntry): TokenRates => ({
  input: picoPerToken(entry.input),
  output: picoPerToken(entry.output),
  cacheRead: entry.cache_read === undefined ? null : picoPerToken(entry.cache_read),
  cacheWrite: entry.cache_write === undefined ? null : picoPerToken(entry.cache_write),
  cacheWrite1h: entry.cache_write_1h === undefined ? null : picoPerToken(entry.cache_write_1h),
})

/** USD a million tokens → pico-dollars a token, exactly: the schema lets no more than six decimals through. */
const picoPerToken = (usdPerMtok: number): bigint => BigInt(Math.round(usdPerMtok * 1_000_000))

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

const overlap = (a: PriceRule, b: PriceRule): boolean =>
  a.provider === b.provider &&
  a.model === b.model &&
  (a.fromMs ?? -Infinity) < (b.untilMs ?? Infinity) &&
  (b.fromMs ?? -Infinity) < (a.untilMs ?? Infinity)
