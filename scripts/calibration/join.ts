import type { CalibrationFile } from '../../src/cache/verify/thresholds.ts'
import type { JudgedPair } from './judged.ts'

type Weights = CalibrationFile['joinWeights']
type Vector = readonly [number, number, number]

const rounds = 50

/**
 * How much each reader's log-odds count: logistic regression over the pairs that both have read, by Newton's method. Each family
 * counts as much as its weight says (1 where nothing is said), so that a family of one pattern does not decide alone.
 */
export const fitJoin = (pairs: readonly JudgedPair[], familyWeights: Readonly<Record<string, number>> = {}): Weights => {
  const rows = pairs.flatMap(({ family, same, trees, pair }) =>
    pair === null ? [] : [{ x: [trees, pair, 1] as const, same, weight: familyWeights[family] ?? 1 }],
  )
  let weights: Vector = [0.5, 0.5, 0]
  for (let round = 0; round < rounds; round++) {
    const slope: [number, number, number] = [0, 0, 0]
    // A little of the identity keeps the system solvable where one reader says nothing new.
    const curve: [number, number, number][] = [
      [1e-6, 0, 0],
      [0, 1e-6, 0],
      [0, 0, 1e-6],
    ]
    for (const { x, same, weight } of rows) {
      const p = 1 / (1 + Math.exp(-(weights[0] * x[0] + weights[1] * x[1] + weights[2])))
      for (const i of [0, 1, 2] as const) {
        slope[i] += weight * ((same ? 1 : 0) - p) * x[i]
        for (const j of [0, 1, 2] as const) {
          const line = curve[i]
          if (line) line[j] += weight * p * (1 - p) * x[i] * x[j]
        }
      }
    }
    const step = solve(curve, slope)
    weights = [weights[0] + step[0], weights[1] + step[1], weights[2] + step[2]]
    if (Math.max(...step.map(Math.abs)) < 1e-10) break
  }
  const [trees, pair, bias] = weights.map((weight) => Number(weight.toFixed(4)))
  return { trees: trees ?? 0, pair: pair ?? 0, bias: bias ?? 0 }
}

/** Three equations by Cramer's rule. */
const solve = (matrix: readonly (readonly [number, number, number])[], right: Vector): Vector => {
  const [a, b, c] = matrix
  if (!a || !b || !c) return [0, 0, 0]
  const whole = determinant(a, b, c)
  const replaced = (at: 0 | 1 | 2): number => {
    const line = (row: Vector, value: number): Vector => {
      const copy: [number, number, number] = [...row]
      copy[at] = value
      return copy
    }
    return determinant(line(a, right[0]), line(b, right[1]), line(c, right[2])) / whole
  }
  return [replaced(0), replaced(1), replaced(2)]
}

const determinant = (a: Vector, b: Vector, c: Vector): number =>
  a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
