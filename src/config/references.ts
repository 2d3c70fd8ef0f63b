import type { z } from 'zod'
import type { ModelCard } from '../contract/model.ts'
import { suggestion } from './explain.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import type { LimitsEntry } from './schema/limits.ts'
import type { modelsFile } from './schema/models.ts'
import type { pricingFile } from './schema/pricing.ts'
import type { ProviderEntry } from './schema/providers.ts'
import type { RoutingEntry } from './schema/routing.ts'

/** Names that one file uses and another must know. */
export const checkReferences = (options: {
  providers: readonly ProviderEntry[]
  cards: readonly ModelCard[]
  models: ConfigFile<z.infer<typeof modelsFile>>
  pricing: ConfigFile<z.infer<typeof pricingFile>>
  routing: ConfigFile<RoutingEntry>
  limits: ConfigFile<LimitsEntry>
}): Problem[] => {
  const { providers, cards, models, pricing, routing, limits } = options
  const words = new Map(cards.flatMap((card) => [card.id, card.name, ...card.aliases].map((word) => [word, card.name])))
  return [
    ...checkModels(models, providers, words),
    ...checkPricing(pricing, providers, cards),
    ...checkRouting(routing, words),
    ...checkLimits(limits, providers, cards),
  ]
}

/** Every word that callers may use, with the name of the model that it means. */
type Words = ReadonlyMap<string, string>

const unknownModel = (word: string, words: Words): [problem: string, advice: string] => [
  `"${word}" is no model of config/models.yaml`,
  suggestionOr(word, [...words.keys()], 'add it there, or name another'),
]

const checkModels = (
  file: ConfigFile<z.infer<typeof modelsFile>>,
  providers: readonly ProviderEntry[],
  words: Words,
): Problem[] => {
  const problems: Problem[] = []
  const keys = new Set<string>()
  const rowIds = providers.map(({ id }) => id)
  for (const [familyIndex, family] of (file.value?.families ?? []).entries()) {
    const here = ['families', familyIndex] as const
    if (rowIds.length > 0 && !rowIds.includes(family.provider))
      problems.push(
        file.problem(
          [...here, 'provider'],
          `"${family.provider}" is no provider row`,
          suggestion(family.provider, rowIds),
        ),
      )
    for (const [modelIndex, model] of family.models.entries()) {
      const at = [...here, 'models', modelIndex]
      const name = model.same_as ?? model.id
      const key = `${family.provider}:${model.id}`
      if (keys.has(key)) problems.push(file.problem([...at, 'id'], `"${key}" is there twice`, 'drop one of the two'))
      keys.add(key)
      for (const word of [model.id, ...model.aliases])
        if (words.has(word) && words.get(word) !== name)
          problems.push(
            file.problem(at, `"${word}" means both ${name} and ${words.get(word)}`, 'let each name mean one model'),
          )
      if (model.replacement !== undefined && !words.has(model.replacement))
        problems.push(file.problem([...at, 'replacement'], ...unknownModel(model.replacement, words)))
    }
  }
  return problems
}

const checkPricing = (
  file: ConfigFile<z.infer<typeof pricingFile>>,
  providers: readonly ProviderEntry[],
  cards: readonly ModelCard[],
): Problem[] => {
  if (providers.length === 0 || cards.length === 0) return []
  return (file.value?.lists ?? []).flatMap((list, listIndex) => {
    const row = providers.find(({ id }) => id === list.provider)
    const at = ['lists', listIndex] as const
    if (!row)
      return [
        file.problem(
          [...at, 'provider'],
          `"${list.provider}" is no provider row`,
          suggestion(
            list.provider,
            providers.map(({ id }) => id),
          ),
        ),
      ]
    if (row.uncharted === 'allowed') return []
    const known = cards
      .filter(({ provider }) => provider === list.provider)
      .flatMap(({ id, name, aliases }) => [id, name, ...aliases])
    return list.prices.flatMap(({ model }, index) =>
      model === '*' || known.includes(model)
        ? []
        : [
            file.problem(
              [...at, 'prices', index, 'model'],
              `"${model}" is no model of ${list.provider}`,
              suggestionOr(model, known, 'add it in config/models.yaml'),
            ),
          ],
    )
  })
}

const checkRouting = (file: ConfigFile<RoutingEntry>, words: Words): Problem[] => {
  if (!file.value || words.size === 0) return []
  const { aliases, fallbacks } = file.value
  const problems: Problem[] = []
  for (const [alias, target] of Object.entries(aliases)) {
    if (alias === 'auto' || words.has(alias))
      problems.push(file.problem(['aliases', alias], `"${alias}" has a meaning already`, 'choose another word'))
    if (!words.has(target)) problems.push(file.problem(['aliases', alias], ...unknownModel(target, words)))
  }
  for (const [model, chain] of Object.entries(fallbacks))
    for (const word of [model, ...chain])
      if (!words.has(word)) problems.push(file.problem(['fallbacks', model], ...unknownModel(word, words)))
  return problems
}

/** A limit is counted by the model's own name, whichever row answers: another word for it would limit nothing. */
const checkLimits = (
  file: ConfigFile<LimitsEntry>,
  providers: readonly ProviderEntry[],
  cards: readonly ModelCard[],
): Problem[] => {
  if (!file.value || providers.length === 0 || cards.length === 0) return []
  const { models, providers: rows } = file.value.limits
  const names = new Set(cards.map(({ name }) => name))
  const rowIds = providers.map(({ id }) => id)
  return [
    ...Object.keys(models)
      .filter((name) => !names.has(name))
      .map((name) => {
        const meant = cards.find((card) => card.id === name || card.key === name || card.aliases.includes(name))
        const advice = meant ? `write ${meant.name}` : suggestionOr(name, [...names], 'add it there, or name another')
        return file.problem(
          ['limits', 'models', name],
          `"${name}" is no model's own name in config/models.yaml`,
          advice,
        )
      }),
    ...Object.keys(rows)
      .filter((id) => !rowIds.includes(id))
      .map((id) => file.problem(['limits', 'providers', id], `"${id}" is no provider row`, suggestion(id, rowIds))),
  ]
}

/** The near word, or `otherwise`: a list of all models would be too long to help. */
const suggestionOr = (word: string, known: readonly string[], otherwise: string): string => {
  const advice = suggestion(word, known)
  return advice.startsWith('did you mean') ? advice : otherwise
}
