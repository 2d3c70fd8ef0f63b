import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readTrees } from '../../../src/cache/verify/trees.ts'
import fixture from './fixture.json' with { type: 'json' }
import expected from './tree-logits.json' with { type: 'json' }

test('the trees that come along add up to what LightGBM says of the fixture, to the last bit', () => {
  const file = path.resolve(import.meta.dirname, '../../../models/near-verifier/trees.json')
  const { score } = readTrees(JSON.parse(readFileSync(file, 'utf8')))
  expect(expected).toHaveLength(fixture.pairs.length)
  expect(fixture.pairs.map(({ features }) => score(Float64Array.from(features)))).toEqual(expected)
})
