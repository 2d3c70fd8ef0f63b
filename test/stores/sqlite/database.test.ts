import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStores } from '../../../src/stores/index.ts'
import { fileFault } from '../../../src/stores/sqlite/fault.ts'
import { receiptOf } from '../receipt-of.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const open = (dataDir: string) => openStores({ dataDir, cacheMaxBytes: 0, clock: { now: () => 0 } })
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test.skipIf(process.platform === 'win32')(
  'only its owner can read the database (no such modes on Windows)',
  async () => {
    using folder = temporaryFolder()
    const dataDir = join(folder.path, 'made', 'by us')
    await using stores = await open(dataDir)
    await stores.receipts.append(receiptOf({ id: 'r1' }))
    const files = readdirSync(dataDir).toSorted()
    expect(files).toEqual(['gateway.db', 'gateway.db-shm', 'gateway.db-wal'])
    expect(files.map((file) => modeOf(join(dataDir, file)))).toEqual(['600', '600', '600'])
    expect(modeOf(dataDir)).toBe('700')
  },
)

test.skipIf(process.platform === 'win32')(
  'a file that others could read is closed to them (no such modes on Windows)',
  async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'gateway.db')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    await using _stores = await open(folder.path)
    expect(modeOf(path)).toBe('600')
  },
)

test('what is written is there when the folder is opened again', async () => {
  using folder = temporaryFolder()
  {
    await using stores = await open(folder.path)
    await stores.receipts.append(receiptOf({ id: 'r1' }))
  }
  await using stores = await open(folder.path)
  expect(await stores.receipts.find('r1')).toEqual(receiptOf({ id: 'r1' }))
})

test('receipts can be asked for by their columns', async () => {
  using folder = temporaryFolder()
  await using stores = await open(folder.path)
  await stores.receipts.append(receiptOf({ id: 'r1' }))
  using anybody = new DatabaseSync(join(folder.path, 'gateway.db'), { readOnly: true, readBigInts: true })
  const row = anybody
    .prepare("SELECT cost_nano_usd, metadata ->> '$.project' AS project, user FROM receipts WHERE model = 'gpt-6-luna'")
    .get()
  expect(row).toEqual({ cost_nano_usd: 9_007_199_254_740_993n, project: 'Kraków 🌉', user: 'user-7' })
})

test('a database of a newer gateway is refused, with what to do, and left as it was', async () => {
  using folder = temporaryFolder()
  await (await open(folder.path))[Symbol.asyncDispose]()
  using newer = new DatabaseSync(join(folder.path, 'gateway.db'))
  newer.exec('PRAGMA user_version = 99')
  await expect(open(folder.path)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(/newer gateway \(schema 99.*start that version again, or point DATA_DIR/),
  })
  expect(newer.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
})

test('a file that is no database is refused, with what to do', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'gateway.db'), 'not a database, but long enough to look at'.repeat(200))
  await expect(open(folder.path)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(/gateway\.db is damaged or no database: move it away/),
  })
})

test('a folder that cannot be one is refused, with what to do', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'file'), '')
  mkdirSync(join(folder.path, 'odd', 'gateway.db'), { recursive: true })
  for (const dataDir of [join(folder.path, 'file'), join(folder.path, 'odd')])
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('DATA_DIR must name a folder'),
    })
})

test.skipIf(process.platform !== 'linux')(
  'a folder that cannot be made, however deep, is refused, with what to do (Linux: /proc)',
  async () => {
    for (const dataDir of ['/proc/gateway', '/proc/gateway/data/deep'])
      await expect(open(dataDir)).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringMatching(/\/proc\/gateway.* cannot be made in \/proc: .*DATA_DIR/),
      })
  },
)

test('a file on the way to the folder is named', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  await expect(open(join(file, 'data', 'deep'))).rejects.toThrow(`${file} is no folder`)
})

test('a file that may not be written is told apart', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'some.db')
  new DatabaseSync(path).exec('CREATE TABLE t (a)')
  using readOnly = new DatabaseSync(path, { readOnly: true })
  const thrown = (() => {
    try {
      return readOnly.exec('INSERT INTO t VALUES (1)')
    } catch (error) {
      return error
    }
  })()
  expect(fileFault(path, thrown).message).toMatch(/some\.db cannot be written: give the user/)
})

test('a backup of a busy database is whole, for its owner only, and has all that was acknowledged', async () => {
  using folder = temporaryFolder()
  await using stores = await open(folder.path)
  const append = (id: string) => stores.receipts.append(receiptOf({ id }))
  await Promise.all(Array.from({ length: 2000 }, (_, index) => append(`before-${index}`)))
  const target = join(folder.path, 'backup.db')
  writeFileSync(target, 'the last backup')

  let isCopied = false
  const copying = stores.backup?.(target).finally(() => (isCopied = true))
  for (let turn = 0; !isCopied; turn += 1) await append(`meanwhile-${turn}`)
  await copying

  using copy = new DatabaseSync(target, { readOnly: true })
  expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(copy.prepare("SELECT count(*) AS rows FROM receipts WHERE id LIKE 'before-%'").get()).toEqual({ rows: 2000 })
  if (process.platform !== 'win32') expect(modeOf(target)).toBe('600')
})

test('a backup that fails leaves the last one and no half one, and never overwrites the database', async () => {
  using folder = temporaryFolder()
  await using stores = await open(folder.path)
  await expect(stores.backup?.(join(folder.path, 'missing', 'backup.db'))).rejects.toMatchObject({
    code: 'store_unavailable',
  })
  mkdirSync(join(folder.path, 'taken'))
  await expect(stores.backup?.(join(folder.path, 'taken'))).rejects.toThrow(/could not be written: check its folder/)
  await expect(stores.backup?.(join(folder.path, 'gateway.db'))).rejects.toThrow(/is the database itself/)
  expect(readdirSync(folder.path).filter((file) => file.includes('partial'))).toEqual([])
})

test('without a disk everything works and there is nothing to back up', async () => {
  await using stores = await open(':memory:')
  await stores.receipts.append(receiptOf({ id: 'r1' }))
  expect(await stores.receipts.find('r1')).not.toBeNull()
  expect(stores.backup).toBeNull()
})
