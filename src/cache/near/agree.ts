import type { CachedAnswer } from '../../contract/store.ts'
import { canonicalJson } from '../../lib/canonical.ts'
import { canonicalText } from '../canonical.ts'

/** Whether two answers say the same. `unclear`: two long texts can do so in many ways, and letters alone do not tell. */
export type Agreement = 'agree' | 'differ' | 'unclear'

/** The text of an answer's only choice. */
export const textOf = ({ events }: Pick<CachedAnswer, 'events'>): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')

/** Longest answer that is compared word by word. */
const shortWords = 12

/** What letters tell: of short answers and of JSON everything, of long ones only that they are the same. */
export const compareTexts = (one: string, other: string): Agreement => {
  const [a, b] = [canonicalText(one), canonicalText(other)]
  if (a === b) return 'agree'
  const [jsonA, jsonB] = [jsonOf(one), jsonOf(other)]
  if (jsonA !== null && jsonB !== null) return jsonA === jsonB ? 'agree' : 'differ'
  const [wordsA, wordsB] = [wordsOf(a), wordsOf(b)]
  if (Math.min(wordsA.length, wordsB.length) > shortWords) return 'unclear'
  // "Paris" and "The capital of France is Paris."
  const [few, many] = wordsA.length <= wordsB.length ? [wordsA, new Set(wordsB)] : [wordsB, new Set(wordsA)]
  const content = few.filter((word) => word.length > 3 || /\d/u.test(word))
  const said = content.length > 0 ? content : few
  // Of nothing, or of signs alone, everything would be in the other.
  if (said.length === 0) return 'differ'
  const shared = said.filter((word) => many.has(word)).length
  if (shared === said.length) return haveOtherNumbers(a, b) ? 'differ' : 'agree'
  return shared * 2 <= said.length || haveOtherNumbers(a, b) ? 'differ' : 'unclear'
}

/** Cosines of two answers' vectors from which on they say the same, and below which they do not. */
const alike = 0.85
const apart = 0.5

/** The same, with the vectors of both answers where letters do not tell. */
export const compareAnswers = async (
  one: string,
  other: string,
  cosineOf: (one: string, other: string) => Promise<number | null>,
): Promise<Agreement> => {
  const byLetters = compareTexts(one, other)
  if (byLetters !== 'unclear') return byLetters
  const cosine = await cosineOf(one, other)
  if (cosine === null) return 'unclear'
  if (cosine < apart) return 'differ'
  return cosine >= alike && !haveOtherNumbers(one, other) ? 'agree' : 'unclear'
}

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? []

/** Both have numbers, and neither has all of the other's. */
const haveOtherNumbers = (one: string, other: string): boolean => {
  const [a, b] = [numbersIn(one), numbersIn(other)]
  return a.size > 0 && b.size > 0 && !a.isSubsetOf(b) && !b.isSubsetOf(a)
}

const numbersIn = (text: string): Set<string> =>
  new Set((text.match(/\d+(?:[.,]\d+)*/gu) ?? []).map((number) => number.replaceAll(',', '')))

const jsonOf = (text: string): string | null => {
  if (!/^\s*[[{]/u.test(text)) return null
  try {
    const value: unknown = JSON.parse(text)
    return canonicalJson(value)
  } catch {
    return null
  }
}
