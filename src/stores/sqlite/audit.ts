import { auditActions } from '../../contract/store.ts'
import type { Audit, AuditEntry } from '../../contract/store.ts'
import { readDetail } from '../audit-detail.ts'
import { numberOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'
import type { Database } from './database.ts'
import { answering } from './fault.ts'

const outcomes = ['done', 'refused', 'failed'] as const

/** The record of administrative actions in SQLite. */
export const createAudit = (database: Database): Audit => {
  const insert = database.prepare(
    `INSERT INTO audit (id, at_ms, actor_id, actor_name, action, target, outcome, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const newest = database.prepare('SELECT * FROM audit ORDER BY at_ms DESC, id DESC LIMIT :limit')
  const behind = database.prepare(
    'SELECT * FROM audit WHERE (at_ms, id) < (:atMs, :id) ORDER BY at_ms DESC, id DESC LIMIT :limit',
  )

  return {
    append: ({ id, atMs, actor, action, target, outcome, detail }) =>
      answering('the audit trail', async () => {
        const row = [id, Math.floor(atMs), actor.id, actor.name, action, target, outcome, JSON.stringify(detail)]
        await database.write(() => insert.run(...row))
      }),
    recent: ({ after, limit }) =>
      answering('the audit trail', () => {
        const rows = after ? behind.all({ atMs: Math.floor(after.atMs), id: after.id, limit }) : newest.all({ limit })
        return rows.map(entryOf)
      }),
  }
}

const entryOf = (row: Row): AuditEntry => {
  const action = auditActions.find((known) => known === row['action'])
  const outcome = outcomes.find((known) => known === row['outcome'])
  if (!action || !outcome) throw new TypeError(`Entry ${textOf(row, 'id')} is of a kind that is not known`)
  return {
    id: textOf(row, 'id'),
    atMs: numberOf(row, 'at_ms'),
    actor: { id: textOf(row, 'actor_id'), name: textOf(row, 'actor_name') },
    action,
    target: row['target'] === null ? null : textOf(row, 'target'),
    outcome,
    detail: readDetail(textOf(row, 'detail')),
  }
}
