/** The largest number of a signed byte that has its negative too. */
const most = 127

/**
 * A vector of length 1 in one byte a number. Only the directions of vectors are compared, so that the largest number may
 * fill the byte, and its size need not be kept: the cosine of a vector with its copy is above 0.9999.
 */
export const packVector = (vector: Float32Array): Uint8Array => {
  let largest = Number.MIN_VALUE
  for (const value of vector) largest = Math.max(largest, Math.abs(value))
  const bytes = new Int8Array(vector.length)
  for (const [at, value] of vector.entries()) bytes[at] = Math.round((value / largest) * most)
  return new Uint8Array(bytes.buffer)
}

/** The vector, of length 1 again. Of thousands that are read at a start, one takes some microseconds. */
export const unpackVector = (packed: Uint8Array): Float32Array => {
  const vector = new Float32Array(new Int8Array(packed.buffer, packed.byteOffset, packed.length))
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares) || 1
  return vector.map((value) => value / length)
}
