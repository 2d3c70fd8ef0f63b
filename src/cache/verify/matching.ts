import type { Question, Word } from '../reading/question.ts'
import { isSlip, isSlipInName } from '../reading/slips.ts'
import { oppositesOf } from '../reading/words/antonyms.ts'

export type MatchKind = 'same' | 'form' | 'slip'

/** Which words of two texts stand for each other, and what is left on either side. */
export interface Matching {
  /** In the order of a's words. */
  matched: readonly Match[]
  /** Places of a's words without a counterpart. */
  leftA: readonly number[]
  leftB: readonly number[]
}

export interface Match {
  a: number
  b: number
  kind: MatchKind
}

/**
 * Pairs the words of two texts, each with at most one: first the same words, then forms of one word, then slips of the pen. The k-th
 * of several equal words goes to the k-th, so that pairing says as little as possible about order.
 */
export const matchWords = (a: Question, b: Question): Matching => {
  const partnerOfA = new Map<number, Match>()
  const takenB = new Set<number>()
  const pairUp = (kind: MatchKind, keyOf: (word: Word) => string): void => {
    const places = new Map<string, number[]>()
    for (const [at, word] of b.words.entries()) {
      if (takenB.has(at)) continue
      const known = places.get(keyOf(word))
      if (known) known.push(at)
      else places.set(keyOf(word), [at])
    }
    for (const [at, word] of a.words.entries()) {
      const place = partnerOfA.has(at) ? undefined : places.get(keyOf(word))?.shift()
      if (place === undefined) continue
      partnerOfA.set(at, { a: at, b: place, kind })
      takenB.add(place)
    }
  }
  pairUp('same', (word) => word.text)
  pairUp('form', (word) => word.stem)
  for (const [at, word] of a.words.entries()) {
    if (partnerOfA.has(at)) continue
    const place = b.words.findIndex((other, index) => !takenB.has(index) && areSlips(word, other, a, b))
    if (place < 0) continue
    partnerOfA.set(at, { a: at, b: place, kind: 'slip' })
    takenB.add(place)
  }
  return {
    matched: [...partnerOfA.values()].sort((one, other) => one.a - other.a),
    leftA: [...a.words.keys()].filter((at) => !partnerOfA.has(at)),
    leftB: [...b.words.keys()].filter((at) => !takenB.has(at)),
  }
}

/** Acronyms are never slips of each other, and small words and opposites are words of their own. */
const areSlips = (word: Word, other: Word, a: Question, b: Question): boolean => {
  if (word.isStop || other.isStop || word.isNumber || other.isNumber) return false
  if (isAcronym(word, a) || isAcronym(other, b) || oppositesOf(word.text)?.has(other.text)) return false
  return word.isName || other.isName ? isSlipInName(word.text, other.text) : isSlip(word.text, other.text)
}

const isAcronym = ({ text }: Word, { capitals }: Question): boolean =>
  capitals.some((written) => written.toLowerCase() === text)
