import type { ChatRequest, ModelChoice, Warning } from '../contract/chat.ts'
import type { HealthView } from '../contract/health.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Candidate, Plan, TaskGuess } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { RoutingSettings } from '../contract/settings.ts'
import type { Classify } from './classify.ts'
import { createJudge } from './eligible.ts'
import type { RankedRefusal, Verdict } from './eligible.ts'
import { createForecast } from './forecast.ts'
import type { Ask, Grounds } from './gates.ts'
import { lifecycleNote } from './lifecycle.ts'
import { createNames } from './names.ts'
import { byChoice, byScore, cheapestOf } from './order.ts'
import type { Deployments } from './names.ts'
import { readQuestion } from './question.ts'
import { refusalError, withoutRank } from './refuse.ts'
import { scoreFacts, weigh } from './score.ts'

interface RouterParts {
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
}

export interface Router {
  /** What kind of work the request is: as the caller says, or as guessed. */
  classify(request: ChatRequest): TaskGuess
  /**
   * Which models to try, in which order. Calls nothing; the same request, catalogue, health and day give the same plan.
   * @throws GatewayError model_not_found, model_retired, provider_not_configured, no_provider, no_eligible_model,
   *   context_length_exceeded, price_unknown, limit_unsatisfiable
   */
  route(request: ChatRequest, task: TaskGuess): Plan
  /**
   * Every row that a choice means, the one asked for first.
   * @throws GatewayError model_not_found
   */
  resolve(choice: ModelChoice): ModelCard[]
}

/** Resolves names, refuses what cannot serve, scores and orders the rest. */
export const createRoute = (parts: RouterParts): Router => {
  const { settings, health, clock } = parts
  const names = createNames({ ...parts, aliases: settings.aliases })
  const grounds: Grounds = { ...parts, ...settings }
  const judge = createJudge(grounds, createForecast(parts))

  const askFor = (request: ChatRequest, task: TaskGuess['task'], choice: ModelChoice, atMs: number): Ask => {
    const { minQuality, models } = request.requirements
    const floor = minQuality ?? (choice.kind === 'auto' ? settings.qualityFloor[task] : undefined)
    const allowed = models?.flatMap((model, index) => {
      const { asked, others } = names.find(readName(model), `requirements.models[${index}]`)
      return [...asked, ...others].map(({ key }) => key)
    })
    return { request, task, atMs, qualityFloor: floor ?? null, allowedKeys: allowed ? new Set(allowed) : null }
  }

  /** The rows that may serve a choice. Another provider than the one asked for stands in only if that one could be called. */
  const reach = (choice: ModelChoice): Deployments => {
    const found = names.find(choice)
    const isOut = choice.provider !== undefined && found.asked.every((card) => parts.whyNotCallable(card) !== null)
    return isOut ? { ...found, others: [] } : found
  }

  /** Which models stand in for a named one: the caller's, then the configuration's; for `auto` the caller's only. */
  const standIns = (request: ChatRequest, { asked }: Deployments): Deployments[] => {
    const own = request.fallbacks.map((choice, index) => names.find(choice, `fallbacks[${index}]`))
    if (request.model.kind === 'auto') return own
    const meant = new Set(asked.map(({ name }) => name))
    const configured = Object.entries(settings.fallbacks).flatMap(([model, chain]) =>
      names.look(readName(model))?.asked.some(({ name }) => meant.has(name)) === true ? chain : [],
    )
    return [...own, ...configured.flatMap((model) => names.look(readName(model)) ?? [])]
  }

  const makeCandidate = ({ card, forecast }: Eligible, context: Scoring): Candidate => {
    const { ask, weights, cheapestNanoUsd } = context
    const facts = {
      card,
      forecast,
      cheapestNanoUsd,
      task: ask.task,
      health: health.provider(card.provider),
      defaultQuality: settings.defaultQuality,
    }
    const warnings = warningsOf(card, forecast.maxOutputTokens, ask)
    return { card, forecast, ...scoreFacts(facts, weights), ...(warnings.length > 0 ? { warnings } : {}) }
  }

  const route = (request: ChatRequest, task: TaskGuess): Plan => {
    const atMs = clock.now()
    const weights = weigh(request.requirements, settings.profiles)
    const first = reach(request.model)
    const groups = [first, ...standIns(request, first)]
    const choices: ModelChoice[] = [request.model, ...request.fallbacks]
    const seen = new Set<string>()

    const judged = groups.map((group, index) => {
      // Fallbacks of the configuration come after the caller's and are named ones.
      const choice = choices[index] ?? { kind: 'named' as const, model: group.asked[0]?.name ?? '' }
      const ask = askFor(request, task.task, choice, atMs)
      const cards = [...group.asked, ...group.others].filter(({ key }) => !seen.has(key))
      for (const { key } of cards) seen.add(key)
      return { choice, group, ask, verdicts: cards.map((card) => judge(card, ask)) }
    })
    const eligible = judged.flatMap(({ verdicts }) => verdicts.filter(isEligible))
    const refusals = judged.flatMap(({ verdicts }) => verdicts.flatMap(refusalOf))
    if (eligible.length === 0) throw refusalError(request.model, judged[0]?.verdicts.flatMap(refusalOf) ?? refusals)

    const cheapestNanoUsd = cheapestOf(eligible.map(({ forecast }) => forecast))
    const candidates = judged.flatMap(({ choice, group, ask, verdicts }) => {
      const scored = verdicts.filter(isEligible).map((one) => makeCandidate(one, { ask, weights, cheapestNanoUsd }))
      return scored.toSorted(choice.kind === 'auto' ? byScore(health) : byChoice(health, group))
    })
    return { task, candidates, refusals: refusals.map(withoutRank), mode: request.model.kind }
  }

  return {
    route,
    classify: (request) =>
      request.requirements.task === undefined
        ? parts.classify(readQuestion(request))
        : { task: request.requirements.task, confidence: 1, signals: ['the caller says so'] },
    resolve: (choice) => {
      const { asked, others } = names.find(choice)
      return [...asked, ...others]
    },
  }
}

type Eligible = Extract<Verdict, { eligible: true }>

interface Scoring {
  ask: Ask
  weights: ReturnType<typeof weigh>
  cheapestNanoUsd: bigint | null
}

const isEligible = (verdict: Verdict): verdict is Eligible => verdict.eligible

const refusalOf = (verdict: Verdict): RankedRefusal[] => (verdict.eligible ? [] : [verdict.refusal])

/** Names in configuration and requirements carry their provider as a prefix, if at all. */
const readName = (model: string): ModelChoice => (model === 'auto' ? { kind: 'auto' } : { kind: 'named', model })

/** What the caller should hear if this card serves. */
const warningsOf = (card: ModelCard, maxOutputTokens: number, { request, atMs }: Ask): Warning[] => {
  const warnings: Warning[] = []
  const note = lifecycleNote(card, atMs)
  if (note !== null) warnings.push({ code: 'model_deprecated', param: 'model', message: `${card.key} ${note}.` })
  if (request.maxOutputTokens !== undefined && maxOutputTokens < request.maxOutputTokens)
    warnings.push({
      code: 'changed_parameter',
      param: 'max_tokens',
      message: `The output of ${card.key} was capped at ${maxOutputTokens} tokens.`,
    })
  return warnings
}
