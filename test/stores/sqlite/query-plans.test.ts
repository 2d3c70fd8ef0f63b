import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { usageGroupings } from '../../../src/contract/store.ts'
import { openDatabase } from '../../../src/stores/sqlite/database.ts'
import type { Database } from '../../../src/stores/sqlite/database.ts'
import { createDirectory } from '../../../src/stores/sqlite/directory.ts'
import { createReceipts } from '../../../src/stores/sqlite/receipts.ts'
import { recentSql } from '../../../src/stores/sqlite/recent-query.ts'
import { usageSql } from '../../../src/stores/sqlite/usage-query.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { receiptOf } from '../receipt-of.ts'

// A statement that walks a whole table costs more with every receipt and key there is.

describe('the plan of every statement that runs while the gateway serves', () => {
  const folder = temporaryFolder()
  const prepared: string[] = []
  let database: Database
  let reader: DatabaseSync

  beforeAll(async () => {
    database = openDatabase(folder.path)
    const watched: Database = { ...database, prepare: (sql) => (prepared.push(sql), database.prepare(sql)) }
    createDirectory(watched)
    const receipts = createReceipts(watched)
    await receipts.append(receiptOf({ id: 'r1' }))
    await receipts[Symbol.asyncDispose]()
    reader = new DatabaseSync(database.path, { readOnly: true })
  })
  afterAll(() => {
    reader.close()
    database.close()
    folder[Symbol.dispose]()
  })

  const planOf = (sql: string): string =>
    reader
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      .join('\n')

  test('searches, and never scans, but for the list of keys that only people ask for', () => {
    const scanning = prepared.filter((sql) => /\bSCAN\b/.test(planOf(sql)))
    expect(prepared.length).toBeGreaterThan(5)
    expect(scanning).toEqual(['SELECT * FROM keys ORDER BY created_at_ms, id'])
  })

  test.each(usageGroupings.filter((by) => by !== 'tag'))(
    'sums by %s out of an index alone, from the first of the span to its last',
    (groupBy) => {
      const everybody = usageSql({ callerId: null, fromMs: 0, untilMs: 1, groupBy, simulated: false })
      expect(planOf(everybody)).toMatch(
        /SEARCH receipts USING COVERING INDEX receipts_for_usage \(received_at_ms>\? AND received_at_ms<\?\)/,
      )
      const mine = usageSql({ callerId: 'key_ada', user: 'x', fromMs: 0, untilMs: 1, groupBy, simulated: false })
      expect(planOf(mine)).toMatch(
        /SEARCH receipts USING INDEX receipts_by_caller \(caller_id=\? AND received_at_ms>\?/,
      )
    },
  )

  test('lists the newest from an index, and sorts those of one millisecond at most', () => {
    const after = { receivedAtMs: 1, id: 'r' }
    const everybody = planOf(recentSql({ callerId: null, after, limit: 1 }))
    expect(everybody).toMatch(/SEARCH receipts USING INDEX receipts_for_usage \(received_at_ms<\?\)/)
    const mine = planOf(recentSql({ callerId: 'key_ada', after, limit: 1 }))
    expect(mine).toMatch(/SEARCH receipts USING INDEX receipts_by_caller \(caller_id=\? AND received_at_ms<\?\)/)
    const first = planOf(recentSql({ callerId: null, after: null, limit: 1 }))
    expect(first).toMatch(/SCAN receipts USING INDEX receipts_for_usage/)
    for (const plan of [everybody, mine, first]) expect(plan).toMatch(/B-TREE FOR LAST TERM OF ORDER BY/)
  })
})
