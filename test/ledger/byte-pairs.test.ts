import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import fc from 'fast-check'
import { countTokens, setMergeCacheSize } from 'gpt-tokenizer/encoding/o200k_base'
import { O200K_TOKEN_SPLIT_REGEX } from 'gpt-tokenizer/encodingParams/constants'
import { describe, expect, test } from 'vitest'
import { createBytePairs, readVocabulary } from '../../src/ledger/byte-pairs.ts'
import type { Vocabulary } from '../../src/ledger/byte-pairs.ts'
import { projectRoot } from '../support/app.ts'

const o200k = readFileSync(createRequire(import.meta.url).resolve('gpt-tokenizer/data/o200k_base.tiktoken'))
const count = createBytePairs(readVocabulary(o200k), O200K_TOKEN_SPLIT_REGEX)

setMergeCacheSize(0)
const asText = { disallowedSpecial: new Set<string>() }
/** Another implementation, over the same vocabulary. */
const theirs = (text: string): number => countTokens(text, asText)

describe('against another implementation', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      "don't",
      "WE'LL",
      '1234567',
      '  \n\n  ',
      '\r\n',
      'eé',
      '的天气',
      '👩‍👩‍👧‍👦',
      '<|endoftext|>',
      '// ---',
      '\ud83d',
      'हिन्दी',
    ),
  )

  test('counts any text alike', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), fc.constantFrom('', ' ', '\n'), (words, between) => {
        const text = words.join(between)
        expect(count(text)).toBe(theirs(text))
      }),
      { numRuns: 1_000 },
    )
  })

  test.each(['README.md', 'package.json', 'src/app.ts', 'config/models.yaml', 'scripts/train/verifier/trees.py'])(
    'counts %s alike',
    (file) => {
      const text = readFileSync(path.join(projectRoot, file), 'utf8')
      expect(count(text)).toBe(theirs(text))
    },
  )

  test('counts words that are longer than any it has seen alike', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', 'Q', 'z', 'é', '的', '😀'),
      minLength: 300,
      maxLength: 900,
    })
    fc.assert(
      fc.property(letters, (text) => {
        expect(count(text)).toBe(theirs(text))
      }),
      { numRuns: 20 },
    )
  })
})

describe('a vocabulary', () => {
  const vocabularyOf = (tokens: readonly string[]): Vocabulary =>
    readVocabulary(
      Buffer.from(tokens.map((token, rank) => `${Buffer.from(token).toString('base64')} ${rank}\n`).join('')),
    )

  test('joins the pair of the lowest rank first, and of equals the first', () => {
    // "bc" before "ab", though "ab" comes first: a, bc, and then what they are together.
    const joins = createBytePairs(vocabularyOf(['a', 'b', 'c', 'bc', 'ab']), /[a-z]+/gu)
    expect(joins('abc')).toBe(2)
    expect(joins('ababab')).toBe(3)
    expect(createBytePairs(vocabularyOf(['a', 'b', 'c', 'bc', 'ab', 'abc']), /[a-z]+/gu)('abc')).toBe(1)
  })

  test('keeps a token within its piece', () => {
    const letters = createBytePairs(vocabularyOf(['a', 'b', 'ab']), /[a-z]/gu)
    expect(letters('abab')).toBe(4)
  })

  test.each([
    ['a rank that is not its line', 'YQ== 0\nYg== 2\n'],
    ['no rank', 'YQ== 0\nYg==\n'],
    ['no bytes', 'YQ== 0\n 1\n'],
    ['what is not base64', 'YQ== 0\nY*== 1\n'],
  ])('with %s is refused, with its line', (_case, text) => {
    expect(() => readVocabulary(Buffer.from(text))).toThrow('line 2 of the vocabulary')
  })
})
