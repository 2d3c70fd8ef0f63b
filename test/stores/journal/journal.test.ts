import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Receipt } from '../../../src/contract/receipt.ts'
import { openJournal } from '../../../src/stores/journal/journal.ts'
import type { Journal } from '../../../src/stores/journal/journal.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { receiptOf } from '../receipt-of.ts'

const child = fileURLToPath(new URL('./child.ts', import.meta.url))
const told: string[] = []
const open = (folder: string): Promise<Journal> =>
  openJournal(folder, { error: (_fields, message) => void told.push(message) })

const drained = async (journal: Journal): Promise<Receipt[]> => {
  const taken: Receipt[] = []
  await journal.drain(async (batch) => void taken.push(...batch))
  return taken
}
const idsOf = (receipts: readonly Receipt[]): string[] => receipts.map(({ id }) => id)
const append = (journal: Journal, ids: readonly string[]) =>
  Promise.all(ids.map((id) => journal.append(receiptOf({ id }))))
const only = (folder: string): string => path.join(folder, readdirSync(folder)[0] ?? '')

/** As a process leaves it that ended: the number in its name is nobody's. */
const orphan = (file: string, { host = hostname().replaceAll(/[^\w]+/g, '_') } = {}): string => {
  const left = path.join(path.dirname(file), `receipts-${host}-4194305-0.journal`)
  renameSync(file, left)
  return left
}

test('gives receipts back as they were, in order, once, and leaves no file', async () => {
  using folder = temporaryFolder()
  const journal = await open(folder.path)
  expect(journal.isEmpty()).toBe(true)
  const ids = Array.from({ length: 450 }, (_, index) => `r${index}`)
  await append(journal, ids)
  expect(journal.isEmpty()).toBe(false)
  expect(journal.bytes()).toBe(statSync(only(folder.path)).size)
  const taken = await drained(journal)
  expect(idsOf(taken)).toEqual(ids)
  expect(taken[0]).toEqual(receiptOf({ id: 'r0' }))
  expect(readdirSync(folder.path)).toEqual([])
  expect(journal).toMatchObject({ isEmpty: expect.any(Function) })
  expect([journal.isEmpty(), journal.bytes()]).toEqual([true, 0])
  expect(await drained(journal)).toEqual([])
})

test('only its owner can read it', async () => {
  using folder = temporaryFolder()
  await append(await open(folder.path), ['r1'])
  if (process.platform !== 'win32') expect((statSync(only(folder.path)).mode & 0o777).toString(8)).toBe('600')
})

test('what is not taken is given again, from the start, in the order in which it came', async () => {
  using folder = temporaryFolder()
  const journal = await open(folder.path)
  const ids = Array.from({ length: 450 }, (_, index) => `r${index}`)
  await append(journal, ids)
  const seen: string[] = []
  const failing = journal.drain(async (batch) => {
    if (seen.length > 0) throw new Error('away again')
    seen.push(...idsOf(batch))
  })
  await expect(failing).rejects.toThrow('away again')
  await append(journal, ['later'])
  expect(idsOf(await drained(journal))).toEqual([...ids, 'later'])
})

test('what comes while it is drained is drained too', async () => {
  using folder = temporaryFolder()
  const journal = await open(folder.path)
  await append(journal, ['r1'])
  const taken: string[] = []
  await journal.drain(async (batch) => {
    if (taken.length === 0) await append(journal, ['r2'])
    taken.push(...idsOf(batch))
  })
  expect(taken).toEqual(['r1', 'r2'])
  expect(journal.isEmpty()).toBe(true)
})

test('a torn last line is discarded, at every length', async () => {
  using folder = temporaryFolder()
  const file = path.join(folder.path, 'whole')
  await append(await open(folder.path), ['r1'])
  const written = readFileSync(only(folder.path))
  renameSync(only(folder.path), file)
  for (let kept = 2; kept < written.length; kept += 97) {
    writeFileSync(file, Buffer.concat([written, written.subarray(0, kept)]))
    orphan(file)
    expect(idsOf(await drained(await open(folder.path)))).toEqual(['r1'])
  }
  expect(readdirSync(folder.path)).toEqual([])
})

test('a line that was half written spoils none that is written after it', async () => {
  using folder = temporaryFolder()
  const journal = await open(folder.path)
  await append(journal, ['r1'])
  appendFileSync(only(folder.path), '0a1b2c3d {"id":"half')
  await append(journal, ['r2'])
  told.length = 0
  expect(idsOf(await drained(journal))).toEqual(['r1', 'r2'])
  // Damage in the middle is told, and what is left of it is kept for whoever looks.
  expect(told).toEqual(['lines of the journal were damaged: the file is kept'])
  expect(readdirSync(folder.path).map((name) => path.extname(name))).toEqual(['.damaged'])
})

test('a letter that changed on the disk is seen', async () => {
  using folder = temporaryFolder()
  const journal = await open(folder.path)
  await append(journal, ['r1', 'r2'])
  const text = readFileSync(only(folder.path), 'utf8')
  writeFileSync(only(folder.path), text.replace('Ada', 'Eve'))
  expect(idsOf(await drained(journal))).toEqual(['r2'])
})

test('what a process left behind is taken over by one that starts, and by one only', async () => {
  using folder = temporaryFolder()
  await append(await open(folder.path), ['r1', 'r2'])
  orphan(only(folder.path))
  const both = await Promise.all([open(folder.path), open(folder.path)])
  const taken = await Promise.all(both.map(drained))
  expect(taken.flatMap(idsOf)).toEqual(['r1', 'r2'])
})

test('a living process keeps its own; one of another machine does until it was left alone for ten minutes', async () => {
  using folder = temporaryFolder()
  const living = await open(folder.path)
  await append(living, ['mine'])
  expect((await open(folder.path)).isEmpty()).toBe(true)
  expect(idsOf(await drained(living))).toEqual(['mine'])

  await append(living, ['theirs'])
  const foreign = orphan(only(folder.path), { host: 'elsewhere' })
  expect((await open(folder.path)).isEmpty()).toBe(true)
  const longAgo = new Date(Date.now() - 11 * 60_000)
  utimesSync(foreign, longAgo, longAgo)
  expect(idsOf(await drained(await open(folder.path)))).toEqual(['theirs'])
})

test.each([1, 200])('what was said to be kept survives kill -9, after %i receipts', async (count) => {
  using folder = temporaryFolder()
  const writer = spawn(process.execPath, [child, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === count) writer.kill('SIGKILL')
  }
  expect(writer.signalCode ?? (await once(writer, 'exit'))[1]).toBe('SIGKILL')

  const journal = await open(folder.path)
  const ids = idsOf(await drained(journal))
  expect(new Set(ids).size).toBe(ids.length)
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([])
})
