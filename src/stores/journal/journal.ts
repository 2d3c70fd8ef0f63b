import { createReadStream } from 'node:fs'
import { open, rename, stat, unlink } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Receipt } from '../../contract/receipt.ts'
import type { Logger } from '../../contract/runtime.ts'
import { createBatches } from '../batches.ts'
import { makeFolder } from '../make-folder.ts'
import { claimAbandoned, newName } from './files.ts'
import { lineOf, readLine } from './line.ts'

/** Receipts on this machine's disk that wait for the database. */
export interface Journal {
  /** Resolves when the receipt is on the disk itself, whatever becomes of the process and the machine. */
  append(receipt: Receipt): Promise<void>
  isEmpty(): boolean
  /** Size of all that waits. */
  bytes(): number
  /**
   * Hands over all that waits, in the order in which it came, and forgets what was taken. A handover that is broken off begins
   * again at the start of a file: whoever takes must know receipts that were taken before.
   * @throws what `take` throws
   */
  drain(take: (receipts: readonly Receipt[]) => Promise<void>): Promise<void>
}

const receiptsPerBatch = 200

/**
 * Opens the journal of this process in a folder, and takes over those that dead processes left there.
 * @throws GatewayError store_unavailable where the folder cannot be made
 */
export const openJournal = async (folder: string, logger: Pick<Logger, 'error'>): Promise<Journal> => {
  makeFolder(folder)
  const waiting = new Map<string, number>()
  for (const name of await claimAbandoned(folder)) waiting.set(name, (await stat(name)).size)

  let current = newName(folder)
  let adding = 0
  let writing: Promise<void> = Promise.resolve()

  const write = async (lines: readonly string[]): Promise<void> => {
    // A line that an earlier write left half written must not spoil the first of these.
    const text = `\n${lines.join('\n')}\n`
    const name = current
    const isNew = !waiting.has(name)
    waiting.set(name, (waiting.get(name) ?? 0) + Buffer.byteLength(text))
    // Opened anew each time: a file that somebody took for abandoned is not written to any more.
    await using file = await open(name, 'a', 0o600)
    await file.writeFile(text)
    await file.datasync()
    if (isNew) await syncFolder(folder)
  }

  const batches = createBatches<string>({
    maxItems: receiptsPerBatch,
    write: (lines) => (writing = write(lines)),
    isItemsFault: () => false,
  })

  const handOver = async (name: string, take: (receipts: readonly Receipt[]) => Promise<void>): Promise<void> => {
    let batch: Receipt[] = []
    let damaged = 0
    let isLastDamaged = false
    for await (const line of createInterface({ input: createReadStream(name), crlfDelay: Infinity })) {
      if (line === '') continue
      const receipt = readLine(line)
      isLastDamaged = receipt === null
      if (receipt) batch.push(receipt)
      else damaged += 1
      if (batch.length < receiptsPerBatch) continue
      await take(batch)
      batch = []
    }
    if (batch.length > 0) await take(batch)
    // A torn last line is what a process leaves that dies while it writes: nobody was told that it is kept.
    if (damaged > (isLastDamaged ? 1 : 0)) {
      await rename(name, `${name}.damaged`)
      logger.error({ file: `${name}.damaged`, lines: damaged }, 'lines of the journal were damaged: the file is kept')
    } else await unlink(name)
  }

  return {
    append: async (receipt) => {
      adding += 1
      try {
        await batches.add(lineOf(receipt))
      } finally {
        adding -= 1
      }
    },
    isEmpty: () => waiting.size === 0 && adding === 0,
    bytes: () => waiting.values().reduce((sum, size) => sum + size, 0),
    drain: async (take) => {
      for (;;) {
        // What is appended from here on is in the next file.
        if (waiting.has(current)) current = newName(folder)
        await writing.catch(() => undefined)
        const name = waiting.keys().next().value
        if (name === undefined) return
        await handOver(name, take).catch(ignoreGone)
        waiting.delete(name)
      }
    },
  }
}

/** Another process took the file for abandoned, and does what was to be done. Or nothing of it ever reached the disk. */
const ignoreGone = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}

/** Makes sure of a new file's name. Some systems cannot, and need not. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  await using opened = await open(folder, 'r')
  await opened.sync()
}
