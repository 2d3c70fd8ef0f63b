import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Audit } from '../../contract/store.ts'
import { readDetail } from '../audit-detail.ts'
import { answering } from './fault.ts'
import { storable } from './storable.ts'
import type { Tables } from './tables.ts'

/** The record of administrative actions in PostgreSQL. */
export const createAudit = (database: Kysely<Tables>): Audit => ({
  append: ({ id, atMs, actor, action, target, outcome, detail }) =>
    answering('the audit trail', async () => {
      const who = { actor_id: storable(actor.id), actor_name: storable(actor.name) }
      const what = {
        action,
        target: target === null ? null : storable(target),
        outcome,
        detail: JSON.stringify(detail),
      }
      await database
        .insertInto('audit')
        .values({ id, at_ms: String(Math.floor(atMs)), ...who, ...what })
        .execute()
    }),
  recent: ({ after, limit }) =>
    answering('the audit trail', async () => {
      const all = database.selectFrom('audit').selectAll()
      const behind =
        after === null ? all : all.where(sql<boolean>`(at_ms, id) < (${Math.floor(after.atMs)}::bigint, ${after.id})`)
      const rows = await behind.orderBy('at_ms', 'desc').orderBy('id', 'desc').limit(limit).execute()
      return rows.map(({ id, at_ms, actor_id, actor_name, action, target, outcome, detail }) => ({
        id,
        atMs: Number(at_ms),
        actor: { id: actor_id, name: actor_name },
        action,
        target,
        outcome,
        detail: readDetail(detail),
      }))
    }),
})
