const offsetBasis = 0x811c9dc5
const prime = 0x01000193

/**
 * The 32-bit FNV-1a hash of a text's UTF-8 bytes, as an unsigned number
 * (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv). Quick and the same everywhere; no protection against an adversary.
 */
export const fnv1a = (text: string): number => {
  let hash = offsetBasis
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, prime)
  return hash >>> 0
}
