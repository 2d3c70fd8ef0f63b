import type { ErrorCode } from '../contract/errors.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Asked } from '../contract/operation.ts'
import type { Outcome, Receipt } from '../contract/receipt.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Receipts } from '../contract/store.ts'
import { closeTrail } from './trail.ts'
import type { Trail } from './trail.ts'

/** Closes a settled trail into its receipt and writes it. */
export type Record<Request extends Asked = Asked> = (
  trail: Trail<Request>,
  end: { outcome: Outcome; errorCode: ErrorCode | null },
) => Promise<Receipt>

interface RecordOptions<Request extends Asked> {
  receipts: Pick<Receipts, 'append'>
  completed: (receipt: Receipt, trail: Trail<Request>) => void
  unrecorded: (receipt: Receipt, cause: unknown) => void
  clock: Clock
}

/**
 * Writes the receipt where it will survive us, then tells the log. Whoever waits for an answer's end waits for this.
 * @throws GatewayError ledger_unavailable; the receipt is in the log then
 */
export const createRecord =
  <Request extends Asked>({ receipts, completed, unrecorded, clock }: RecordOptions<Request>): Record<Request> =>
  async (trail, end) => {
    const receipt = closeTrail(trail, { ...end, nowMs: clock.now() })
    try {
      await receipts.append(receipt)
    } catch (cause) {
      unrecorded(receipt, cause)
      throw cause instanceof GatewayError
        ? cause
        : new GatewayError('ledger_unavailable', 'The answer could not be written to the ledger.', { cause })
    }
    completed(receipt, trail)
    return receipt
  }
