import type { Word } from '../reading/question.ts'
import type { Match } from './matching.ts'

/** How many pairs of matched words stand in the other order. */
export const countInversions = (matches: readonly Match[]): number => {
  let inversions = 0
  for (const [at, { b }] of matches.entries())
    for (const later of matches.slice(at + 1)) if (later.b < b) inversions += 1
  return inversions
}

/** Of the pairs of neighbouring matched words in a, the share that are neighbours in b too, by the pairs of the fuller side. */
export const keptNeighbours = (matches: readonly Match[]): number => {
  const byPlaceInB = [...matches].sort((one, other) => one.b - other.b)
  const pairs = Math.max(
    matches.filter((match, at) => matches[at + 1]?.a === match.a + 1).length,
    byPlaceInB.filter((match, at) => byPlaceInB[at + 1]?.b === match.b + 1).length,
  )
  const kept = matches.filter((match, at) => {
    const next = matches[at + 1]
    return next?.a === match.a + 1 && next.b === match.b + 1
  }).length
  return pairs === 0 ? 0 : kept / pairs
}

/** Pairs of neighbouring words that both texts have, over all that any has. */
export const sharedBigrams = (words: readonly Word[], others: readonly Word[]): number => {
  const [mine, theirs] = [bigramsOf(words), bigramsOf(others)]
  const shared = [...mine].filter((bigram) => theirs.has(bigram)).length
  const all = mine.size + theirs.size - shared
  return all === 0 ? 0 : shared / all
}

const bigramsOf = (words: readonly Word[]): ReadonlySet<string> =>
  new Set(words.slice(1).map(({ stem }, at) => `${words[at]?.stem ?? ''} ${stem}`))

/** The length of the longest row of words of which none has a counterpart. */
export const longestRun = (words: readonly Word[], left: readonly Word[]): number => {
  const isLeft = new Set(left)
  let [longest, run] = [0, 0]
  for (const word of words) {
    run = isLeft.has(word) ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}
