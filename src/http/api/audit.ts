import { z } from 'zod'
import type { AuditAnswer } from '../../admin/audit.ts'
import { parameters, wholeNumber } from './query.ts'

/** Query of `GET /api/audit`. */
export const auditQuery = parameters({
  limit: wholeNumber(1, 200).default(50),
  cursor: z.string().optional(),
})

export const showAudit = ({ entries, nextCursor }: AuditAnswer) => ({
  audit: entries.map(({ atMs, ...entry }) => ({ at: new Date(atMs).toISOString(), ...entry })),
  next_cursor: nextCursor,
})
