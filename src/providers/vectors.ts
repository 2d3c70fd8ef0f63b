import { GatewayError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { ProviderRow } from '../contract/provider.ts'

/**
 * A vector as providers write it: a list of numbers, or base64 of single-precision numbers, least significant byte first.
 * Null for anything else, and for numbers that are none.
 */
export const readVector = (value: Json | undefined): Float32Array | null => {
  const vector = typeof value === 'string' ? decodeVector(value) : Array.isArray(value) ? numbersOf(value) : null
  return vector !== null && vector.length > 0 && vector.every(Number.isFinite) ? vector : null
}

const numbersOf = (list: readonly Json[]): Float32Array | null =>
  list.every((value) => typeof value === 'number') ? Float32Array.from(list) : null

const decodeVector = (text: string): Float32Array | null => {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Float32Array.from({ length: bytes.length / 4 }, (_, position) => view.getFloat32(position * 4, true))
}

/**
 * Vectors as they may be given to a caller: one for each input, all of one length.
 * @throws GatewayError provider_bad_reply
 */
export const checkVectors = (
  read: readonly (Float32Array | null | undefined)[],
  inputs: number,
  row: ProviderRow,
): readonly Float32Array[] => {
  const vectors = read.filter((vector) => vector !== null && vector !== undefined)
  const length = vectors[0]?.length
  if (vectors.length === inputs && read.length === inputs && vectors.every((vector) => vector.length === length))
    return vectors
  throw new GatewayError(
    'provider_bad_reply',
    `${row.title} did not answer with one vector for each of ${inputs} inputs.`,
    {
      provider: row.id,
    },
  )
}
