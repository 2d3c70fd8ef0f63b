import type { ChatRequest } from '../contract/chat.ts'
import type { HealthView } from '../contract/health.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Forecast, Task } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { RoutingSettings } from '../contract/settings.ts'

/**
 * The worst case prices this much more input than was counted: our tokenizer is not the provider's, and half of all
 * estimates are below the truth.
 */
export const inputMargin = 1.1

/** Measured speed counts as much as the prior when this many answers were measured. */
const priorSamples = 4

export type MakeForecast = (request: ChatRequest, card: ModelCard, task: Task, atMs: number) => Forecast

/** Foretells what a request would take at a model: tokens, cost and time. */
export const createForecast = (parts: {
  prices: PriceBook
  health: HealthView
  settings: RoutingSettings
  countInput: (request: ChatRequest, card: ModelCard) => number
}): MakeForecast => {
  const { prices, health, settings, countInput } = parts

  return (request, card, task, atMs) => {
    const answers = request.n ?? 1
    const inputTokens = countInput(request, card)
    const dearestInputTokens = Math.ceil(inputTokens * inputMargin)
    const at = { provider: card.provider, model: card.id, atMs }

    const budgetNanoUsd = request.limits.maxCostNanoUsd
    const affordable =
      budgetNanoUsd === undefined
        ? Infinity
        : (prices.affordableOutputTokens({ ...at, inputTokens: dearestInputTokens, budgetNanoUsd }) ?? 0)
    const maxOutputTokens = Math.max(
      0,
      Math.min(longestOutput(request, card, inputTokens), Math.floor(affordable / answers)),
    )
    const outputTokens = Math.min(settings.expectedOutputTokens[task], maxOutputTokens)
    const speed = expectSpeed(card, health, settings)
    const worst = { ...at, inputTokens: dearestInputTokens, outputTokens: maxOutputTokens * answers }

    return {
      inputTokens,
      outputTokens,
      maxOutputTokens,
      estimatedCostNanoUsd:
        prices.estimate({ ...at, inputTokens, outputTokens: outputTokens * answers })?.costNanoUsd ?? null,
      worstCaseCostNanoUsd: prices.worstCase(worst)?.costNanoUsd ?? null,
      firstTokenMs: Math.round(speed.firstTokenMs),
      totalMs: Math.round(speed.firstTokenMs + (outputTokens * 1000) / speed.outputTokensPerSecond),
    }
  }
}

/**
 * Output that the request wants: the caller's cap, or what the task usually takes; never more than the model can write.
 * Whoever cannot deliver this is no candidate.
 */
export const wantedOutputTokens = (request: ChatRequest, card: ModelCard, expectedTokens: number): number =>
  Math.min(request.maxOutputTokens ?? expectedTokens, longestOutput(request, card, 0))

/** What caller, model and window allow. An uncharted model's limits are guesses, which hold the caller to nothing. */
const longestOutput = ({ maxOutputTokens }: ChatRequest, card: ModelCard, inputTokens: number): number => {
  if (card.uncharted) return maxOutputTokens ?? card.maxOutputTokens
  return Math.min(maxOutputTokens ?? Infinity, card.maxOutputTokens, card.contextTokens - inputTokens)
}

/**
 * Speed as (n × measured + 4 × prior) / (n + 4), n the answers measured: the first slow answer does not ban a model. The
 * prior is the card's, or else the one in config/routing.yaml.
 */
const expectSpeed = (
  card: ModelCard,
  health: HealthView,
  settings: RoutingSettings,
): { firstTokenMs: number; outputTokensPerSecond: number } => {
  const { samples, ...measured } = health.speed(card.key)
  const blend = (seen: number | null, prior: number): number =>
    seen === null ? prior : (samples * seen + priorSamples * prior) / (samples + priorSamples)
  return {
    firstTokenMs: blend(measured.firstTokenMs, card.latencyPrior?.firstTokenMs ?? settings.defaultFirstTokenMs),
    outputTokensPerSecond: blend(
      measured.outputTokensPerSecond,
      card.latencyPrior?.outputTokensPerSecond ?? settings.defaultOutputTokensPerSecond,
    ),
  }
}
