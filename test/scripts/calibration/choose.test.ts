import { describe, expect, test } from 'vitest'
import { chooseThreshold } from '../../../scripts/calibration/choose.ts'
import { joinAt } from '../../../scripts/calibration/join.ts'
import type { Scored } from '../../../scripts/calibration/judged.ts'

const scored = (count: number, p: number, same: boolean): readonly Scored[] =>
  Array.from({ length: count }, () => ({ family: 'f', same, p }))

describe('a threshold', () => {
  test('is the lowest one whose upper bound keeps the rate', () => {
    const sound = [...scored(320, 0.9, true), ...scored(80, 0.8, true), ...scored(50, 0.7, false)]
    const chosen = chooseThreshold({ sound, noisy: [], labelNoise: 0 }, 0.01)
    expect(chosen).toMatchObject({ threshold: 0.702, hits: 400, falseHits: 0, noisy: null })
    expect(chosen.upperBound).toBeCloseTo(1 - 0.05 ** (1 / 400), 4)
  })

  test('is none where too few are served to show anything, or the strictest already fails', () => {
    expect(chooseThreshold({ sound: scored(298, 0.9, true), noisy: [], labelNoise: 0 }, 0.01).threshold).toBeNull()
    const wrong = [...scored(320, 0.9, true), ...scored(10, 0.95, false)]
    expect(chooseThreshold({ sound: wrong, noisy: [], labelNoise: 0 }, 0.01).threshold).toBeNull()
  })

  test('is not taken from beyond one that fails, though more right hits would make up for it', () => {
    const sound = [...scored(320, 0.9, true), ...scored(6, 0.8, false), ...scored(9_000, 0.7, true)]
    expect(chooseThreshold({ sound, noisy: [], labelNoise: 0 }, 0.01).threshold).toBe(0.802)
  })

  test('ends where noisy pairs show more wrong hits than the rate and wrong labels explain', () => {
    const sound = [...scored(1_000, 0.9, true), ...scored(1_000, 0.7, true)]
    const noisy = [...scored(960, 0.9, true), ...scored(40, 0.9, false), ...scored(100, 0.8, false)]
    const chosen = chooseThreshold({ sound, noisy, labelNoise: 0.04 }, 0.01)
    expect(chosen).toMatchObject({ threshold: 0.802, noisy: { hits: 1_000, falseHits: 40, rate: 0 } })
  })
})

describe('the weights of the two readers', () => {
  test('make a probability of their sum', () => {
    const pairs = Array.from({ length: 20_000 }, (_, at) => {
      const [trees, pair] = [4 * Math.sin(at), 4 * Math.sin(at * 1.7 + 1)]
      const p = 1 / (1 + Math.exp(-(0.5 * trees + 1.5 * pair - 0.5)))
      // As random as is needed: the golden ratio's multiples fill the unit interval evenly.
      return { family: 'f', same: (at * 0.618_033_988_7) % 1 < p, reaches: true, trees, pair }
    })
    const weights = joinAt(pairs, 0.75)
    expect(weights.trees).toBeCloseTo(0.5, 1)
    expect(weights.pair).toBeCloseTo(1.5, 1)
    expect(weights.bias).toBeCloseTo(-0.5, 1)
  })
})
