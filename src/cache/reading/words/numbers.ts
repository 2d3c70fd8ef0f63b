import { wordsOf } from './list.ts'

const small = wordsOf(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
)
const ordinals = wordsOf(
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth',
)
const tens = wordsOf('twenty thirty forty fifty sixty seventy eighty ninety')

/** Numbers below a hundred by their words. */
export const unitsByWord: ReadonlyMap<string, number> = new Map([
  ...small.map((word, value) => [word, value] as const),
  ...tens.map((word, at) => [word, (at + 2) * 10] as const),
])

/** The place in a row, by its word; "second" may also be a time. */
export const ordinalsByWord: ReadonlyMap<string, number> = new Map([
  ...ordinals.map((word, value) => [word, value] as const),
  ...tens.map((word, at) => [`${word.slice(0, -1)}ieth`, (at + 2) * 10] as const),
])

/** What a number before it is multiplied by. */
export const multipliers: ReadonlyMap<string, number> = new Map([
  ['hundred', 100],
  ['dozen', 12],
  ['dozens', 12],
  ['thousand', 1_000],
  ['grand', 1_000],
  ['lakh', 100_000],
  ['lakhs', 100_000],
  ['lac', 100_000],
  ['lacs', 100_000],
  ['million', 1_000_000],
  ['millions', 1_000_000],
  ['crore', 10_000_000],
  ['crores', 10_000_000],
  ['billion', 1_000_000_000],
  ['billions', 1_000_000_000],
  ['trillion', 1_000_000_000_000],
  ['trillions', 1_000_000_000_000],
])

/** Parts and multiples that are said in one word. "x" marks a multiple: twice is not two. */
export const multiples: ReadonlyMap<string, string> = new Map([
  ['half', '0.5'],
  ['halves', '0.5'],
  ['halved', '0.5'],
  ['quarter', '0.25'],
  ['quarters', '0.25'],
  ['once', '1x'],
  ['twice', '2x'],
  ['double', '2x'],
  ['doubled', '2x'],
  ['doubles', '2x'],
  ['thrice', '3x'],
  ['triple', '3x'],
  ['tripled', '3x'],
  ['quadruple', '4x'],
  ['quadrupled', '4x'],
])

/** Roman numerals of two letters and more: World War II, Type IV. */
export const romanNumerals: ReadonlyMap<string, number> = new Map(
  wordsOf('II III IV VI VII VIII IX XI XII XIII XIV XV XVI XVII XVIII XIX XX').map((numeral) => [
    numeral,
    romanValue(numeral),
  ]),
)

function romanValue(numeral: string): number {
  const values = Array.from(numeral, (letter) => ({ I: 1, V: 5, X: 10 })[letter] ?? 0)
  return values.reduce((sum, value, at) => sum + (value < (values[at + 1] ?? 0) ? -value : value), 0)
}
