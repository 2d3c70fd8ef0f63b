import { z } from 'zod'
import { featureNames } from './features.ts'

/** Adds up what every tree says of a pair's features: the logit of "the answer to one is right for the other". */
export interface Trees {
  /** What they were trained on and how, in words; for the operator to read. */
  provenance: string
  /** @throws RangeError for features of another number */
  score(features: Float64Array): number
}

/**
 * One tree, as LightGBM numbers it: split i asks whether features[feature[i]] <= threshold[i] and goes on at left[i] or right[i]; a
 * child below zero is the leaf ~child. A tree without splits is its one leaf. The children of a split come after it, so that every
 * walk ends.
 */
const treeSchema = z
  .object({
    feature: z.array(z.int().nonnegative()),
    threshold: z.array(z.number()),
    left: z.array(z.int()),
    right: z.array(z.int()),
    leaf: z.array(z.number()).nonempty(),
  })
  .refine(
    ({ feature, threshold, left, right, leaf }) =>
      [feature, threshold, left, right].every(({ length }) => length === leaf.length - 1) &&
      [left, right].every((children) =>
        children.every((child, at) => (child < 0 ? ~child < leaf.length : child > at && child < feature.length)),
      ),
    'a tree whose splits lead nowhere or back',
  )

const treesSchema = z.object({
  format: z.literal('near-verifier-trees/1'),
  provenance: z.string().default(''),
  features: z.array(z.string()),
  trees: z.array(treeSchema),
})

type Tree = z.output<typeof treeSchema>

/**
 * Reads `models/near-verifier/trees.json`.
 * @throws ZodError for another form, Error where the trees were trained on other features than this version reads
 */
export const readTrees = (json: unknown): Trees => {
  const { provenance, features, trees } = treesSchema.parse(json)
  const wrong = features.findIndex((name, at) => name !== featureNames[at])
  if (features.length !== featureNames.length || wrong >= 0)
    throw new Error(
      `The trees were trained on other features (${features.length}, here ${featureNames.length}; the first that differs: ` +
        `${features[wrong] ?? 'none'}): train them again with this version's scripts/train/features.ts`,
    )
  if (trees.some(({ feature }) => feature.some((at) => at >= features.length)))
    throw new Error('A tree asks for a feature that there is not: the file is damaged')
  return {
    provenance,
    score: (values) => {
      if (values.length !== features.length)
        throw new RangeError(`${features.length} features are expected, not ${values.length}`)
      let sum = 0
      // In the order of the trees, as LightGBM adds: another order would round otherwise.
      for (const tree of trees) sum += leafOf(tree, values)
      return sum
    },
  }
}

const leafOf = ({ feature, threshold, left, right, leaf }: Tree, values: Float64Array): number => {
  let at = leaf.length === 1 ? -1 : 0
  while (at >= 0) {
    const value = values[feature[at] ?? 0] ?? 0
    at = (value <= (threshold[at] ?? 0) ? left[at] : right[at]) ?? -1
  }
  return leaf[~at] ?? 0
}
