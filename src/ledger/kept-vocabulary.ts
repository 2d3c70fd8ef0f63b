import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { replaceFile } from '../lib/replace-file.ts'
import { readVocabulary } from './byte-pairs.ts'
import type { Vocabulary } from './byte-pairs.ts'

// A vocabulary as it lies in memory, in a file: the SHA-256 of what it was read from, how long each array is, and the arrays.

const hashBytes = 32
const headBytes = hashBytes + 3 * Uint32Array.BYTES_PER_ELEMENT

/**
 * A vocabulary, read once and kept from one start to the next. A folder that cannot be written to costs a tenth of a second only.
 * @param file where it is kept; its folder is made
 * @throws Error where the published one is damaged; the system's where it is not there
 */
export const keptVocabulary = async (publishedFile: string, file: string): Promise<Vocabulary> => {
  const [published, kept] = await Promise.all([readFile(publishedFile), readFile(file).catch(() => null)])
  const hash = createHash('sha256').update(published).digest()
  const known = kept && unpack(kept, hash)
  if (known) return known
  const vocabulary = readVocabulary(published)
  await keep(file, pack(vocabulary, hash)).catch(() => undefined)
  return vocabulary
}

const pack = ({ ends, slots, tokens }: Vocabulary, hash: Uint8Array): readonly Uint8Array[] => [
  hash,
  bytesOf(Uint32Array.of(ends.length, slots.length, tokens.length)),
  bytesOf(ends),
  bytesOf(slots),
  tokens,
]

/** Null for a file of something else, or of another machine's order of bytes, or one that is not whole. */
const unpack = (packed: Buffer, hash: Uint8Array): Vocabulary | null => {
  if (packed.length < headBytes || !packed.subarray(0, hashBytes).equals(hash)) return null
  // At an address that numbers of any size may have.
  const { buffer } = new Uint8Array(packed)
  const [ends = 0, slots = 0, tokens = 0] = new Uint32Array(buffer, hashBytes, 3)
  const slotsAt = headBytes + 4 * ends
  const tokensAt = slotsAt + 4 * slots
  if (tokensAt + tokens !== packed.length) return null
  return {
    ends: new Uint32Array(buffer, headBytes, ends),
    slots: new Uint32Array(buffer, slotsAt, slots),
    tokens: new Uint8Array(buffer, tokensAt, tokens),
  }
}

const keep = async (file: string, parts: readonly Uint8Array[]): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true })
  await replaceFile(file, Buffer.concat(parts))
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
