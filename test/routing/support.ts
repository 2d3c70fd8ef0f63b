import type { ChatRequest, ModelChoice } from '../../src/contract/chat.ts'
import type { HealthView, ModelSpeed, ProviderHealth } from '../../src/contract/health.ts'
import type { ModelCard } from '../../src/contract/model.ts'
import { parseUsd } from '../../src/contract/money.ts'
import { tasks } from '../../src/contract/plan.ts'
import type { Task } from '../../src/contract/plan.ts'
import type { Price, PriceBook } from '../../src/contract/price.ts'
import type { RoutingSettings } from '../../src/contract/settings.ts'
import { classifyLexically } from '../../src/routing/classify.ts'
import type { Grounds } from '../../src/routing/gates.ts'
import { createRoute } from '../../src/routing/route.ts'
import type { Router } from '../../src/routing/route.ts'
import { plainCard, plainRequest } from '../support/plain.ts'

/** A chat request with one user text, and whatever else the test is about. */
export const chatRequest = (
  given: Partial<ChatRequest> & { text?: string; choice?: ModelChoice } = {},
): ChatRequest => {
  const { text = 'What is the capital of France?', choice = { kind: 'auto' }, ...rest } = given
  return plainRequest({ model: choice, messages: [{ role: 'user', content: [{ type: 'text', text }] }], ...rest })
}

export const named = (model: string, provider?: string): ModelChoice => ({ kind: 'named', model, provider })

/** A card at `provider:id` with everything switched on and nothing special about it. */
export const card = (key: string, given: Partial<ModelCard> = {}): ModelCard =>
  plainCard(key, {
    quality: everyTask(0.7),
    latencyPrior: { firstTokenMs: 500, outputTokensPerSecond: 100 },
    ...given,
  })

export const everyTask = (mean: number, weight = 20): ModelCard['quality'] =>
  Object.fromEntries(tasks.map((task) => [task, { mean, weight }]))

/** US dollars a million tokens, by card key. A model that is not listed has no known price. */
export type PriceList = Readonly<Record<string, { input: number; output: number }>>

/** A price book without dates, tiers or discounts. A whole dollar a million tokens is 1,000 nano-dollars a token. */
const priceBook = (list: PriceList): PriceBook => {
  type At = { provider: string; model: string }
  const perToken = (usdPerMillion: number): bigint => parseUsd(usdPerMillion) / 1_000_000n
  const priced = (at: At, inputTokens: number, outputTokens: number): Price | null => {
    const rates = list[`${at.provider}:${at.model}`]
    if (rates === undefined) return null
    const costNanoUsd = BigInt(inputTokens) * perToken(rates.input) + BigInt(outputTokens) * perToken(rates.output)
    return { priceId: `${at.provider}/${at.model}`, costNanoUsd }
  }
  return {
    price: (query) => priced(query, query.usage.inputTokens, query.usage.outputTokens),
    estimate: (query) => priced(query, query.inputTokens, query.outputTokens),
    worstCase: (query) => priced(query, query.inputTokens, query.outputTokens),
    affordableOutputTokens: (query) => {
      const rates = list[`${query.provider}:${query.model}`]
      if (rates === undefined) return null
      const left = query.budgetNanoUsd - BigInt(query.inputTokens) * perToken(rates.input)
      if (left < 0n) return 0
      const each = perToken(rates.output)
      return each === 0n ? Number.MAX_SAFE_INTEGER : Number(left / each)
    },
  }
}

const healthy: Omit<ProviderHealth, 'provider'> = {
  circuit: 'closed',
  reason: null,
  retryAtMs: null,
  inFlight: 0,
  maxConcurrent: 10,
  slots: 10,
  waiting: 0,
  calls: 0,
  failures: 0,
}

export const healthView = (given: {
  providers?: Record<string, Partial<ProviderHealth>>
  speeds?: Record<string, ModelSpeed>
}): HealthView => ({
  provider: (id) => ({ provider: id, ...healthy, ...given.providers?.[id] }),
  speed: (key) => given.speeds?.[key] ?? { firstTokenMs: null, outputTokensPerSecond: null, samples: 0 },
})

const expectedOutputTokens: Record<Task, number> = {
  code: 900,
  creative: 900,
  reasoning: 1_200,
  math: 800,
  summarization: 350,
  extraction: 250,
  translation: 400,
  classification: 30,
  rewrite: 400,
  qa: 300,
  chat: 250,
}

export const settings: RoutingSettings = {
  profiles: {
    balanced: { cost: 0.35, quality: 0.4, latency: 0.15, health: 0.1 },
    low_cost: { cost: 0.7, quality: 0.15, latency: 0.05, health: 0.1 },
    high_quality: { cost: 0.05, quality: 0.8, latency: 0.05, health: 0.1 },
    low_latency: { cost: 0.1, quality: 0.2, latency: 0.6, health: 0.1 },
  },
  defaultQuality: 0.4,
  expectedOutputTokens,
  defaultFirstTokenMs: 1_500,
  defaultOutputTokensPerSecond: 60,
  qualityFloor: {},
  aliases: {},
  fallbacks: {},
}

/** 21 November 2026, noon UTC. */
const noon = Date.UTC(2026, 10, 21, 12)

export interface Scene {
  cards: readonly ModelCard[]
  prices?: PriceList
  /** Providers that cannot be called, and why. */
  unconfigured?: Record<string, string>
  flags?: Record<string, ReturnType<Grounds['rowFlags']>>
  /** Providers that take any model id. */
  openProviders?: readonly string[]
  embeddingWires?: Record<string, { openaiShaped: boolean }>
  health?: HealthView
  settings?: Partial<RoutingSettings>
  nowMs?: number
  /** A request counts as many tokens as its text has characters / 4. */
  tokensPerChar?: number
}

/** A router over a made-up world: every part that it is given is real or a plain implementation of the contract. */
export const routerFor = (scene: Scene): Router =>
  createRoute({
    cards: () => scene.cards,
    whyNotCallable: ({ provider }) => scene.unconfigured?.[provider] ?? null,
    rowFlags: (provider) => scene.flags?.[provider] ?? {},
    uncharted: (provider, id) =>
      scene.openProviders?.includes(provider) === true
        ? card(`${provider}:${id}`, { uncharted: true, contextTokens: 32_000, maxInputTokens: 32_000, quality: {} })
        : null,
    prices: priceBook(scene.prices ?? Object.fromEntries(scene.cards.map(({ key }) => [key, { input: 1, output: 4 }]))),
    health: scene.health ?? healthView({}),
    settings: { ...settings, ...scene.settings },
    countInput: ({ messages }) =>
      Math.ceil(JSON.stringify(messages.map(({ content }) => content)).length * (scene.tokensPerChar ?? 0.25)),
    clock: { now: () => scene.nowMs ?? noon },
    classify: classifyLexically,
    embedding: {
      wireOf: (provider) => scene.embeddingWires?.[provider] ?? null,
      countInput: ({ input }) => Math.ceil(JSON.stringify(input).length / 4),
    },
    passthrough: {
      callable: () => [],
      dialectOf: () => undefined,
      bareCard: (provider, id) => card(`${provider}:${id}`, { uncharted: true }),
      countInput: ({ text }) => Math.ceil(text.length / 4),
    },
  })

/** Routes as the gateway does. */
export const routeIn = (scene: Scene, request: ChatRequest) => {
  const router = routerFor(scene)
  return router.route(request, router.classify(request))
}

export const keysOf = (plan: { candidates: readonly { card: ModelCard }[] }): string[] =>
  plan.candidates.map(({ card: { key } }) => key)
