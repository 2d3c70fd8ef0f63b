/** How far from 1 a length may be; what our own model gives differs by less than a ten-thousandth of this. */
const tolerance = 1e-3

/**
 * Whether a vector may be compared: of the index's dimensions, of numbers only, and of length 1. Asked of every vector
 * before it comes near the addon, which ends the process over one and gives nonsense for ever after over another.
 */
export const isComparable = (vector: Float32Array, dimensions: number): boolean =>
  vector instanceof Float32Array &&
  vector.length === dimensions &&
  // False also for what is no number: its sum is none either.
  Math.abs(Math.sqrt(dot(vector, 0, vector)) - 1) <= tolerance

/** The product of `vector` and the row of `rows` that begins at `at`. Four sums at once keep the processor busy. */
export const dot = (rows: Float32Array, at: number, vector: Float32Array): number => {
  let [one, two, three, four] = [0, 0, 0, 0]
  const { length } = vector
  const whole = length - (length % 4)
  for (let index = 0; index < whole; index += 4) {
    one += (rows[at + index] ?? 0) * (vector[index] ?? 0)
    two += (rows[at + index + 1] ?? 0) * (vector[index + 1] ?? 0)
    three += (rows[at + index + 2] ?? 0) * (vector[index + 2] ?? 0)
    four += (rows[at + index + 3] ?? 0) * (vector[index + 3] ?? 0)
  }
  for (let index = whole; index < length; index++) one += (rows[at + index] ?? 0) * (vector[index] ?? 0)
  return one + two + three + four
}
