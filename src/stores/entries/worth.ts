import type { CachedAnswer } from '../../contract/store.ts'

/**
 * What a second of somebody's waiting is taken to be worth: a tenth of a cent, as if he cost 3.60 $ an hour. Little enough
 * that dear answers stay before slow ones, and enough that among cheap ones the slow stay.
 */
const nanoUsdPerMs = 1_000

/** What a hit on this answer spares, in nano-dollars: its price, and the wait for it. At least 1, for answers that cost nothing. */
export const worthOf = ({ costNanoUsd, madeInMs = 0 }: CachedAnswer): number =>
  Math.max(1, Number(costNanoUsd ?? 0n) + madeInMs * nanoUsdPerMs)
