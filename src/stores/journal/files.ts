import { randomBytes } from 'node:crypto'
import { readdir, rename, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'

// A journal belongs to the process that its name tells, and only that one appends to it. When the process has died, whoever
// starts next in the folder takes it over by giving it a name of its own: of two who try, one finds it gone.

const ending = '.journal'
/** Of another machine's process nobody here can say whether it lives: its journal is taken when it was left alone so long. */
const abandonedAfterMs = 10 * 60_000

/** Names that this process made: of those that its number is in, others may be left from an earlier life of the number. */
const ours = new Set<string>()

/** A name that nobody has yet. */
export const newName = (folder: string): string => {
  const host = hostname().replaceAll(/[^\w]+/g, '_')
  const name = path.join(folder, `receipts-${host}-${process.pid}-${randomBytes(4).toString('hex')}${ending}`)
  ours.add(name)
  return name
}

/** Takes over the journals of the dead, oldest first. Returns their new names. */
export const claimAbandoned = async (folder: string): Promise<string[]> => {
  const found = (await readdir(folder)).map((name) => path.join(folder, name)).filter((name) => name.endsWith(ending))
  const dated = await Promise.all(found.map(async (name) => ({ name, mtimeMs: await changedAtMs(name) })))
  const claimed: string[] = []
  for (const { name, mtimeMs } of dated.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
    if (!isAbandoned(name, mtimeMs)) continue
    const taken = newName(folder)
    try {
      await rename(name, taken)
      claimed.push(taken)
    } catch (error) {
      ours.delete(taken)
      // Another process was quicker.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return claimed
}

/** When a file that may be gone by now was last written. */
const changedAtMs = async (name: string): Promise<number> => (await stat(name).catch(() => null))?.mtimeMs ?? 0

const isAbandoned = (name: string, mtimeMs: number): boolean => {
  if (ours.has(name)) return false
  const [, host, pid] = /receipts-(\w+)-(\d+)-\w+\.journal$/.exec(name) ?? []
  if (host !== hostname().replaceAll(/[^\w]+/g, '_')) return Date.now() - mtimeMs > abandonedAfterMs
  return Number(pid) === process.pid || !isRunning(Number(pid))
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
