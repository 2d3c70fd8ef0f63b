import type { Clock } from '../contract/runtime.ts'
import type { Receipts } from '../contract/store.ts'

/** How long one failed write counts: without traffic nothing else would show that the disk is well again. */
const faultLastsMs = 15_000

export interface WatchedLedger extends Pick<Receipts, 'append'> {
  /** What is wrong with the ledger, in words; empty when nothing is. */
  faults(): string[]
}

/** The ledger, seen to write: a gateway that cannot keep its books is not ready. */
export const watchLedger = (receipts: Pick<Receipts, 'append'>, clock: Clock): WatchedLedger => {
  let failedAtMs = -Infinity
  return {
    append: async (receipt) => {
      try {
        await receipts.append(receipt)
        failedAtMs = -Infinity
      } catch (error) {
        failedAtMs = clock.now()
        throw error
      }
    },
    faults: () =>
      clock.now() - failedAtMs < faultLastsMs
        ? ['The ledger cannot be written: check space and permissions of DATA_DIR.']
        : [],
  }
}
