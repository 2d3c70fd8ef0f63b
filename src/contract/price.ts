import type { NanoUsd } from './money.ts'
import type { Usage } from './chat.ts'

/** Pico-dollars a token: `usd_per_mtok` × 1,000,000, an integer, so that nothing is rounded before the sum. */
export interface TokenRates {
  input: bigint
  output: bigint
  /** Null: billed as input. */
  cacheRead: bigint | null
  cacheWrite: bigint | null
  cacheWrite1h: bigint | null
}

/** A rule holds from `fromMs` (inclusive) until `untilMs` (exclusive), in its UTC windows if it has any. */
export interface PriceRule {
  /** Stable name, written on receipts: `openai/gpt-6-luna@2026-11-10`. */
  id: string
  provider: string
  /** Wire id or alias that the rule prices. */
  model: string
  fromMs: number | null
  untilMs: number | null
  /** Minutes since midnight UTC and weekdays (0 = Sunday) in which `rates` are replaced. First match wins. */
  windows: readonly { startMinute: number; endMinute: number; weekdays: readonly number[] | null; rates: TokenRates }[]
  rates: TokenRates
  /** The whole request is re-rated when its input tokens pass the threshold; highest matching tier wins. */
  tiers: readonly { inputTokens: number; boundary: 'above' | 'at_or_above'; rates: TokenRates }[]
  source: string
  asOf: string
}

export interface Price {
  priceId: string
  costNanoUsd: NanoUsd
}

export interface PriceQuery {
  provider: string
  /** The model that answered, as the provider named it. */
  model: string
  atMs: number
  usage: Usage
}

/** A call that has not been made. */
export interface ForecastQuery {
  provider: string
  model: string
  atMs: number
  inputTokens: number
}

/** The price book. Null means that the price is unknown, which is never the same as free. */
export interface PriceBook {
  price(query: PriceQuery): Price | null
  /** The most that `outputTokens` of output after `inputTokens` of input can cost (no cache discount, dearest class of input). */
  worstCase(query: ForecastQuery & { outputTokens: number }): Price | null
  /** The likely cost of the same, at plain input and output rates. */
  estimate(query: ForecastQuery & { outputTokens: number }): Price | null
  /** The most output tokens that `budget` affords after `inputTokens`; null when the price is unknown, 0 when none. */
  affordableOutputTokens(query: ForecastQuery & { budgetNanoUsd: NanoUsd }): number | null
}
