import { createHash } from 'node:crypto'
import { openDatabase } from '../../../src/stores/sqlite/database.ts'
import { createDirectory } from '../../../src/stores/sqlite/directory.ts'
import { createReceipts } from '../../../src/stores/sqlite/receipts.ts'
import { receiptOf } from '../../stores/receipt-of.ts'

/** The span over which the receipts of a full ledger lie, up to now. */
export const ledgerSpanMs = 29 * 86_400_000

const models = ['gpt-6-luna', 'gpt-6-sol', 'claude-haiku-5-5', 'gemini-4-flash', 'mistral-large-2411']
const tasks = ['qa', 'code', 'summarization', 'extraction'] as const

/**
 * Fills a folder's ledger: a few hundred receipts go through the store itself, and one statement in the same schema copies
 * them under new ids, evenly over the span, until there are `count`.
 */
export const fillLedger = async (dataDir: string, count: number, nowMs: number): Promise<void> => {
  const database = openDatabase(dataDir)
  const receipts = createReceipts(database)
  const templates = Math.min(500, count)
  await Promise.all(Array.from({ length: templates }, (_, index) => receipts.append(template(index))))
  // 400 MB, for this connection alone.
  database.prepare('PRAGMA cache_size = -400000').run()
  const columns = database
    .prepare('SELECT * FROM receipts LIMIT 1')
    .columns()
    .map(({ name }) => name)
  const values = columns.map((column) => {
    if (column === 'id') return "'req_' || lower(hex(randomblob(16)))"
    return column === 'received_at_ms' ? ':fromMs + copies.n * :spanMs / :count' : column
  })
  const copy = database.prepare(`
    WITH RECURSIVE copies (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM copies WHERE n < :count - 1)
    INSERT INTO receipts (${columns.join(', ')})
    SELECT ${values.join(', ')} FROM copies CROSS JOIN receipts ON receipts.rowid = 1 + copies.n % ${templates}`)
  await database.write(() => {
    copy.run({ fromMs: BigInt(nowMs - ledgerSpanMs), spanMs: BigInt(ledgerSpanMs), count: BigInt(count) })
    database.prepare(`DELETE FROM receipts WHERE rowid <= ${templates}`).run()
  })
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  await receipts[Symbol.asyncDispose]()
  database.close()
}

const template = (index: number) =>
  receiptOf({
    id: `template_${index}`,
    caller: { id: `key_${index % 100}`, name: `Caller ${index % 100}` },
    served: { provider: `provider-${index % 5}`, model: pick(models, index), answeredModel: pick(models, index) },
    task: { task: pick(tasks, index), confidence: 0.8, signals: ['question mark'] },
    costNanoUsd: BigInt(1000 * index),
    tags: { user: `team-${index % 20}`, metadata: {} },
    simulated: index % 10 === 0,
  })

const pick = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('There is nothing to pick from.')
  return item
}

/** The secret of the nth key of a filled folder. */
export const secretOf = (index: number): string => `gw_scale_${index}`

/** Makes keys as the command line does. */
export const fillKeys = async (dataDir: string, count: number): Promise<void> => {
  const database = openDatabase(dataDir)
  const directory = createDirectory(database)
  for (let index = 0; index < count; index += 1)
    await directory.create({
      id: `key_${String(index).padStart(8, '0')}`,
      name: `Caller ${index}`,
      scope: 'use',
      sha256: createHash('sha256').update(secretOf(index)).digest('hex'),
      createdAtMs: index,
      revokedAtMs: null,
    })
  database.close()
}
