import { capitalsLeft, idsLeft, missingFrom, namesLeft, numbersLeft, unitsDisagree } from '../reading/differences.ts'
import { isReordered, passivesDiffer } from '../reading/order.ts'
import type { Question, Word } from '../reading/question.ts'
import { smallWords } from '../reading/words/classes.ts'
import { softNegators } from '../reading/words/negators.ts'
import { compareQuestions } from './comparison.ts'
import type { Comparison, Side } from './comparison.ts'
import type { Rarity } from './rarity.ts'
import { similarityOfLetters } from './letters.ts'
import { countInversions, keptNeighbours, longestRun, sharedBigrams } from './sequence.ts'

/** One reading of how two texts differ: a pure number, the same whichever text comes first. */
interface Feature {
  name: string
  of(pair: Comparison): number
}

/** What is measured of each side; the smaller and the larger value become features. */
const ofBothSides = (name: string, of: (side: Side, other: Side) => number): readonly Feature[] => [
  { name: `${name}.min`, of: ({ a, b }) => Math.min(of(a, b), of(b, a)) },
  { name: `${name}.max`, of: ({ a, b }) => Math.max(of(a, b), of(b, a)) },
]

const flag = (name: string, holds: (pair: Comparison) => boolean): Feature => ({
  name,
  of: (pair) => (holds(pair) ? 1 : 0),
})

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
const difference = (one: number, other: number): number => Math.abs(one - other)

const rarest = (side: Side, words: Side['left']): number => Math.max(0, ...words.map((word) => side.rarityOf([word])))

/** How many small words of a class stand in one text only, counted as often as they stand there. */
const exchanged = ({ a, b }: Comparison, of: ReadonlySet<string>): number => {
  const balance = new Map<string, number>()
  for (const [words, step] of [
    [a.words, 1],
    [b.words, -1],
  ] as const)
    for (const { text } of words) if (of.has(text)) balance.set(text, (balance.get(text) ?? 0) + step)
  let sum = 0
  for (const count of balance.values()) sum += Math.abs(count)
  return sum
}

const exact: readonly Feature[] = [
  ...ofBothSides('numbers.left', (side, other) => numbersLeft(side.question, other.question).length),
  {
    name: 'numbers.shared',
    of: ({ a, b }) => a.question.quantities.length - numbersLeft(a.question, b.question).length,
  },
  flag('units.disagree', ({ a, b }) => unitsDisagree(a.question, b.question) !== null),
  ...ofBothSides('ids.left', (side, other) => idsLeft(side.question, other.question).length),
  ...ofBothSides('capitals.left', (side, other) => capitalsLeft(side.question, other.question).length),
  ...ofBothSides('names.left', (side, other) => namesLeft(side.question, other.question).length),
  {
    name: 'names.shared',
    of: ({ matching, a, b }) =>
      matching.matched.filter((match) => a.words[match.a]?.isName || b.words[match.b]?.isName).length,
  },
  ...ofBothSides('symbols.left', (side, other) => missingFrom(other.question.symbols, side.question.symbols).length),
]

const polarity: readonly Feature[] = [
  flag('negations.parity', ({ turns }) => turns.isNegated),
  { name: 'negations.difference', of: ({ a, b }) => difference(a.question.negations, b.question.negations) },
  { name: 'negations.max', of: ({ a, b }) => Math.max(a.question.negations, b.question.negations) },
  {
    name: 'negations.soft',
    of: ({ a, b }) => difference(countOf(a.words, softNegators), countOf(b.words, softNegators)),
  },
  { name: 'opposites', of: ({ turns }) => turns.opposites.length },
  { name: 'opposites.prefixed', of: ({ turns }) => turns.prefixed.length },
  { name: 'opposites.balanced', of: ({ turns }) => turns.balanced.length },
]

const countOf = (words: readonly Word[], of: ReadonlySet<string>): number =>
  words.filter(({ text }) => of.has(text)).length

const asked: readonly Feature[] = [
  flag('asks.same', ({ a, b }) => a.question.asks !== null && a.question.asks === b.question.asks),
  flag(
    'asks.other',
    ({ a, b }) => a.question.asks !== null && b.question.asks !== null && a.question.asks !== b.question.asks,
  ),
  flag('asks.one', ({ a, b }) => (a.question.asks === null) !== (b.question.asks === null)),
  flag('asks.same-first-word', ({ a, b }) => a.words[0]?.text === b.words[0]?.text),
  ...Object.entries(smallWords).map(([name, words]) => ({
    name: `small.${name}`,
    of: (pair: Comparison) => exchanged(pair, words),
  })),
]

const left: readonly Feature[] = [
  ...ofBothSides('left.words', (side) => side.left.length),
  ...ofBothSides('left.content', (side) => side.leftContent.length),
  ...ofBothSides('left.rarity', (side) => side.rarityOf(side.leftContent)),
  ...ofBothSides('left.rarest', (side) => rarest(side, side.leftContent)),
  ...ofBothSides('left.share', (side) => share(side.rarityOf(side.leftContent), side.rarityOf(side.content))),
  ...ofBothSides('left.meaning', (side) => side.rarityOf(side.leftMeaning)),
  ...ofBothSides('left.meaning-rarest', (side) => rarest(side, side.leftMeaning)),
  ...ofBothSides('left.meaning-share', (side) => share(side.rarityOf(side.leftMeaning), side.rarityOf(side.content))),
  ...ofBothSides('left.letters', (side, other) => similarityOfLetters(side.leftMeaning, other.leftMeaning)),
]

const overlap: readonly Feature[] = [
  {
    name: 'overlap.rarity',
    of: ({ a, b, matchedContent }) => {
      const matched = a.rarityOf(matchedContent.flatMap((match) => a.words[match.a] ?? []))
      return share(matched, matched + a.rarityOf(a.leftContent) + b.rarityOf(b.leftContent))
    },
  },
  {
    name: 'overlap.content',
    of: ({ a, b, matchedContent }) =>
      share(matchedContent.length, matchedContent.length + a.leftContent.length + b.leftContent.length),
  },
  {
    name: 'overlap.words',
    of: ({ a, b, matching: { matched } }) => share(matched.length, matched.length + a.left.length + b.left.length),
  },
  { name: 'overlap.forms', of: ({ matching }) => matching.matched.filter(({ kind }) => kind === 'form').length },
  { name: 'overlap.slips', of: ({ matching }) => matching.matched.filter(({ kind }) => kind === 'slip').length },
  { name: 'overlap.bigrams', of: ({ a, b }) => sharedBigrams(a.words, b.words) },
  {
    name: 'overlap.meanings',
    of: ({ a, b }) =>
      Math.min(a.leftContent.length - a.leftMeaning.length, b.leftContent.length - b.leftMeaning.length),
  },
  ...ofBothSides('length', (side) => side.words.length),
  {
    name: 'length.ratio',
    of: ({ a, b }) => share(Math.min(a.words.length, b.words.length), Math.max(a.words.length, b.words.length)),
  },
  { name: 'length.content', of: ({ a, b }) => difference(a.content.length, b.content.length) },
  { name: 'length.sentences', of: ({ a, b }) => difference(a.question.sentences, b.question.sentences) },
]

const order: readonly Feature[] = [
  { name: 'order.inversions', of: ({ matchedContent }) => countInversions(matchedContent) },
  {
    name: 'order.inversions-share',
    of: ({ matchedContent: { length }, matchedContent }) =>
      share(countInversions(matchedContent), (length * (length - 1)) / 2),
  },
  flag('order.same-bag', ({ a, b }) => a.leftContent.length + b.leftContent.length === 0),
  flag('order.reordered', ({ a, b }) => isReordered(a.question, b.question)),
  { name: 'order.neighbours', of: ({ matching: { matched } }) => keptNeighbours(matched) },
  flag('order.passive', ({ a, b }) => passivesDiffer(a.question, b.question)),
  ...ofBothSides('order.run-left', ({ words, left: without }) => longestRun(words, without)),
]

const features: readonly Feature[] = [...exact, ...polarity, ...asked, ...left, ...overlap, ...order]

/** The features' names, in their order. Trees that were trained with another list are refused. */
export const featureNames: readonly string[] = ['cosine', ...features.map(({ name }) => name)]

/** Cosines of the same vectors differ in their last bits with the way they are added up; this grid is far finer than any threshold. */
const cosineSteps = 4_096

/**
 * Reads how two texts differ, as numbers in the order of `featureNames`; the same for (a, b) and (b, a), and on every machine to the
 * last bit: nothing is used but whole numbers, multiples of 1/16, and one division each.
 */
export const pairFeatures = (a: Question, b: Question, cosine: number, rarity: Rarity): Float64Array => {
  const pair = compareQuestions(a, b, rarity)
  return Float64Array.of(Math.round(cosine * cosineSteps) / cosineSteps, ...features.map((feature) => feature.of(pair)))
}
