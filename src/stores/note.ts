import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { Json } from '../contract/json.ts'
import type { Note } from '../contract/store.ts'
import { replaceFile } from '../lib/replace-file.ts'
import { makeFolder } from './make-folder.ts'

/** A note in a file of its own, for its owner only. Disposing waits for what is being written. */
export const openNote = (file: string): Note & AsyncDisposable => {
  let latest: Json = null
  /** The write that has not begun and takes whatever is the latest then. */
  let coming: Promise<void> | null = null
  let last: Promise<void> = Promise.resolve()

  const keep = async (value: Json): Promise<void> => {
    makeFolder(path.dirname(file))
    await replaceFile(file, JSON.stringify(value))
  }

  return {
    read: async () => {
      try {
        return z.json().parse(JSON.parse(await readFile(file, 'utf8')))
      } catch {
        return null
      }
    },
    write: (value) => {
      latest = value
      if (coming) return coming
      const begin = (): Promise<void> => {
        coming = null
        return keep(latest)
      }
      last = last.then(begin, begin)
      coming = last
      return last
    },
    [Symbol.asyncDispose]: () => last.catch(() => undefined),
  }
}

/** A note that ends with the process. */
export const createMemoryNote = (): Note => {
  let latest: Json | null = null
  return {
    read: async () => latest,
    write: async (value) => {
      latest = value
    },
  }
}
