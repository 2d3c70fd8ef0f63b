import type { ModelCard } from '../contract/model.ts'

/** Weight of the newest reply in the running mean. */
const newestWeight = 0.1

/** Shorter requests say little: what the provider wraps around the messages outweighs them. */
const minTokensToLearn = 50

/** No vocabulary is this far from o200k; beyond, one of the two counts is wrong. */
const lowest = 0.5
const highest = 3

/** Models remembered; names that callers make up must not fill the memory. */
const maxModels = 5_000

export interface TokenFactors {
  /** How many of the model's tokens one of ours is. */
  factor(card: ModelCard): number
  /** Compares our own count of a request, before any factor, with the provider's. */
  learn(card: ModelCard, ours: number, theirs: number): void
}

/**
 * What a model's tokens are in ours: a running (exponentially weighted) mean of provider's count / our count, which
 * starts from the card's guess. There is no public tokenizer for most vendors; their own usage is exact in the mean.
 */
export const createTokenFactors = (): TokenFactors => {
  const learned = new Map<string, number>()
  const factor = (card: ModelCard): number => learned.get(card.key) ?? card.tokenFactor

  return {
    factor,
    learn: (card, ours, theirs) => {
      if (ours < minTokensToLearn || theirs <= 0) return
      const ratio = Math.min(highest, Math.max(lowest, theirs / ours))
      const old = factor(card)
      // Set anew, so that the map's order is from the least to the most recently used.
      learned.delete(card.key)
      learned.set(card.key, old + newestWeight * (ratio - old))
      const oldest = learned.keys().next()
      if (learned.size > maxModels && oldest.done !== true) learned.delete(oldest.value)
    },
  }
}
