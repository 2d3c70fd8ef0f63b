/** Random numbers that are the same at every run: https://prng.di.unimi.it/splitmix64.c, in 32 bits. */
const randomNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** Vectors of length 1 around a few hundred centres, as questions lie around subjects. */
export const clusteredVectors = (count: number, dimensions: number, seed: number): Float32Array[] => {
  const next = randomNumbers(seed)
  const around = (centre: Float32Array | undefined, spread: number): Float32Array =>
    unit(Float32Array.from({ length: dimensions }, (_, at) => (centre?.[at] ?? 0) + spread * (next() - 0.5)))
  const centres = Array.from({ length: Math.max(1, Math.ceil(count / 50)) }, () => around(undefined, 1))
  return Array.from({ length: count }, () => around(centres[Math.floor(next() * centres.length)], 0.12))
}

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

export const cosineOf = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)
