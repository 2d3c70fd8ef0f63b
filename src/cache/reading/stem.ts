import { baseOf } from './words/irregular.ts'

/** A letter that English doubles before -ing and -ed; "ll" and "ss" end many words by themselves. */
const doubled = /([bdfgklmnprtvz])\1$/u

/**
 * An English word without its ending: plural, -ing, -ed, -ly. Crude on purpose: two words with one stem are taken for forms of the same
 * word, and whatever is left together wrongly is seen by the guards in other ways.
 */
export const stemOf = (word: string): string => {
  if (word.length < 4 || !/^[a-z]+(?:'s)?$/u.test(word)) return word.endsWith("'s") ? word.slice(0, -2) : word
  const base = baseOf(word.endsWith("'s") ? word.slice(0, -2) : word)
  return withoutFinalVowel(withoutEnding(base))
}

const withoutEnding = (word: string): string => {
  if (word.length > 4 && (word.endsWith('ies') || word.endsWith('ied'))) return `${word.slice(0, -3)}y`
  if (word.endsWith('ss') || word.endsWith('us') || word.endsWith('is')) return word
  for (const ending of ['ingly', 'edly', 'ings', 'ing', 'ed', 'ly', 's']) {
    if (!word.endsWith(ending) || word.length - ending.length < 3) continue
    const stem = word.slice(0, -ending.length)
    if (ending === 's' && /(?:sh|ch|x|ss|z)e$/u.test(stem)) return stem.slice(0, -1)
    return ending === 'ing' || ending === 'ings' || ending === 'ed'
      ? doubled.test(stem)
        ? stem.slice(0, -1)
        : stem
      : stem
  }
  return word
}

const withoutFinalVowel = (stem: string): string => {
  if (stem.length > 3 && stem.endsWith('e')) return stem.slice(0, -1)
  return stem.length > 3 && stem.endsWith('y') ? `${stem.slice(0, -1)}i` : stem
}
