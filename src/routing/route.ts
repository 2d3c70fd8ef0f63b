import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import type { EmbeddingRequest } from '../contract/embedding.ts'
import { GatewayError } from '../contract/errors.ts'
import type { HealthView, ProviderHealth } from '../contract/health.ts'
import type { PassthroughRequest } from '../contract/passthrough.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Candidate, Lineup, Plan, TaskGuess } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { RoutingSettings } from '../contract/settings.ts'
import { once } from '../lib/once.ts'
import { createCandidates } from './candidates.ts'
import type { Classify } from './classify.ts'
import { createJudge } from './eligible.ts'
import { createEmbeddingRoute } from './embedding.ts'
import type { EmbeddingWire } from './embedding.ts'
import type { Verdict } from './eligible.ts'
import { createForecast } from './forecast.ts'
import type { Ask, Grounds } from './gates.ts'
import { createNames } from './names.ts'
import { createPassthroughRoute } from './passthrough.ts'
import type { PassthroughRows } from './passthrough.ts'
import { byChoice, byScore, cheapestOf } from './order.ts'
import { readQuestion } from './question.ts'
import { refusalError } from './refuse.ts'
import { weigh } from './score.ts'
import { createTurns, readAllowed } from './turns.ts'
import type { Turn } from './turns.ts'

interface RouteParts {
  /** The whole catalogue, callable or not; the same array as long as nothing changed. */
  cards: () => readonly ModelCard[]
  whyNotCallable: Grounds['whyNotCallable']
  rowFlags: Grounds['rowFlags']
  /** A row for a model that no file describes, at a provider that takes any; null elsewhere. */
  uncharted: (provider: string, id: string) => ModelCard | null
  prices: PriceBook
  health: HealthView
  settings: RoutingSettings
  /** Input of a request in the model's own tokens. */
  countInput: (request: ChatRequest, card: ModelCard) => number
  clock: Clock
  classify: Classify
  embedding: {
    wireOf: EmbeddingWire
    countInput: (request: EmbeddingRequest, card: ModelCard) => number
  }
  passthrough: PassthroughRows & { countInput: (request: PassthroughRequest, card: ModelCard) => number }
}

export interface Router {
  /** What kind of work the request is: as the caller says, or as guessed. */
  classify(request: ChatRequest): TaskGuess
  /**
   * Which models to try, in which order. Calls nothing; the same request, catalogue, prices and health give the same plan.
   * @throws GatewayError model_not_found, model_retired, provider_not_configured, no_provider, no_eligible_model,
   *   context_length_exceeded, price_unknown, limit_unsatisfiable
   */
  route(request: ChatRequest, task: TaskGuess): Plan
  /**
   * Of one request, whether a model would be in its plan, without the plan: a hundred models need not be scored to know
   * about one. None is where there would be no plan.
   */
  mayServe(request: ChatRequest): (served: { provider: string; model: string }) => boolean
  /**
   * The plan for vectors.
   * @throws GatewayError as `route`
   */
  routeEmbedding(request: EmbeddingRequest): Lineup
  /**
   * The one row that a native call goes to.
   * @throws GatewayError as `route`, and not_found
   */
  routePassthrough(request: PassthroughRequest): Lineup
  /**
   * Every row that a choice means, the one asked for first.
   * @throws GatewayError model_not_found
   */
  resolve(choice: ModelChoice): ModelCard[]
}

/** Resolves names, refuses what cannot serve, then scores and orders the rest: docs/routing.md has it in prose. */
export const createRoute = (parts: RouteParts): Router => {
  const { settings, clock, whyNotCallable } = parts
  const names = createNames({ cards: parts.cards, uncharted: parts.uncharted, aliases: settings.aliases })
  const takeTurns = createTurns({ names, whyNotCallable, fallbacks: settings.fallbacks })
  const { defaultQuality, expectedOutputTokens } = settings
  const judge = createJudge(
    { whyNotCallable, rowFlags: parts.rowFlags, defaultQuality, expectedOutputTokens },
    createForecast(parts),
  )

  const classify = (request: ChatRequest): TaskGuess =>
    request.requirements.task === undefined
      ? parts.classify(readQuestion(request))
      : { task: request.requirements.task, confidence: 1, signals: ['the caller says so'] }

  const askOf = (request: ChatRequest, { task }: TaskGuess): Ask => ({
    request,
    task,
    atMs: clock.now(),
    qualityFloor: request.requirements.minQuality ?? null,
    allowedKeys: readAllowed(request, names),
  })

  /** The configured floor is a wish, the caller's a demand: where no model reaches the former, it is waived. */
  const wishOf = ({ choice }: Turn, { task, qualityFloor }: Ask): number | null =>
    choice.kind === 'auto' && qualityFloor === null ? (settings.qualityFloor[task] ?? null) : null

  const judgeTurn = (turn: Turn, ask: Ask): Verdict[] => {
    const judgeAll = (demands: Ask): Verdict[] => turn.cards.map((card) => judge(card, demands))
    const wish = wishOf(turn, ask)
    if (wish === null) return judgeAll(ask)
    const floored = judgeAll({ ...ask, qualityFloor: wish })
    return floored.some(({ eligible }) => eligible) ? floored : judgeAll(ask)
  }

  /** What `judgeTurn` says of one of its cards. */
  const passes = (card: ModelCard, turn: Turn, ask: Ask): boolean => {
    if (!judge(card, ask).eligible) return false
    const wish = wishOf(turn, ask)
    if (wish === null) return true
    const floored = { ...ask, qualityFloor: wish }
    return judge(card, floored).eligible || !turn.cards.some((other) => judge(other, floored).eligible)
  }

  const mayServe: Router['mayServe'] = (request) => {
    const turnsOf = once(() => {
      try {
        const ask = askOf(request, classify(request))
        return takeTurns(request).map((turn) => ({ turn, ask }))
      } catch (error) {
        if (error instanceof GatewayError) return [] // Whoever makes the plan meets it, and says it.
        throw error
      }
    })
    return ({ provider, model }) => {
      for (const { turn, ask } of turnsOf()) {
        const card = turn.cards.find((one) => one.provider === provider && one.id === model)
        if (card) return passes(card, turn, ask)
      }
      return false
    }
  }

  const route = (request: ChatRequest, task: TaskGuess): Plan => {
    const ask = askOf(request, task)
    const turns = takeTurns(request).map((turn) => {
      const verdicts = judgeTurn(turn, ask)
      return {
        ...turn,
        eligible: verdicts.filter((verdict) => verdict.eligible),
        refused: verdicts.filter((verdict) => !verdict.eligible),
      }
    })
    const eligible = turns.flatMap((turn) => turn.eligible)
    if (eligible.length === 0) throw refusalError(request.model, turns[0]?.refused ?? [])

    const healthOf = snapshot(parts.health)
    const makeCandidate = createCandidates({
      ask,
      healthOf,
      weights: weigh(request.requirements, settings.profiles),
      cheapestNanoUsd: cheapestOf(eligible.map(({ forecast }) => forecast)),
      defaultQuality,
    })
    const candidates = turns.flatMap((turn): Candidate[] => {
      const order = turn.choice.kind === 'auto' ? byScore(healthOf) : byChoice(healthOf, turn.asked)
      return turn.eligible.map(makeCandidate).toSorted(order)
    })
    const refusals = turns.flatMap(({ refused }) => refused.map(({ refusal }) => refusal))
    return { task, candidates, refusals, mode: request.model.kind }
  }

  return {
    route,
    routeEmbedding: createEmbeddingRoute({ ...parts, ...parts.embedding, names }),
    routePassthrough: createPassthroughRoute({ ...parts, ...parts.passthrough, names }),
    mayServe,
    classify,
    resolve: (choice) => {
      const { asked, others } = names.find(choice)
      return [...asked, ...others]
    },
  }
}

/** Health as it is when the plan begins, so that one plan sees one state. */
const snapshot = (health: HealthView): ((provider: string) => ProviderHealth) => {
  const seen = new Map<string, ProviderHealth>()
  return (provider) => {
    const known = seen.get(provider) ?? health.provider(provider)
    seen.set(provider, known)
    return known
  }
}
