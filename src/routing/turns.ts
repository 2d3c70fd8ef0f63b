import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Found, Names } from './names.ts'

/** One model to try, or `auto`, with the rows that it means and that no earlier turn has. */
export interface Turn {
  choice: ModelChoice
  cards: readonly ModelCard[]
  /** Keys of the rows that the choice names: they go before others of the same model. */
  asked: ReadonlySet<string>
}

/**
 * What to try for a request, in turn: the model asked for, the caller's fallbacks, and for a named model those of the
 * configuration. A named model is never replaced by anything else.
 * @throws GatewayError model_not_found
 */
export const createTurns = (parts: {
  names: Names
  whyNotCallable: (card: ModelCard) => string | null
  fallbacks: Readonly<Record<string, readonly string[]>>
}): ((request: ChatRequest) => Turn[]) => {
  const { names, whyNotCallable, fallbacks } = parts

  /** Where the choice names a provider that cannot be called, no other one takes its place. */
  const reach = (choice: ModelChoice, { asked, others }: Found): Turn => {
    const isOut = choice.provider !== undefined && asked.every((card) => whyNotCallable(card) !== null)
    return { choice, cards: isOut ? asked : [...asked, ...others], asked: new Set(asked.map(({ key }) => key)) }
  }

  const configured = ({ asked }: Found): Turn[] => {
    const meant = new Set(asked.map(({ name }) => name))
    const isMeant = (model: string): boolean =>
      names.look(readName(model))?.asked.some(({ name }) => meant.has(name)) === true
    const chains = Object.entries(fallbacks).filter(([model]) => isMeant(model))
    return chains.flatMap(([, chain]) =>
      chain.map(readName).flatMap((choice) => {
        const found = names.look(choice)
        return found === null ? [] : [reach(choice, found)]
      }),
    )
  }

  return (request) => {
    const first = names.find(request.model)
    const own = request.fallbacks.map((choice, index) => reach(choice, names.find(choice, `fallbacks[${index}]`)))
    const turns = [reach(request.model, first), ...own, ...(request.model.kind === 'named' ? configured(first) : [])]
    if (turns.length === 1) return turns
    const seen = new Set<string>()
    return turns.map((turn) => {
      const cards = turn.cards.filter(({ key }) => !seen.has(key))
      for (const { key } of cards) seen.add(key)
      return { ...turn, cards }
    })
  }
}

/**
 * Keys of the only cards that a request lets serve it; null where it does not say.
 * @throws GatewayError model_not_found for a name that means nothing
 */
export const readAllowed = (
  { requirements }: Pick<ChatRequest, 'requirements'>,
  names: Names,
): ReadonlySet<string> | null => {
  const allowed = requirements.models?.flatMap((model, index) => {
    const { asked, others } = names.find(readName(model), `requirements.models[${index}]`)
    return [...asked, ...others].map(({ key }) => key)
  })
  return allowed === undefined ? null : new Set(allowed)
}

/** Names in the configuration and in requirements carry their provider, if any, as a prefix. */
const readName = (model: string): ModelChoice => (model === 'auto' ? { kind: 'auto' } : { kind: 'named', model })
