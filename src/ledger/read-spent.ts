import type { NanoUsd } from '../contract/money.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Receipts } from '../contract/store.ts'

/** Says what a caller has spent since a moment; null where some price is unknown. */
export const createReadSpent =
  (receipts: Pick<Receipts, 'usage'>, { simulated, clock }: { simulated: boolean; clock: Clock }) =>
  async (callerId: string, fromMs: number): Promise<NanoUsd | null> => {
    const untilMs = clock.now() + 1
    const { total } = await receipts.usage({ callerId, fromMs, untilMs, groupBy: 'model', simulated })
    return total.unpricedRequests > 0 ? null : total.costNanoUsd
  }
