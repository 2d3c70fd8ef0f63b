import type { Word } from './question.ts'
import { oppositesOf } from './words/antonyms.ts'
import { falseOpposites, negativePrefixes, negativeSuffixes } from './words/negators.ts'

/** Pairs of opposites, one word from each side: "buy" and "sell". Made by a prefix (likely, unlikely) they are not counted here. */
export const oppositesIn = (words: readonly Word[], others: readonly Word[]): readonly (readonly [string, string])[] =>
  pairsIn(words, others, areOpposites)

/** Pairs of a word and the same word turned around by its beginning or end: possible, impossible; useful, useless. */
export const prefixedIn = (words: readonly Word[], others: readonly Word[]): readonly (readonly [string, string])[] =>
  pairsIn(words, others, (one, other) => isTurned(one.text, other.text) || isTurned(other.text, one.text))

const pairsIn = (
  words: readonly Word[],
  others: readonly Word[],
  areFound: (one: Word, other: Word) => boolean,
): readonly (readonly [string, string])[] => {
  const found: [string, string][] = []
  const taken = new Set<Word>()
  for (const one of words) {
    const other = others.find((word) => !taken.has(word) && areFound(one, word))
    if (!other) continue
    taken.add(other)
    found.push([one.text, other.text])
  }
  return found
}

const areOpposites = (one: Word, other: Word): boolean => {
  if (isTurned(one.text, other.text) || isTurned(other.text, one.text)) return false
  const [known, knownByStem] = [oppositesOf(one.text), oppositesOf(one.stem)]
  return Boolean(
    known?.has(other.text) || known?.has(other.stem) || knownByStem?.has(other.text) || knownByStem?.has(other.stem),
  )
}

const isTurned = (turned: string, plain: string): boolean => {
  if (plain.length < 4 || turned.length <= plain.length - 1 || falseOpposites.has(turned)) return false
  if (negativePrefixes.some((prefix) => turned === prefix + plain)) return true
  return negativeSuffixes.some(
    ([ending, instead]) =>
      turned.endsWith(ending) && instead.some((end) => plain === turned.slice(0, -ending.length) + end),
  )
}
