import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readQuestion } from '../../src/cache/reading/question.ts'
import { featureNames, pairFeatures } from '../../src/cache/verify/features.ts'
import { readRarity } from '../../src/cache/verify/rarity.ts'
import { sentences } from '../../test/cache/verify/sentences.ts'

/**
 * `node scripts/train/fixture.ts` freezes what is read of each pair of the test's sentences, so that a change of any feature is seen.
 * The cosines are made up: no encoder is needed to check this.
 */
const root = path.resolve(import.meta.dirname, '../..')
const rarity = readRarity(readFileSync(path.join(root, 'models/near-verifier/rarity.bin')))
const pairs = sentences.flatMap((a, at) =>
  sentences.slice(at + 1).map((b, step) => {
    const cosine = 1 / (step + 2)
    return { a, b, cosine, features: [...pairFeatures(readQuestion(a), readQuestion(b), cosine, rarity)] }
  }),
)
const lines = pairs.map((pair) => JSON.stringify(pair)).join(',\n')
writeFileSync(
  path.join(root, 'test/cache/verify/fixture.json'),
  `{"names":${JSON.stringify(featureNames)},"pairs":[\n${lines}\n]}\n`,
)
