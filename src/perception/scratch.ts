import { createHash } from 'node:crypto'
import { mkdir, rm, statfs } from 'node:fs/promises'
import path from 'node:path'

/** A folder in memory. */
export interface Scratch extends AsyncDisposable {
  path: string
}

/** Files there are memory and never a disk's; where it is missing there is no such place. */
const memoryFolder = '/dev/shm'

/**
 * A place for what the addon gives and takes only as a file, and what must not lie on a disk in the clear. Null where there is
 * none, or too little room. `owner` has one at a time: what a process that was killed left in it goes with the next.
 */
export const openScratch = async (owner: string, bytes: number): Promise<Scratch | null> => {
  const name = createHash('sha256').update(path.resolve(owner)).digest('hex').slice(0, 16)
  const folder = path.join(memoryFolder, `ai-gateway-mcp-${name}`)
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    await clear()
    const { bavail, bsize } = await statfs(memoryFolder)
    if (bavail * bsize < bytes) return null
    // Never somebody else's: one that is there already fails.
    await mkdir(folder, { mode: 0o700 })
    return { path: folder, [Symbol.asyncDispose]: clear }
  } catch {
    return null
  }
}
