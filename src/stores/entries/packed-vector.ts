/** The largest number of a signed byte that has its negative too. */
const most = 127

/**
 * A vector of length 1 in one byte a number. Only the directions of vectors are compared, so that the largest number may
 * fill the byte, and its size need not be kept: the cosine of a vector with its copy is above 0.9999.
 */
export const packVector = (vector: Float32Array): Uint8Array => {
  const largest = vector.reduce((max, value) => Math.max(max, Math.abs(value)), Number.MIN_VALUE)
  return new Uint8Array(Int8Array.from(vector, (value) => Math.round((value / largest) * most)).buffer)
}

/** The vector, of length 1 again. */
export const unpackVector = (packed: Uint8Array): Float32Array => {
  const bytes = new Int8Array(packed.buffer, packed.byteOffset, packed.length)
  const length = Math.hypot(...bytes) || 1
  return Float32Array.from(bytes, (value) => value / length)
}
