import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** What a YAML text says, kept as JSON from one start to the next: reading it takes a hundred times as long as reading that. */
export interface KeptData {
  /** Undefined where the text is another than was kept. */
  read(text: string): unknown
  /** Nothing is kept where that is not possible: it costs the next start a moment, and no more. */
  keep(text: string, data: unknown): void
}

/** @param file what it is kept in; the folder is made */
export const openKeptData = (file: string): KeptData => ({
  read: (text) => {
    try {
      const kept: unknown = JSON.parse(readFileSync(file, 'utf8'))
      return isKept(kept) && kept.sha256 === sha256Of(text) ? kept.data : undefined
    } catch {
      return undefined
    }
  },
  keep: (text, data) => {
    const json = JSON.stringify({ sha256: sha256Of(text), data })
    // YAML can say what JSON cannot: not a number, and the like.
    const read: unknown = JSON.parse(json)
    if (!isKept(read) || !isDeepStrictEqual(read.data, data)) return
    // Another process may be reading it, or writing its own.
    const draft = `${file}.${process.pid}`
    try {
      mkdirSync(path.dirname(file), { recursive: true })
      // Its owner may have kept the file that was read from other eyes.
      writeFileSync(draft, json, { mode: 0o600 })
      renameSync(draft, file)
    } catch {
      // The folder is not ours to write to, as in the image, which has it from its making.
    }
  },
})

const isKept = (value: unknown): value is { sha256: string; data: unknown } =>
  typeof value === 'object' && value !== null && 'sha256' in value && 'data' in value

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')
