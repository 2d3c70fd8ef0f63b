import type { Word } from '../reading/question.ts'

/**
 * How alike the most alike word on the other side is written, for the word that finds the least alike: shared pairs of letters, twice
 * over all (Dice's coefficient). 1 where nothing is left, 0 where something is left and nothing on the other side.
 */
export const similarityOfLetters = (words: readonly Word[], others: readonly Word[]): number => {
  let least = 1
  for (const { text } of words) {
    let best = 0
    for (const other of others) best = Math.max(best, alike(text, other.text))
    least = Math.min(least, best)
  }
  return least
}

const alike = (one: string, other: string): number => {
  const pairs = pairsOf(one)
  const rest = pairsOf(other)
  const total = pairs.length + rest.length
  if (total === 0) return one === other ? 1 : 0
  let shared = 0
  for (const pair of pairs) {
    const at = rest.indexOf(pair)
    if (at < 0) continue
    rest.splice(at, 1)
    shared += 1
  }
  return (2 * shared) / total
}

const pairsOf = (word: string): string[] =>
  Array.from({ length: Math.max(0, word.length - 1) }, (_, at) => word.slice(at, at + 2))
