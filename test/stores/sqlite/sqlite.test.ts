import type { Database } from '../../../src/stores/sqlite/database.ts'
import { createAudit } from '../../../src/stores/sqlite/audit.ts'
import { openDatabase } from '../../../src/stores/sqlite/database.ts'
import { createDirectory } from '../../../src/stores/sqlite/directory.ts'
import { createReceipts } from '../../../src/stores/sqlite/receipts.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { describeAudit } from '../conformance/audit.ts'
import { describeDirectory } from '../conformance/directory.ts'
import { describeReceipts } from '../conformance/receipts.ts'

const open =
  <Port extends object>(create: (database: Database) => Port & Partial<AsyncDisposable>) =>
  async () => {
    const folder = temporaryFolder()
    const database = openDatabase(folder.path)
    const port = create(database)
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        await port[Symbol.asyncDispose]?.()
        database.close()
        folder[Symbol.dispose]()
      },
    }
  }

describeReceipts('SQLite', open(createReceipts))
describeDirectory('SQLite', open(createDirectory))
describeAudit('SQLite', open(createAudit))
