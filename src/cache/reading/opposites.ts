import type { Question, Word } from './question.ts'
import { oppositesOf, particles } from './words/antonyms.ts'
import { setOf } from './words/list.ts'
import { falseOpposites, negativePrefixes, negativeSuffixes } from './words/negators.ts'

type Pair = readonly [mine: string, theirs: string]

/** How two texts turn each other around. */
export interface Turns {
  /** What is left of one is the opposite of what is left of the other: buy, sell. */
  opposites: readonly Pair[]
  /** A word and the same word turned by its beginning or end: possible, impossible; useful, useless. */
  prefixed: readonly Pair[]
  /** Opposites that are turned back by the word before them: "not good" and "bad", "more patient" and "less impatient". */
  balanced: readonly Pair[]
  /** Whether one text is negated once more often, with all that turns and turns back counted. */
  isNegated: boolean
}

/** What turns one text into the opposite of the other, read of the words that only one of them has. */
export const turnsBetween = (a: Question, b: Question): Turns => {
  const pairs = pairsOf(a, b)
  let negations = a.negations + b.negations
  let gradesTurn = false
  const found: { [kind in Kind | 'balanced']: Pair[] } = { opposites: [], prefixed: [], balanced: [] }
  for (const { kind, mine, theirs } of pairs) {
    const words: Pair = [a.words[mine]?.text ?? '', b.words[theirs]?.text ?? '']
    const byNegators = isTurnedBy(a.words, mine, plainNegators) !== isTurnedBy(b.words, theirs, plainNegators)
    const byGrades = isTurnedBy(a.words, mine, smallGrades) !== isTurnedBy(b.words, theirs, smallGrades)
    const isBalanced = byNegators !== byGrades
    found[isBalanced ? 'balanced' : kind].push(words)
    gradesTurn ||= byGrades
    // The negator of "not good" is already counted, and so it is made up for by its opposite.
    if (kind === 'prefixed') negations += byGrades ? 2 : 1
    else if (isBalanced && byNegators) negations += 1
  }
  return {
    ...found,
    opposites: found.opposites.filter(([mine, theirs]) => !(gradesTurn && grades.has(mine) && grades.has(theirs))),
    isNegated: negations % 2 === 1,
  }
}

const plainNegators = setOf('not never no')
const smallGrades = setOf('less least fewer')
const grades = setOf('more most less least fewer')
const between = setOf('a an the very so too really that as')

/** Whether the word before, over articles and "very", is one of these. */
const isTurnedBy = (words: readonly Word[], at: number, turning: ReadonlySet<string>): boolean => {
  let before = at - 1
  while (between.has(words[before]?.text ?? '')) before -= 1
  return turning.has(words[before]?.text ?? '')
}

type Kind = 'opposites' | 'prefixed'

interface Found {
  kind: Kind
  /** Places of the two words. */
  mine: number
  theirs: number
}

/** Each word of a with the first opposite in b that is not taken. */
const pairsOf = (a: Question, b: Question): readonly Found[] => {
  const found: Found[] = []
  const taken = new Set<number>()
  const others = placesLeft(b, a)
  if (others.length === 0) return found
  for (const mine of placesLeft(a, b))
    for (const theirs of others) {
      const kind = taken.has(theirs) ? null : kindOf(a.words, mine, b.words, theirs)
      if (kind === null) continue
      taken.add(theirs)
      found.push({ kind, mine, theirs })
      break
    }
  return found
}

const placesLeft = ({ words }: Question, { vocabulary }: Question): readonly number[] =>
  [...words.keys()].filter((at) => {
    const word = words[at]
    return word !== undefined && !vocabulary.has(word.text) && !vocabulary.has(word.stem)
  })

const kindOf = (words: readonly Word[], at: number, others: readonly Word[], place: number): Kind | null => {
  const [one, other] = [words[at], others[place]]
  if (!one || !other) return null
  if (isTurned(one.text, other.text) || isTurned(other.text, one.text)) return 'prefixed'
  if (!areOpposites(one, other)) return null
  if (!particles.has(one.text) || !particles.has(other.text)) return 'opposites'
  const isBesideSame = (step: number): boolean => {
    const [mine, theirs] = [words[at + step], others[place + step]]
    return mine !== undefined && mine.stem === theirs?.stem
  }
  return isBesideSame(-1) || isBesideSame(1) ? 'opposites' : null
}

const areOpposites = (one: Word, other: Word): boolean => {
  const [known, knownByStem] = [oppositesOf(one.text), oppositesOf(one.stem)]
  return [known, knownByStem].some((words) => words !== undefined && (words.has(other.text) || words.has(other.stem)))
}

const isTurned = (turned: string, plain: string): boolean => {
  if (plain.length < 4 || falseOpposites.has(turned)) return false
  if (negativePrefixes.some((prefix) => turned === prefix + plain)) return true
  return negativeSuffixes.some(
    ([ending, instead]) =>
      turned.endsWith(ending) && instead.some((end) => plain === turned.slice(0, -ending.length) + end),
  )
}
