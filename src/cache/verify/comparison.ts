import { turnsBetween } from '../reading/opposites.ts'
import type { Turns } from '../reading/opposites.ts'
import type { Question, Word } from '../reading/question.ts'
import { meaningOf } from '../reading/words/synonyms.ts'
import { matchWords } from './matching.ts'
import type { Match, Matching } from './matching.ts'
import type { Rarity } from './rarity.ts'

/** Two texts side by side, with what several features need. The sides are in an order of their own, so nothing hangs on the caller's. */
export interface Comparison {
  a: Side
  b: Side
  matching: Matching
  turns: Turns
  /** Matched words that carry matter, in a's order. */
  matchedContent: readonly Match[]
}

export interface Side {
  question: Question
  words: readonly Word[]
  /** Words without a counterpart. */
  left: readonly Word[]
  /** Of those, the ones that carry matter. */
  leftContent: readonly Word[]
  /** Of those, the ones for which the other side has no word of like meaning. */
  leftMeaning: readonly Word[]
  content: readonly Word[]
  rarityOf(words: readonly Word[]): number
}

export const compareQuestions = (one: Question, other: Question, rarity: Rarity): Comparison => {
  const [a, b] = isBefore(other.words, one.words) ? [other, one] : [one, other]
  const matching = matchWords(a, b)
  const leftA = pick(a.words, matching.leftA)
  const leftB = pick(b.words, matching.leftB)
  return {
    a: sideOf(a, leftA, b, rarity),
    b: sideOf(b, leftB, a, rarity),
    matching,
    turns: turnsBetween(a, b),
    matchedContent: matching.matched.filter((match) => isContent(a.words[match.a])),
  }
}

const sideOf = (question: Question, left: readonly Word[], other: Question, rarity: Rarity): Side => {
  const leftContent = left.filter(isContent)
  const meanings = new Set(other.words.map(({ text, stem }) => meaningOf(text, stem)))
  const isSaid = ({ text, stem }: Word): boolean => {
    const meaning = meaningOf(text, stem)
    return meaning !== undefined && meanings.has(meaning)
  }
  return {
    question,
    words: question.words,
    left,
    leftContent,
    leftMeaning: leftContent.filter((word) => !isSaid(word)),
    content: question.words.filter(isContent),
    rarityOf: (words) => words.reduce((sum, { bucket }) => sum + rarity.of(bucket), 0),
  }
}

const isContent = (word: Word | undefined): boolean => word !== undefined && !word.isStop && !word.isNegator

const pick = (words: readonly Word[], places: readonly number[]): readonly Word[] =>
  places.flatMap((place) => words[place] ?? [])

const isBefore = (one: readonly Word[], other: readonly Word[]): boolean => {
  for (const [at, { text }] of one.entries()) {
    const against = other[at]?.text
    if (against === undefined) return false
    if (text !== against) return text < against
  }
  return one.length < other.length
}
