import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { ReceiptLine, Receipts } from '../contract/store.ts'
import { cursorOf, placeOf } from './cursor.ts'
import { requireAdmin } from './scope.ts'
import type { Whose } from './scope.ts'

export interface TracesQuestion {
  caller: Caller
  /** Unset: everybody's for an admin, else the caller's own. */
  whose?: Whose | undefined
  limit: number
  /** `nextCursor` of the page before. */
  cursor?: string | undefined
}

export interface TracesAnswer {
  whose: Whose
  lines: readonly ReceiptLine[]
  /** Where the next page begins; null on the last. */
  nextCursor: string | null
}

export interface Traces {
  /**
   * The newest receipts first. Those that come while somebody turns pages move nothing: a page begins after a receipt.
   * @throws GatewayError insufficient_scope, invalid_request for a cursor that is none of ours
   */
  traces(question: TracesQuestion): Promise<TracesAnswer>
  /**
   * A receipt, whole for an admin; for others without what is the gateway owner's: why tries failed, by which key.
   * @throws GatewayError not_found, also for one that is somebody else's
   */
  trace(question: { caller: Caller; id: string }): Promise<Receipt>
}

/** What happened to requests, one by one. */
export const createTraces = (receipts: Pick<Receipts, 'recent' | 'find'>): Traces => ({
  traces: async ({ caller, whose = caller.scope === 'admin' ? 'all' : 'mine', limit, cursor }) => {
    if (whose === 'all') requireAdmin(caller, "Everybody's requests")
    const from = cursor === undefined ? null : placeOf(cursor)
    const after = from && { receivedAtMs: from.atMs, id: from.id }
    // One more than asked for tells whether there is a next page.
    const found = await receipts.recent({ callerId: whose === 'all' ? null : caller.id, after, limit: limit + 1 })
    const lines = found.slice(0, limit)
    const last = lines.at(-1)
    return {
      whose,
      lines,
      nextCursor: last && found.length > limit ? cursorOf({ atMs: last.receivedAtMs, id: last.id }) : null,
    }
  },
  trace: async ({ caller, id }) => {
    const receipt = await receipts.find(id)
    const mayRead = caller.scope === 'admin' || receipt?.caller.id === caller.id
    if (!receipt || !mayRead) throw new GatewayError('not_found', 'There is no request of this id in the ledger.')
    return caller.scope === 'admin' ? receipt : withoutOwnersPart(receipt)
  },
})

const withoutOwnersPart = (receipt: Receipt): Receipt => ({
  ...receipt,
  tries: receipt.tries.map((attempt) => ({ ...attempt, reason: null, keyIndex: 0 })),
})
