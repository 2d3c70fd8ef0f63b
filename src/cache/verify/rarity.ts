import { buckets } from '../reading/bucket.ts'
import { readQuestion } from '../reading/question.ts'

/**
 * How rare words are: ln((texts + 1) / (texts with the word + 1)). By the hash of the word, so that no text can be read from the table.
 * The values are multiples of 1/16: sums of them are exact, so that no machine and no order of adding gives another result.
 */
export interface Rarity {
  /** How many texts were counted. */
  texts: number
  of(bucket: number): number
}

const magic = 'RAR1'
const headerBytes = 8
const steps = 16

/**
 * Reads the table: four letters RAR1, the count of texts (32 bits, little-endian), then one byte a bucket with 16 times the rarity.
 * @throws Error for bytes of another form
 */
export const readRarity = (bytes: Uint8Array): Rarity => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length !== headerBytes + buckets || new TextDecoder().decode(bytes.subarray(0, 4)) !== magic)
    throw new Error(`This is no table of rarity: ${headerBytes + buckets} bytes that begin with ${magic} are expected`)
  const values = bytes.slice(headerBytes)
  return { texts: view.getUint32(4, true), of: (bucket) => (values[bucket] ?? 0) / steps }
}

/** Counts in how many of the texts each word stands, and writes the table. */
export const countRarity = (texts: Iterable<string>): Uint8Array => {
  const counts = new Uint32Array(buckets)
  let total = 0
  for (const text of texts) {
    total += 1
    for (const bucket of new Set(readQuestion(text).words.map((word) => word.bucket)))
      counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  const bytes = new Uint8Array(headerBytes + buckets)
  bytes.set(new TextEncoder().encode(magic))
  new DataView(bytes.buffer).setUint32(4, total, true)
  for (const [bucket, count] of counts.entries())
    bytes[headerBytes + bucket] = Math.min(255, Math.round(steps * Math.log((total + 1) / (count + 1))))
  return bytes
}
