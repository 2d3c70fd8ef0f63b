import { formatUsd } from '../contract/money.ts'
import type { NanoUsd } from '../contract/money.ts'

/** Dollars as tools show them. Null, an unknown price, stays null: it is never the same as free. */
export const usdOrNull = (amount: NanoUsd | null): string | null => (amount === null ? null : formatUsd(amount))
