import type { Usage } from '../contract/chat.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { PriceRule, TokenRates } from '../contract/price.ts'

/** Sums of token rates: 1 USD = 1,000,000,000,000. Only a finished sum is rounded to nano-dollars. */
type PicoUsd = bigint

const minuteMs = 60_000

/** Half up, once per call: 499 pico-dollars are nothing, 500 are one nano-dollar. */
export const roundToNano = (amount: PicoUsd): NanoUsd => (amount + 500n) / 1000n

/** The largest sum that still rounds to no more than `budget`. */
export const picoWithin = (budget: NanoUsd): PicoUsd => budget * 1000n + 499n

/** Whether the rule holds at this moment. */
export const isInForce = (rule: PriceRule, atMs: number): boolean =>
  (rule.fromMs === null || rule.fromMs <= atMs) && (rule.untilMs === null || atMs < rule.untilMs)

/**
 * The rates of a whole request: those of the highest tier that its input reaches, else of the first window that is
 * open, else the rule's own.
 */
export const ratesAt = (rule: PriceRule, atMs: number, inputTokens: number): TokenRates => {
  let reached: PriceRule['tiers'][number] | null = null
  for (const tier of rule.tiers)
    if (isReached(tier, inputTokens) && tier.inputTokens > (reached?.inputTokens ?? -1)) reached = tier
  return reached?.rates ?? rule.windows.find((window) => isOpen(window, atMs))?.rates ?? rule.rates
}

const isReached = (tier: PriceRule['tiers'][number], inputTokens: number): boolean =>
  tier.boundary === 'above' ? inputTokens > tier.inputTokens : inputTokens >= tier.inputTokens

/** A window that ends before it starts runs over midnight. Its weekday is that of the moment asked about. */
const isOpen = ({ startMinute, endMinute, weekdays }: PriceRule['windows'][number], atMs: number): boolean => {
  const at = new Date(atMs)
  if (weekdays && !weekdays.includes(at.getUTCDay())) return false
  const minute = Math.floor((atMs - Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())) / minuteMs)
  return startMinute <= endMinute
    ? startMinute <= minute && minute < endMinute
    : startMinute <= minute || minute < endMinute
}

/** What the usage costs. Classes without a rate of their own are billed as input. */
export const costOf = (rates: TokenRates, usage: Usage): NanoUsd => {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens, outputTokens } = usage
  // Some imitations of Anthropic's wire leave the cached tokens out of the input: they are not counted twice.
  const plainTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens - cacheWrite1hTokens)
  return roundToNano(
    BigInt(plainTokens) * rates.input +
      BigInt(cacheReadTokens) * (rates.cacheRead ?? rates.input) +
      BigInt(cacheWriteTokens) * (rates.cacheWrite ?? rates.input) +
      BigInt(cacheWrite1hTokens) * (rates.cacheWrite1h ?? rates.cacheWrite ?? rates.input) +
      BigInt(outputTokens) * rates.output,
  )
}

/** The rate of the dearest class that an input token can fall into. */
export const dearestInput = (rates: TokenRates): bigint =>
  [rates.cacheRead, rates.cacheWrite, rates.cacheWrite1h].reduce<bigint>(
    (dearest, rate) => (rate !== null && rate > dearest ? rate : dearest),
    rates.input,
  )
