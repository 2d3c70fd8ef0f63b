import type { Caller } from '../contract/caller.ts'
import type { Audit, AuditEntry } from '../contract/store.ts'
import { cursorOf, placeOf } from './cursor.ts'
import { requireAdmin } from './scope.ts'

export interface AuditQuestion {
  caller: Caller
  limit: number
  /** `nextCursor` of the page before. */
  cursor?: string | undefined
}

export interface AuditAnswer {
  entries: readonly AuditEntry[]
  /** Where the next page begins; null on the last. */
  nextCursor: string | null
}

export interface AuditAnswers {
  /**
   * What was done to the gateway itself, the newest first.
   * @throws GatewayError insufficient_scope, invalid_request for a cursor that is none of ours
   */
  audit(question: AuditQuestion): Promise<AuditAnswer>
}

/** Who did what, for those who answer for it. */
export const createAuditAnswers = (audit: Pick<Audit, 'recent'>): AuditAnswers => ({
  audit: async ({ caller, limit, cursor }) => {
    requireAdmin(caller, 'The audit trail')
    // One more than asked for tells whether there is a next page.
    const found = await audit.recent({ after: cursor === undefined ? null : placeOf(cursor), limit: limit + 1 })
    const entries = found.slice(0, limit)
    const last = entries.at(-1)
    return { entries, nextCursor: last && found.length > limit ? cursorOf(last) : null }
  },
})
