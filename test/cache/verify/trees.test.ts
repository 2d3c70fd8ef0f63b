import { expect, test } from 'vitest'
import { featureNames } from '../../../src/cache/verify/features.ts'
import { readTrees } from '../../../src/cache/verify/trees.ts'

const stump = { feature: [0], threshold: [0.5], left: [-1], right: [-2], leaf: [0.1, 0.2] }
const deeper = { feature: [0, 1], threshold: [0.5, 2], left: [1, -1], right: [-3, -2], leaf: [1, 2, 4] }
const fileOf = (trees: readonly unknown[], features: readonly string[] = featureNames): unknown => ({
  format: 'near-verifier-trees/1',
  features,
  trees,
})
const valuesOf = (...values: readonly number[]): Float64Array => {
  const features = new Float64Array(featureNames.length)
  features.set(values)
  return features
}

test('goes left where a feature is at most the threshold, and adds up the leaves in the order of the trees', () => {
  const { score } = readTrees(
    fileOf([
      stump,
      { ...stump, leaf: [0.2, 0.3] },
      deeper,
      { ...stump, feature: [], threshold: [], left: [], right: [], leaf: [0.7] },
    ]),
  )
  expect(score(valuesOf(0.5, 2))).toBe(0.1 + 0.2 + 1 + 0.7)
  expect(score(valuesOf(0.5, 3))).toBe(0.1 + 0.2 + 2 + 0.7)
  expect(score(valuesOf(0.6, 2))).toBe(0.2 + 0.3 + 4 + 0.7)
})

test.each([
  ['a child that is an earlier split', { ...deeper, left: [1, 0] }],
  ['a leaf that is not there', { ...stump, right: [-3] }],
  ['lists of other lengths', { ...stump, threshold: [] }],
])('refuses %s', (_what, tree) => {
  expect(() => readTrees(fileOf([tree]))).toThrow('nowhere or back')
})

test('refuses trees for other features, and says what to do', () => {
  expect(() => readTrees(fileOf([stump], featureNames.toReversed()))).toThrow('train them again')
  expect(() => readTrees(fileOf([stump], featureNames.slice(1)))).toThrow('train them again')
  expect(() => readTrees(fileOf([{ ...stump, feature: [featureNames.length] }]))).toThrow('damaged')
  expect(() => readTrees(fileOf([stump])).score(new Float64Array(1))).toThrow('features are expected')
})
