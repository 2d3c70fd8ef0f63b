import type { ModelCard } from '../contract/model.ts'
import type { Price, PriceBook, PriceRule } from '../contract/price.ts'
import { costOf, dearestInput, isInForce, picoWithin, ratesAt, roundToNano } from './price.ts'

/** Stands for every model of its provider: a local server costs nothing, whatever it serves. */
const anyModel = '*'

/** A full date at the end of a snapshot's id. Four digits are not enough: `mistral-large-2411` is a model of its own. */
const snapshotDate = /[-@](?:\d{4}-\d{2}-\d{2}|\d{8})$/

/**
 * A price book over dated rules. A model is found by the rule's own word for it, by the names and aliases of its card,
 * without its vendor's prefix (`openai/…`), without its snapshot's date, and last by the provider's rule for any model.
 */
export const createPriceBook = (rules: readonly PriceRule[], cards: readonly ModelCard[]): PriceBook => {
  const shelves = new Map<string, Map<string, PriceRule[]>>()
  for (const rule of rules) {
    const shelf = getOrAdd(shelves, rule.provider, () => new Map<string, PriceRule[]>())
    getOrAdd(shelf, rule.model, () => []).push(rule)
  }
  for (const card of cards) {
    const shelf = shelves.get(card.provider)
    const names = [card.id, card.name, ...card.aliases]
    const priced = shelf && names.map((name) => shelf.get(name)).find((found) => found !== undefined)
    if (priced) for (const name of names) getOrAdd(shelf, name, () => priced)
  }

  const ruleFor = (provider: string, model: string, atMs: number): PriceRule | null => {
    const shelf = shelves.get(provider)
    if (!shelf) return null
    const rules =
      shelf.get(model) ??
      otherNamesOf(model)
        .map((name) => shelf.get(name))
        .find(Boolean) ??
      shelf.get(anyModel)
    return rules?.find((rule) => isInForce(rule, atMs)) ?? null
  }

  const at = (query: { provider: string; model: string; atMs: number; inputTokens: number }) => {
    const rule = ruleFor(query.provider, query.model, query.atMs)
    return rule && { priceId: rule.id, rates: ratesAt(rule, query.atMs, query.inputTokens) }
  }

  return {
    price: ({ usage, ...query }) => {
      const found = at({ ...query, inputTokens: usage.inputTokens })
      if (usage.reportedCostNanoUsd !== undefined)
        return {
          priceId: found ? `${found.priceId}+reported` : `${query.provider}/${query.model}+reported`,
          costNanoUsd: usage.reportedCostNanoUsd,
        }
      return found && { priceId: found.priceId, costNanoUsd: costOf(found.rates, usage) }
    },

    worstCase: (query): Price | null => {
      const found = at(query)
      if (!found) return null
      const { priceId, rates } = found
      const input = BigInt(query.inputTokens) * dearestInput(rates)
      return { priceId, costNanoUsd: roundToNano(input + BigInt(query.outputTokens) * rates.output) }
    },

    estimate: (query): Price | null => {
      const found = at(query)
      if (!found) return null
      const { priceId, rates } = found
      const input = BigInt(query.inputTokens) * rates.input
      return { priceId, costNanoUsd: roundToNano(input + BigInt(query.outputTokens) * rates.output) }
    },

    affordableOutputTokens: (query) => {
      const found = at(query)
      if (!found) return null
      const left = picoWithin(query.budgetNanoUsd) - BigInt(query.inputTokens) * dearestInput(found.rates)
      if (left < 0n) return 0
      if (found.rates.output === 0n) return Number.MAX_SAFE_INTEGER
      const tokens = left / found.rates.output
      return tokens > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(tokens)
    },
  }
}

/** What else the model may be called in the book, the most exact name first. */
const otherNamesOf = (model: string): string[] => {
  const undated = model.replace(snapshotDate, '')
  const bare = model.slice(model.lastIndexOf('/') + 1)
  return [undated, bare, bare.replace(snapshotDate, '')]
}

const getOrAdd = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
