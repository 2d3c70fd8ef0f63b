import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** Two texts that somebody judged: whether the answer to the first is right for the second. */
export interface Pair {
  a: string
  b: string
}

export interface PairFile {
  /** The file's name within its folder. */
  name: string
  pairs: readonly PairLine[]
}

/** A pair with the line it was read from, which may say more. */
export interface PairLine extends Pair {
  line: string
}

const pairSchema = z.object({ a: z.string(), b: z.string() })

/** Every `*.jsonl` file of a folder, in the order of their names. @throws ZodError, SyntaxError for a line that is no pair */
export const readPairFolder = (folder: string): readonly PairFile[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => ({ name, pairs: readPairs(readFileSync(path.join(folder, name), 'utf8')) }))

/** One pair a line; empty lines are passed over. */
export const readPairs = (text: string): readonly PairLine[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ ...pairSchema.parse(JSON.parse(line)), line }))
