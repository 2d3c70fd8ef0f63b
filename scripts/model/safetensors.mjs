/** @typedef {{ shape: readonly number[], values: Float32Array<ArrayBuffer> }} Tensor Row by row. */

/**
 * Reads tensors from a safetensors file: eight bytes that say how long the header is, the header as JSON (name → type,
 * shape, place), then all the numbers, least significant byte first.
 *
 * @param {Buffer} file
 * @returns {(name: string) => Tensor} which throws where the file has no such tensor of 32-bit or 16-bit fractions
 */
export function readSafetensors(file) {
  const headerBytes = Number(file.readBigUInt64LE(0))
  const start = 8 + headerBytes
  const header = /** @type {Record<string, { dtype: string, shape: number[], data_offsets: [number, number] }>} */ (
    JSON.parse(file.toString('utf8', 8, start))
  )
  return (name) => {
    const entry = header[name]
    if (entry?.dtype !== 'F32' && entry?.dtype !== 'F16')
      throw new Error(`the weights have no tensor of fractions ${name}`)
    const [from, to] = entry.data_offsets
    // A copy: the numbers may lie at an odd address, where no Float32Array can begin.
    const bytes = new Uint8Array(file.subarray(start + from, start + to))
    const values =
      entry.dtype === 'F32' ? new Float32Array(bytes.buffer) : Float32Array.from(new Float16Array(bytes.buffer))
    return { shape: entry.shape, values }
  }
}
