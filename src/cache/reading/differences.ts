import { foldCase } from './characters.ts'
import type { Question, Word } from './question.ts'
import { isSlipInName } from './slips.ts'
import { stopWords } from './words/classes.ts'
import { aliasOf } from './words/names.ts'

/** The numbers of a that b does not have, each as often as it is missing. "one" may stand for 1. */
export const numbersLeft = (a: Question, b: Question): readonly string[] => {
  const rest = b.quantities.map(({ value }) => value)
  let ones = b.ones
  return a.quantities
    .map(({ value }) => value)
    .filter((value) => {
      const at = rest.indexOf(value)
      if (at >= 0) rest.splice(at, 1)
      else if (value === '1' && ones > 0) ones -= 1
      else return true
      return false
    })
}

/** The units of one number, where both texts say one and not the same; null where they agree. */
export const unitsDisagree = (a: Question, b: Question): readonly [string, string] | null => {
  for (const { value } of a.quantities) {
    const [mine, theirs] = [a, b].map(({ quantities }) =>
      quantities.filter((quantity) => quantity.value === value && quantity.unit !== null).map(({ unit }) => unit ?? ''),
    )
    const [unit, other] = [mine?.[0], theirs?.[0]]
    if (unit !== undefined && other !== undefined && !mine?.some((one) => theirs?.includes(one)))
      return [`${value} ${unit}`, `${value} ${other}`]
  }
  return null
}

/** The ids of a that b has neither as such nor with spaces within. */
export const idsLeft = (a: Question, b: Question): readonly string[] =>
  a.ids.filter((id) => !b.ids.includes(id) && !b.joins.has(id))

/** The words in capitals of a that b does not have in any spelling, nor under another name, nor spelled out. */
export const capitalsLeft = (a: Question, b: Question): readonly string[] =>
  a.capitals.filter((written) => {
    const folded = foldCase(written)
    if (b.capitals.includes(written) || hasOtherName(folded, a, b)) return false
    // "IT" is not "it", while "SQL" may be written "sql".
    return stopWords.has(folded) || !(b.vocabulary.has(folded) || initialsOf(b).includes(folded))
  })

const initialsOf = ({ words }: Question): string =>
  words.map(({ text, isStop }) => (isStop ? '' : (text[0] ?? ''))).join('')

/** The names of a that b does not have in any form: India is in Indian, and a slip of the pen is forgiven. */
export const namesLeft = (a: Question, b: Question): readonly string[] => a.names.filter((name) => !isNamed(name, a, b))

/** A word that both texts have says itself in both: "India" is not in "Indian" where a says both. */
const isNamed = (name: string, a: Question, b: Question): boolean =>
  b.vocabulary.has(name) ||
  hasOtherName(name, a, b) ||
  b.words.some(({ text }) => !a.vocabulary.has(text) && areOneName(name, text))

const hasOtherName = (name: string, a: Question, b: Question): boolean => {
  const alias = aliasOf(name)
  return (
    alias !== undefined &&
    (b.mentions.get(alias)?.some((surface) => !a.mentions.get(alias)?.includes(surface)) ?? false)
  )
}

const areOneName = (name: string, word: string): boolean => {
  const [one, other] = [withoutOwner(name), withoutOwner(word)]
  return one === other || isFormOf(one, other) || isFormOf(other, one) || isSlipInName(one, other)
}

const withoutOwner = (name: string): string => name.replace(/'s$/u, '')

const isFormOf = (form: string, name: string): boolean =>
  name.length >= 3 && form.startsWith(name) && /^(?:s|n|an|ian|i|ese|ish)$/u.test(form.slice(name.length))

/**
 * Whether all that differs are capitalised words, on both sides. At the start of a sentence every word is capitalised, so a name there
 * is only told by this: "India has won", "Tonga has won".
 */
export const exchangedCapitals = (a: Question, b: Question): readonly [string, string] | null => {
  const [mine, theirs] = [wordsLeft(a, b), wordsLeft(b, a)].map((words) => words.filter(({ isStop }) => !isStop))
  if (!mine?.length || !theirs?.length) return null
  if (![...mine, ...theirs].every(({ isCapitalised }) => isCapitalised)) return null
  const isNew = mine.some(({ text }) => !isNamed(text, a, b)) && theirs.some(({ text }) => !isNamed(text, b, a))
  return isNew ? [mine.map(({ text }) => text).join(' '), theirs.map(({ text }) => text).join(' ')] : null
}

/** The words of a that b has neither so nor in another form. */
const wordsLeft = (a: Question, b: Question): readonly Word[] =>
  a.words.filter(({ text, stem }) => !b.vocabulary.has(text) && !b.vocabulary.has(stem))

/** The items that `there` has and `here` lacks, each as often as it is missing. */
export const missingFrom = (here: readonly string[], there: readonly string[]): readonly string[] => {
  const rest = [...here]
  return there.filter((item) => {
    const at = rest.indexOf(item)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
}
