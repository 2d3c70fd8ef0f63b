import type { CalibrationFile } from '../../src/cache/verify/thresholds.ts'
import type { JudgedPair } from './judged.ts'

type Weights = CalibrationFile['joinWeights']

/** How much of the joined log-odds may be the pair model's; the rest is the trees'. */
export const shares: readonly number[] = [0.3, 0.4, 0.5, 0.6, 0.7]

const rounds = 50

/**
 * The weights of the two readers where `share` is the pair model's, scaled so that the result is a probability: logistic regression of
 * the labels on the weighted sum, by Newton's method.
 */
export const joinAt = (pairs: readonly JudgedPair[], share: number): Weights => {
  const rows = pairs.flatMap(({ same, trees, pair }) =>
    pair === null ? [] : [{ x: share * pair + (1 - share) * trees, same }],
  )
  let [scale, bias] = [1, 0]
  for (let round = 0; round < rounds; round++) {
    // The first and second derivatives of the log-likelihood.
    let [slopeScale, slopeBias] = [0, 0]
    let [scaleScale, scaleBias, biasBias] = [0, 0, 0]
    for (const { x, same } of rows) {
      const p = 1 / (1 + Math.exp(-(scale * x + bias)))
      const [miss, spread] = [(same ? 1 : 0) - p, p * (1 - p)]
      slopeScale += miss * x
      slopeBias += miss
      scaleScale += spread * x * x
      scaleBias += spread * x
      biasBias += spread
    }
    const determinant = scaleScale * biasBias - scaleBias ** 2
    if (!(determinant > 0)) break
    const step = (slopeScale * biasBias - slopeBias * scaleBias) / determinant
    const shift = (slopeBias * scaleScale - slopeScale * scaleBias) / determinant
    scale += step
    bias += shift
    if (Math.abs(step) + Math.abs(shift) < 1e-10) break
  }
  const round = (value: number): number => Number(value.toFixed(4))
  return { trees: round(scale * (1 - share)), pair: round(scale * share), bias: round(bias) }
}
