/** A vector of length 1 from a text's letters, three at a time: alike for texts that share words, and without weights. */
export const hashedVector = (text: string, dimensions: number): Float32Array => {
  const sums = new Float32Array(dimensions)
  const letters = ` ${text.normalize('NFKC').toLowerCase()} `
  for (let at = 0; at + 3 <= letters.length; at++) {
    const hash = fnv1a(letters.slice(at, at + 3))
    // The lowest bit is the sign, so that what collides cancels out as often as it adds up.
    sums[(hash >>> 1) % dimensions] = (sums[(hash >>> 1) % dimensions] ?? 0) + (hash & 1 ? 1 : -1)
  }
  const length = Math.hypot(...sums) || 1
  return sums.map((sum) => sum / length)
}

/** http://www.isthe.com/chongo/tech/comp/fnv/, 32 bits. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
