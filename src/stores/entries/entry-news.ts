import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { zstdCompress, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { CachedAnswer, CacheEntry } from '../../contract/store.ts'
import { packVector, unpackVector } from './packed-vector.ts'
import { isAnswer } from './sealed-entry.ts'
import type { Vault } from './vault.ts'

/** What instances tell each other of the answers that they remember. */
export type EntryNews =
  /** One whose question others are compared with. */
  | { kind: 'kept'; entry: CacheEntry }
  /** Those that meet all of it, and were made by then. */
  | { kind: 'removed'; scope: string | null; ids: readonly string[] | null; tag: string | null; atMs: number }
  | { kind: 'advanced'; scope: string | null; epoch: number }

const scope = z.string().nullable()
const shape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('kept'),
    entry: z.object({
      id: z.string(),
      key: z.string(),
      canonicalKey: z.string().nullable(),
      scope: z.string(),
      ownerId: z.string(),
      tags: z.array(z.string()),
      createdAtMs: z.number(),
      expiresAtMs: z.number(),
      staleUntilMs: z.number(),
      near: z.object({ partition: z.string(), text: z.string(), vector: z.instanceof(Uint8Array) }).nullable(),
      answer: z.custom<CachedAnswer>(isAnswer),
      bytes: z.number().nonnegative(),
    }),
  }),
  z.object({
    kind: z.literal('removed'),
    scope,
    ids: z.array(z.string()).nullable(),
    tag: z.string().nullable(),
    atMs: z.number(),
  }),
  z.object({ kind: z.literal('advanced'), scope, epoch: z.number() }),
])

const compress = promisify(zstdCompress)

/** Larger ones stay where they were made: beside them a stream would hold too few. */
const maxSealedBytes = 256 * 1024
/** Of what was so small before it was opened. */
const maxPlainBytes = 32 * 1024 * 1024
/** Of a key's name. */
const nameBytes = 16
const place = 'entry news'

/** As it goes over the wire: sealed as a whole, behind the name of its key. Null for what is too large for that. */
export const sealNews = async (vault: Vault, news: EntryNews): Promise<Buffer | null> => {
  const sealed = vault.seal(await compress(serialize(packed(news))), place)
  return sealed.length > maxSealedBytes ? null : Buffer.concat([Buffer.from(vault.keyName), sealed])
}

/**
 * Null for what was sealed under another key, or changed on its way.
 * @throws Error for what another version wrote in another shape
 */
export const openNews = (vault: Vault, bytes: Buffer): EntryNews | null => {
  const plain = vault.open(bytes.subarray(nameBytes), place, bytes.toString('latin1', 0, nameBytes))
  if (!plain) return null
  const read = shape.parse(deserialize(zstdDecompressSync(plain, { maxOutputLength: maxPlainBytes })))
  if (read.kind !== 'kept') return read
  const { near, ...entry } = read.entry
  return { kind: 'kept', entry: { ...entry, near: near && { ...near, vector: unpackVector(near.vector) } } }
}

/** Vectors in bytes: 384 of them instead of 1,536. */
const packed = (news: EntryNews): object => {
  if (news.kind !== 'kept') return news
  const { near, ...entry } = news.entry
  return { kind: 'kept', entry: { ...entry, near: near && { ...near, vector: packVector(near.vector) } } }
}
