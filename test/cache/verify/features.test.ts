import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readQuestion } from '../../../src/cache/reading/question.ts'
import { featureNames, pairFeatures } from '../../../src/cache/verify/features.ts'
import { countRarity, readRarity } from '../../../src/cache/verify/rarity.ts'
import fixture from './fixture.json' with { type: 'json' }
import { sentences } from './sentences.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const rarity = readRarity(readFileSync(path.join(root, 'models/near-verifier/rarity.bin')))
const read = (a: string, b: string, cosine = 0.5): readonly number[] => [
  ...pairFeatures(readQuestion(a), readQuestion(b), cosine, rarity),
]

test('reads every pair of the fixture to the last bit; node scripts/train/fixture.ts freezes a wanted change', () => {
  expect(featureNames).toEqual(fixture.names)
  for (const { a, b, cosine, features } of fixture.pairs) expect(read(a, b, cosine), `${a} | ${b}`).toEqual(features)
})

const text = fc.oneof(fc.constantFrom(...sentences), fc.string({ unit: 'grapheme', maxLength: 40 }))

test('reads a pair alike in both directions, and always in finite numbers', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const features = read(a, b)
      expect(read(b, a)).toEqual(features)
      expect(features.every(Number.isFinite)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('finds nothing left between a text and itself', () => {
  for (const sentence of sentences) {
    const features = read(sentence, sentence, 1)
    for (const [at, name] of featureNames.entries())
      if (name.includes('left.') && !name.includes('letters')) expect(features[at], name).toBe(0)
  }
})

test('counts each text once for how rare a word is, and keeps no word of it', () => {
  const table = countRarity(['the cat', 'the dog', 'the the fish'])
  const { texts, of } = readRarity(table)
  const bucketOf = (word: string): number => readQuestion(word).words[0]?.bucket ?? 0
  expect(texts).toBe(3)
  expect(of(bucketOf('the'))).toBe(0)
  // ln(4 / 2) on a grid of sixteenths.
  expect(of(bucketOf('cat'))).toBe(Math.round(16 * Math.log(2)) / 16)
  expect(of(bucketOf('bird'))).toBe(Math.round(16 * Math.log(4)) / 16)
  expect(() => readRarity(table.subarray(1))).toThrow('no table of rarity')
})
