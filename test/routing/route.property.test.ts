import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { ModelCard } from '../../src/contract/model.ts'
import { tasks } from '../../src/contract/plan.ts'
import type { Plan } from '../../src/contract/plan.ts'
import { card, chatRequest, everyTask, healthView, keysOf, routeIn, routerFor } from './support.ts'
import type { PriceList, Scene } from './support.ts'

interface Offer {
  card: ModelCard
  price: { input: number; output: number } | null
}

const rate = fc.double({ min: 0, max: 100, noNaN: true }).map((usd) => Math.round(usd * 100) / 100)

const offer = (index: number): fc.Arbitrary<Offer> =>
  fc
    .record({
      provider: fc.constantFrom('a', 'b', 'c'),
      quality: fc.double({ min: 0, max: 1, noNaN: true }),
      firstTokenMs: fc.integer({ min: 50, max: 20_000 }),
      speed: fc.integer({ min: 1, max: 2_000 }),
      maxOutputTokens: fc.integer({ min: 20, max: 100_000 }),
      contextTokens: fc.integer({ min: 500, max: 1_000_000 }),
      price: fc.option(fc.record({ input: rate, output: rate })),
    })
    .map(({ provider, quality, firstTokenMs, speed, maxOutputTokens, contextTokens, price }) => ({
      card: card(`${provider}:model-${index}`, {
        quality: everyTask(quality),
        latencyPrior: { firstTokenMs, outputTokensPerSecond: speed },
        maxOutputTokens,
        contextTokens,
        maxInputTokens: contextTokens,
      }),
      price,
    }))

const offers = fc
  .integer({ min: 1, max: 8 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => offer(i))))

const request = fc
  .record({
    text: fc.string({ maxLength: 3_000 }),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 50_000 }), { nil: undefined }),
    n: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    requirements: fc.record({ lowCost: fc.boolean(), highQuality: fc.boolean(), lowLatency: fc.boolean() }),
  })
  .map((given) => chatRequest(given))

const health = healthView({ providers: { b: { circuit: 'open' }, c: { calls: 10, failures: 3 } } })

const sceneOf = (some: readonly Offer[]): Scene => ({
  cards: some.map((one) => one.card),
  prices: pricesOf(some),
  health,
})

const pricesOf = (some: readonly Offer[]): PriceList =>
  Object.fromEntries(some.flatMap(({ card: { key }, price }) => (price ? [[key, price]] : [])))

/** The plan, or the code of the refusal. */
const outcome = (scene: Scene, asked: ReturnType<typeof chatRequest>): Plan | string => {
  try {
    return routeIn(scene, asked)
  } catch (error) {
    if (error instanceof GatewayError) return error.code
    throw error
  }
}

const shown = ({ candidates }: Plan) => candidates.map((one) => ({ ...one, factors: one.factors() }))

test('the order of the catalogue changes nothing, nor does asking again', () => {
  fc.assert(
    fc.property(
      offers.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))),
      request,
      ([some, shuffled], asked) => {
        const plan = outcome(sceneOf(some), asked)
        const again = outcome(sceneOf(shuffled), asked)
        if (typeof plan === 'string' || typeof again === 'string') {
          expect(again).toBe(plan)
          return
        }
        expect(shown(again)).toEqual(shown(plan))
        expect(new Set(again.refusals.map(({ model }) => model))).toEqual(
          new Set(plan.refusals.map(({ model }) => model)),
        )
        const repeated = outcome(sceneOf(some), asked)
        expect(typeof repeated === 'string' ? repeated : shown(repeated)).toEqual(shown(plan))
        expect(repeated).toMatchObject({ refusals: plan.refusals, task: plan.task })
      },
    ),
  )
})

test('a model may serve a request exactly where the plan has it among its candidates', () => {
  const floors = fc.double({ min: 0, max: 1, noNaN: true })
  const asking = fc.record({
    text: fc.string({ maxLength: 3_000 }),
    requirements: fc.record(
      {
        minQuality: floors,
        excludeProviders: fc.subarray(['a', 'b']),
        models: fc.subarray(['model-0', 'model-1'], { minLength: 1 }),
      },
      { requiredKeys: [] },
    ),
    limits: fc.record({ maxCostNanoUsd: fc.bigInt({ min: 1n, max: 10_000_000n }) }, { requiredKeys: [] }),
    fallbacks: fc.subarray(['model-0', 'model-2', 'nobody'].map((model) => ({ kind: 'named' as const, model }))),
  })
  fc.assert(
    fc.property(offers, asking, fc.option(floors), (some, given, wish) => {
      const scene: Scene = { ...sceneOf(some), settings: { qualityFloor: wish === null ? {} : everyFloor(wish) } }
      const asked = chatRequest(given)
      const plan = outcome(scene, asked)
      const planned = new Set(typeof plan === 'string' ? [] : keysOf(plan))
      const mayServe = routerFor(scene).mayServe(asked)
      for (const { card: one } of some)
        expect(mayServe({ provider: one.provider, model: one.id })).toBe(planned.has(one.key))
      expect(mayServe({ provider: 'a', model: 'nobody' })).toBe(false)
    }),
  )
})

const everyFloor = (floor: number) => Object.fromEntries(tasks.map((task) => [task, floor]))

test('a cheaper price never lowers a model’s score or its place', () => {
  fc.assert(
    fc.property(offers, request, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (some, asked, pick, share) => {
      const chosen = some[pick % some.length]
      if (!chosen?.price) return
      const { input, output } = chosen.price
      const cheaper = { ...chosen, price: { input: cut(input, share), output: cut(output, share) } }
      const before = outcome(sceneOf(some), asked)
      const after = outcome(sceneOf(some.map((one) => (one === chosen ? cheaper : one))), asked)
      if (typeof before === 'string' || typeof after === 'string') return
      const of = (plan: Plan) => plan.candidates.find(({ card: { key } }) => key === chosen.card.key)
      if (!of(before)) return
      expect(of(after)?.score).toBeGreaterThanOrEqual(of(before)?.score ?? 1)
      expect(keysOf(after).indexOf(chosen.card.key)).toBeLessThanOrEqual(keysOf(before).indexOf(chosen.card.key))
    }),
  )
})

const cut = (usd: number, share: number): number => Math.floor(usd * share * 100) / 100

test('under a limit on cost no candidate can cost more, and each has room for an answer', () => {
  fc.assert(
    fc.property(offers, request, fc.bigInt({ min: 1n, max: 1_000_000_000n }), (some, asked, maxCostNanoUsd) => {
      const plan = outcome(sceneOf(some), { ...asked, limits: { maxCostNanoUsd } })
      if (typeof plan === 'string') return
      for (const { forecast } of plan.candidates) {
        expect(forecast.worstCaseCostNanoUsd).not.toBeNull()
        expect(forecast.worstCaseCostNanoUsd ?? maxCostNanoUsd + 1n).toBeLessThanOrEqual(maxCostNanoUsd)
        expect(forecast.maxOutputTokens).toBeGreaterThan(0)
      }
    }),
  )
})

test('scores and factors stay between 0 and 1, and caps within caller, model and window', () => {
  fc.assert(
    fc.property(offers, request, (some, asked) => {
      const plan = outcome(sceneOf(some), asked)
      if (typeof plan === 'string') return
      for (const { score, factors, forecast, card: one } of plan.candidates) {
        for (const value of [score, ...factors().map((factor) => factor.value)]) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(1)
        }
        expect(forecast.maxOutputTokens).toBeLessThanOrEqual(
          Math.min(asked.maxOutputTokens ?? Infinity, one.maxOutputTokens),
        )
        expect(forecast.inputTokens + forecast.maxOutputTokens).toBeLessThanOrEqual(one.contextTokens)
      }
    }),
  )
})

test('every model is either a candidate or refused with a reason, never both', () => {
  fc.assert(
    fc.property(offers, request, (some, asked) => {
      const plan = outcome(sceneOf(some), asked)
      if (typeof plan === 'string') return
      const all = [...keysOf(plan), ...plan.refusals.map(({ model }) => model)]
      expect(all.toSorted()).toEqual(some.map(({ card: { key } }) => key).toSorted())
    }),
  )
})
