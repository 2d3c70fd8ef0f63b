import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStores } from '../../../src/stores/index.ts'
import { migrations } from '../../../src/stores/sqlite/migrations.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { receiptOf } from '../receipt-of.ts'

const open = (dataDir: string) => openStores({ dataDir, cacheMaxBytes: 0, clock: { now: () => 0 } })

const schemaOf = (dataDir: string): unknown => {
  using database = new DatabaseSync(join(dataDir, 'gateway.db'), { readOnly: true })
  return {
    version: database.prepare('PRAGMA user_version').get(),
    parts: database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all(),
  }
}

test.each(migrations.map((_, version) => version))(
  'a file of version %i is brought up to date with what it holds',
  async (version) => {
    using fresh = temporaryFolder()
    await (await open(fresh.path))[Symbol.asyncDispose]()
    using older = temporaryFolder()
    {
      using database = new DatabaseSync(join(older.path, 'gateway.db'))
      for (const step of migrations.slice(0, version)) database.exec(step)
      if (version > 0)
        database.exec(
          `INSERT INTO keys (id, name, scope, sha256, created_at_ms, revoked_at_ms) VALUES ('key_a', 'Ada', 'use', '${'a'.repeat(64)}', 5, NULL)`,
        )
      database.exec(`PRAGMA user_version = ${version}`)
    }
    await using stores = await open(older.path)
    expect(schemaOf(older.path)).toEqual(schemaOf(fresh.path))
    expect(await stores.directory.keys()).toHaveLength(version > 0 ? 1 : 0)
    await stores.receipts.append(receiptOf({ id: 'r1' }))
    expect(await stores.receipts.find('r1')).toEqual(receiptOf({ id: 'r1' }))
  },
)
