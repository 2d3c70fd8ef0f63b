import type { JsonObject } from '../contract/json.ts'
import type { NanoUsd } from '../contract/money.ts'
import { countOf } from './shape.ts'

/** A tick of xAI's is a ten-billionth of a dollar: its recorded calls of 2025 come out to the tick at list prices. */
const ticksPerNanoUsd = 10n

/** What xAI says that a call cost, in whole nano-dollars, rounded up; undefined where it does not say. */
export const readTicks = (usage: JsonObject): NanoUsd | undefined => {
  const ticks = countOf(usage.cost_in_usd_ticks)
  return ticks === null ? undefined : (BigInt(ticks) + ticksPerNanoUsd - 1n) / ticksPerNanoUsd
}
