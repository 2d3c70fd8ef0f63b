import type { AuditAction, AuditEntry } from '../../contract/store.ts'
import type { ReceiptRow } from '../receipt-row.ts'

/** 64 bits come as text, since they are more than a number of JavaScript holds; they are given as either. */
type Big = string

/** The tables that migrations.ts has made, as they are read. */
export interface Tables {
  receipts: { [Column in keyof ReceiptRow]: bigint extends ReceiptRow[Column] ? Big | null : ReceiptRow[Column] }
  keys: {
    id: string
    name: string
    scope: string
    sha256: string
    created_at_ms: Big
    revoked_at_ms: Big | null
    team: string | null
    tenant: string | null
    limits: string | null
  }
  audit: {
    id: string
    at_ms: Big
    actor_id: string
    actor_name: string
    action: AuditAction
    target: string | null
    outcome: AuditEntry['outcome']
    /** JSON. */
    detail: string
  }
}
