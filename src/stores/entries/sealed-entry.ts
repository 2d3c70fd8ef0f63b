import { deserialize, serialize } from 'node:v8'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { CachedAnswer, CacheEntry, NearQuestion } from '../../contract/store.ts'
import { packVector, unpackVector } from './packed-vector.ts'
import type { Vault } from './vault.ts'

/** An entry as it lies where others might read: nothing of it is in the clear but its id. */
export interface SealedEntry {
  id: string
  /** The key that it was sealed under. */
  keyName: string
  /** What it is looked for by, and how long it lives. */
  head: Uint8Array
  question: Uint8Array | null
  body: Uint8Array
}

export type EntryHead = Omit<CacheEntry, 'near' | 'answer'> & { worthNanoUsd: number; hasQuestion: boolean }

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** No answer that may be kept is as large, compressed or not. */
const maxBodyBytes = 256 * 1024 * 1024

/** The question, its vector in bytes: 384 of them instead of 1,536. */
const packQuestion = ({ partition, text, vector }: NearQuestion): Uint8Array => {
  const words = Buffer.from(JSON.stringify({ partition, text }))
  const packed = packVector(vector)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(packed.length)
  return Buffer.concat([length, packed, words])
}

const unpackQuestion = (bytes: Buffer): NearQuestion | null => {
  const vectorEnd = 4 + bytes.readUInt32LE(0)
  const words: unknown = JSON.parse(bytes.toString('utf8', vectorEnd))
  return isWords(words) ? { ...words, vector: unpackVector(bytes.subarray(4, vectorEnd)) } : null
}

/** Everything of an entry, each part apart, so that looking through all of them reads no answers. */
export const sealEntry = async (vault: Vault, entry: CacheEntry, head: EntryHead): Promise<SealedEntry> => {
  const { id, near, answer } = entry
  const body = await compress(serialize(answer))
  return {
    id,
    keyName: vault.keyName,
    head: vault.seal(Buffer.from(JSON.stringify(head)), `${id} head`),
    question: near && vault.seal(packQuestion(near), `${id} question`),
    body: vault.seal(body, `${id} body`),
  }
}

type Sealed<Part extends keyof SealedEntry> = Pick<SealedEntry, 'id' | 'keyName' | Part>

/** Null for one that cannot be read any more. */
export const openHead = (vault: Vault, { id, keyName, head }: Sealed<'head'>): EntryHead | null => {
  const plain = vault.open(head, `${id} head`, keyName)
  const read: unknown = plain && JSON.parse(plain.toString())
  return isHead(read) && read.id === id ? read : null
}

/** Null where there is none, and for one that cannot be read any more. */
export const openQuestion = (vault: Vault, { id, keyName, question }: Sealed<'question'>): NearQuestion | null => {
  const plain = question && vault.open(question, `${id} question`, keyName)
  return plain && unpackQuestion(plain)
}

/** Null for one that cannot be read any more. */
export const openBody = async (vault: Vault, { id, keyName, body }: Sealed<'body'>): Promise<CachedAnswer | null> => {
  const plain = vault.open(body, `${id} body`, keyName)
  if (!plain) return null
  try {
    const answer: unknown = deserialize(await decompress(plain, { maxOutputLength: maxBodyBytes }))
    return isAnswer(answer) ? answer : null
  } catch {
    // Written by a newer Node than this one.
    return null
  }
}

// The cipher vouches for what is read here; these tell our own parts from each other.

const isHead = (value: unknown): value is EntryHead =>
  isRecord(value) && 'worthNanoUsd' in value && 'staleUntilMs' in value
export const isAnswer = (value: unknown): value is CachedAnswer =>
  isRecord(value) && 'events' in value && 'finishes' in value
const isWords = (value: unknown): value is Omit<NearQuestion, 'vector'> =>
  isRecord(value) && typeof value['partition'] === 'string' && typeof value['text'] === 'string'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
