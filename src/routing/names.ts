import type { ModelChoice } from '../contract/chat.ts'
import { didYouMean } from '../contract/did-you-mean.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ModelCard } from '../contract/model.ts'
import { createLru } from '../lib/lru.ts'

/** The cards that a name means. */
export interface Found {
  /** The rows that the name says: first in line. */
  asked: readonly ModelCard[]
  /** Other rows of the same model. */
  others: readonly ModelCard[]
}

export interface Names {
  /**
   * Every row that a choice means; names are compared without regard to case.
   * @throws GatewayError model_not_found, naming `param`
   */
  find(choice: ModelChoice, param?: string): Found
  /** The same, null where nothing is called that. */
  look(choice: ModelChoice): Found | null
}

/** Longest part of an unknown name that is repeated, and compared with the known. */
const longestShown = 100
const namesSuggested = 3
const namesRemembered = 1_000

/** Resolves names of models against the catalogue of the moment. */
export const createNames = (parts: {
  cards: () => readonly ModelCard[]
  /** A row that no file describes, at a provider that exists; null where there is no such provider. */
  uncharted: (provider: string, id: string) => ModelCard | null
  aliases: Readonly<Record<string, string>>
}): Names => {
  const aliases = new Map(Object.entries(parts.aliases).map(([alias, target]) => [alias.toLowerCase(), target]))
  const catalogue = remember(parts.cards, indexCards)

  const look = (choice: ModelChoice): Found | null => {
    const { found } = catalogue().seen.get(keyOf(choice), () => ({ found: search(choice) }))
    return found
  }

  const search = (choice: ModelChoice): Found | null => {
    const { all, byName, providers } = catalogue()
    if (choice.kind === 'auto')
      return { asked: choice.provider === undefined ? all : all.filter(isAt(choice.provider)), others: [] }
    const asked = called(choice.model, choice.provider) ?? undated(choice.model, choice.provider)
    if (asked !== null) {
      const sameModel = asked.flatMap(({ name }) => byName.get(fold(name)) ?? [])
      return { asked, others: [...new Set(sameModel).difference(new Set(asked))] }
    }
    if (choice.provider === undefined) return lookPrefixed(choice.model, providers)
    const card = parts.uncharted(choice.provider, choice.model)
    return card === null ? null : { asked: [card], others: [] }
  }

  /** `provider:model`, where the part before the colon is a provider; else the colon belongs to the id. */
  const lookPrefixed = (text: string, providers: ReadonlySet<string>): Found | null => {
    const colon = text.indexOf(':')
    const [provider, model] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)]
    if (provider === '' || model === '') return null
    if (!providers.has(provider) && parts.uncharted(provider, model) === null) return null
    return model === 'auto' ? look({ kind: 'auto', provider }) : look({ kind: 'named', model, provider })
  }

  /** By exact id, by an alias of the card's own, by the model's name: the first that finds anything at the provider. */
  const named = (model: string, provider: string | undefined): ModelCard[] | null => {
    const { byId, byAlias, byName } = catalogue()
    for (const index of [byId, byAlias, byName]) {
      const cards = (index.get(fold(model)) ?? []).filter(isAt(provider))
      if (cards.length > 0) return cards
    }
    return null
  }

  const called = (model: string, provider: string | undefined): ModelCard[] | null =>
    named(model, provider) ?? aliased(model, provider)

  /** Anthropic's clients name a model with the day of its making: `claude-haiku-5-5-20261008` is the one that we know. */
  const undated = (model: string, provider: string | undefined): ModelCard[] | null => {
    const [, base] = /^(claude-.+)-20\d{6}$/i.exec(model) ?? []
    return base === undefined ? null : called(base, provider)
  }

  /** By an alias of config/routing.yaml, whose target is a name and not an alias again. */
  const aliased = (model: string, provider: string | undefined): ModelCard[] | null => {
    const target = aliases.get(fold(model))
    return target === undefined ? null : named(target, provider)
  }

  const knownAt = (provider: string | undefined): string[] => {
    const names = catalogue()
      .all.filter(isAt(provider))
      .flatMap(({ id, name, aliases: own }) => [name, id, ...own])
    return [...new Set(names), ...Object.keys(parts.aliases)]
  }

  return {
    look,
    find: (choice, param = 'model') => {
      const found = look(choice)
      if (found !== null && (found.asked.length > 0 || choice.kind === 'auto')) return found
      throw unknownModel(choice, knownAt(choice.provider), param)
    },
  }
}

const indexCards = (all: readonly ModelCard[]) => ({
  all,
  byId: indexBy(all, ({ id }) => [id]),
  byAlias: indexBy(all, (card) => card.aliases),
  byName: indexBy(all, ({ name }) => [name]),
  providers: new Set(all.map(({ provider }) => provider)),
  /** The same few names come with every request. */
  seen: createLru<string, { found: Found | null }>({ max: namesRemembered, weigh: weighName }),
})

const keyOf = (choice: ModelChoice): string => `${choice.provider ?? ''}\n${choice.kind === 'auto' ? '' : choice.model}`

/** A name that nobody should send must not take the place of those in use. */
const weighName = (key: string): number => (key.length > longestShown ? Infinity : 1)

const indexBy = (
  cards: readonly ModelCard[],
  namesOf: (card: ModelCard) => readonly string[],
): ReadonlyMap<string, readonly ModelCard[]> => {
  const index = new Map<string, ModelCard[]>()
  for (const card of cards) {
    for (const name of new Set(namesOf(card).map(fold))) index.set(name, [...(index.get(name) ?? []), card])
  }
  return index
}

/** Indexes again only when the catalogue is another one. */
const remember = <Source extends object, Index>(
  source: () => Source,
  index: (source: Source) => Index,
): (() => Index) => {
  let last: { source: Source; index: Index } | null = null
  return () => {
    const current = source()
    if (last?.source !== current) last = { source: current, index: index(current) }
    return last.index
  }
}

const fold = (name: string): string => name.toLowerCase()

const isAt =
  (provider: string | undefined) =>
  (card: ModelCard): boolean =>
    provider === undefined || card.provider === provider

const unknownModel = (choice: ModelChoice, known: readonly string[], param: string): GatewayError => {
  const asked = choice.kind === 'named' ? choice.model.slice(0, longestShown) : 'auto'
  const nearest = nearestNames(asked, known)
  const hint = nearest.length === 0 ? '' : ` Known and near: ${nearest.map((name) => `"${name}"`).join(', ')}.`
  const at = choice.provider === undefined ? '' : ` at provider "${choice.provider.slice(0, longestShown)}"`
  return new GatewayError('model_not_found', `No model is called "${asked}"${at}.${hint}`, { param })
}

/** Known names that begin with the unknown one or hold it, else the one with the fewest differing letters. */
const nearestNames = (unknown: string, known: readonly string[]): string[] => {
  const wanted = fold(unknown)
  const holding = wanted.length < 2 ? [] : known.filter((name) => fold(name).includes(wanted))
  const near = holding.toSorted(
    (left, right) =>
      fold(left).indexOf(wanted) - fold(right).indexOf(wanted) || left.length - right.length || (left < right ? -1 : 1),
  )
  const meant = near.length === 0 ? didYouMean(unknown, known) : null
  return meant === null ? near.slice(0, namesSuggested) : [meant]
}
