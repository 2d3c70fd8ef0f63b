import { describe, expect, test } from 'vitest'
import { formatUsd } from '../../src/contract/money.ts'
import { card, chatRequest, everyTask, healthView, keysOf, named, routeIn, routerFor } from './support.ts'
import type { Scene } from './support.ts'

/** A small market: two rows of one flagship, a cheap model, a quick one, a free local one of unknown quality. */
const market: Scene = {
  cards: [
    card('acme:grand', { name: 'grand', aliases: ['grand-latest'], quality: everyTask(0.95) }),
    card('resale:acme/grand', { name: 'grand', quality: everyTask(0.95) }),
    card('acme:mini', { quality: everyTask(0.6) }),
    card('swift:dash', { quality: everyTask(0.5), latencyPrior: { firstTokenMs: 100, outputTokensPerSecond: 900 } }),
    card('home:llama', { quality: {}, latencyPrior: { firstTokenMs: 3_000, outputTokensPerSecond: 8 } }),
  ],
  prices: {
    'acme:grand': { input: 5, output: 25 },
    'resale:acme/grand': { input: 4, output: 20 },
    'acme:mini': { input: 0.1, output: 0.4 },
    'swift:dash': { input: 0.5, output: 2 },
    'home:llama': { input: 0, output: 0 },
  },
  settings: { aliases: { best: 'grand' } },
}

describe('auto', () => {
  const firstFor = (requirements: object) => keysOf(routeIn(market, chatRequest({ requirements })))[0]

  test('takes what the requirements ask for', () => {
    expect(firstFor({ highQuality: true })).toBe('resale:acme/grand')
    expect(firstFor({ lowCost: true })).toBe('home:llama')
    expect(firstFor({ lowLatency: true })).toBe('swift:dash')
  })

  test('lists every eligible model by score, each with four reasons that add up to it', () => {
    const { candidates, mode, refusals } = routeIn(market, chatRequest())
    expect(mode).toBe('auto')
    expect(refusals).toEqual([])
    expect(candidates).toHaveLength(5)
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).toSorted((a, b) => b - a))
    for (const { score, factors } of candidates) {
      expect(factors().map(({ factor }) => factor)).toEqual(['cost', 'quality', 'latency', 'health'])
      expect(factors().every(({ reason }) => reason.length > 5)).toBe(true)
      expect(factors().reduce((sum, { value, weight }) => sum + value * weight, 0)).toBeCloseTo(score, 10)
    }
  })

  test('weighs two wishes by the mean of their profiles', () => {
    const [candidate] = routeIn(market, chatRequest({ requirements: { lowCost: true, lowLatency: true } })).candidates
    expect(Object.fromEntries(candidate?.factors().map(({ factor, weight }) => [factor, weight]) ?? [])).toEqual({
      cost: expect.closeTo(0.4),
      quality: expect.closeTo(0.175),
      latency: expect.closeTo(0.325),
      health: expect.closeTo(0.1),
    })
  })

  test('within one provider stays there', () => {
    expect(keysOf(routeIn(market, chatRequest({ choice: { kind: 'auto', provider: 'acme' } }))).toSorted()).toEqual([
      'acme:grand',
      'acme:mini',
    ])
  })

  test('tries a resting provider last, however good it is', () => {
    const health = healthView({ providers: { home: { circuit: 'open', reason: '9 of 10 calls failed' } } })
    const plan = routeIn({ ...market, health }, chatRequest({ requirements: { lowCost: true } }))
    expect(keysOf(plan).at(-1)).toBe('home:llama')
    expect(plan.candidates.at(-1)?.factors().at(-1)?.reason).toBe('resting: 9 of 10 calls failed')
  })

  test('takes the task from the caller who says it', () => {
    const router = routerFor(market)
    expect(router.classify(chatRequest({ requirements: { task: 'math' } }))).toMatchObject({
      task: 'math',
      confidence: 1,
    })
    expect(router.classify(chatRequest({ text: 'Translate "good night" into French.' })).task).toBe('translation')
  })
})

describe('a named model', () => {
  const keysFor = (model: string, provider?: string, scene = market) =>
    keysOf(routeIn(scene, chatRequest({ choice: named(model, provider) })))

  test.each([
    ['its id', 'grand'],
    ['its id in other letters', 'GRAND'],
    ['an alias of its card', 'grand-latest'],
    ['an alias of the configuration', 'best'],
    ['a provider prefix', 'acme:grand'],
  ])('is found by %s and fails over to its other deployment only', (_how, model) => {
    expect(keysFor(model)).toEqual(['acme:grand', 'resale:acme/grand'])
  })

  test('is tried first at the row that was asked for', () => {
    expect(keysFor('grand', 'resale')).toEqual(['resale:acme/grand', 'acme:grand'])
    expect(keysFor('acme/grand')).toEqual(['resale:acme/grand', 'acme:grand'])
    expect(keysFor('resale:grand')).toEqual(['resale:acme/grand', 'acme:grand'])
  })

  test('goes to the healthier, then the cheaper of equal rows', () => {
    const twins: Scene = {
      cards: [card('a:twin'), card('b:twin'), card('c:twin')],
      prices: { 'a:twin': { input: 3, output: 3 }, 'b:twin': { input: 1, output: 1 } },
    }
    expect(keysFor('twin', undefined, twins)).toEqual(['b:twin', 'a:twin', 'c:twin'])
    const health = healthView({ providers: { b: { circuit: 'open' }, a: { circuit: 'half_open' } } })
    expect(keysFor('twin', undefined, { ...twins, health })).toEqual(['c:twin', 'a:twin', 'b:twin'])
  })

  test('is not served elsewhere where its provider was named and has no key', () => {
    const scene: Scene = { ...market, unconfigured: { acme: 'Set ACME_API_KEY.' } }
    expect(keysFor('grand', undefined, scene)).toEqual(['resale:acme/grand'])
    expect(() => keysFor('grand', 'acme', scene)).toThrow(/ACME_API_KEY/)
  })

  test('keeps the part after a colon that is no provider', () => {
    const scene: Scene = { cards: [card('home:llama3:8b')] }
    expect(keysFor('llama3:8b', undefined, scene)).toEqual(['home:llama3:8b'])
  })

  test('that nothing is called is refused with the nearest names', () => {
    expect(() => keysFor('gran')).toThrow(
      'No model is called "gran". Known and near: "grand", "grand-latest", "acme/grand".',
    )
    expect(() => keysFor('mimi')).toThrow('No model is called "mimi". Known and near: "mini".')
    expect(() => keysFor('grand', 'swift')).toThrow(/No model is called "grand" at provider "swift"/)
    expect(() => keysFor('x'.repeat(5_000))).toThrow(/^.{1,200}$/)
  })

  test('falls back as the caller says, then as the configuration does, and to nothing else', () => {
    const scene: Scene = { ...market, settings: { fallbacks: { grand: ['mini', 'home:llama'], mini: ['dash'] } } }
    const choice = named('grand')
    expect(keysOf(routeIn(scene, chatRequest({ choice, fallbacks: [named('dash'), named('mini')] })))).toEqual([
      'acme:grand',
      'resale:acme/grand',
      'swift:dash',
      'acme:mini',
      'home:llama',
    ])
  })

  test('may fall back to auto', () => {
    const plan = routeIn(market, chatRequest({ choice: named('mini'), fallbacks: [{ kind: 'auto' }] }))
    expect(keysOf(plan)[0]).toBe('acme:mini')
    expect(new Set(keysOf(plan)).size).toBe(5)
  })

  test('that cannot serve leaves it to its fallbacks, and its own reason stands where they cannot either', () => {
    const gone = card('acme:old', { lifecycle: { status: 'retired', shutdownOn: '2025-01-01', replacement: 'grand' } })
    const scene: Scene = { ...market, cards: [...market.cards, gone] }
    const choice = named('old')
    expect(keysOf(routeIn(scene, chatRequest({ choice, fallbacks: [named('mini')] })))).toEqual(['acme:mini'])
    const narrow = { providers: ['swift'] }
    expect(() => routeIn(scene, chatRequest({ choice, fallbacks: [named('mini')], requirements: narrow }))).toThrow(
      expect.objectContaining({ code: 'model_retired' }),
    )
  })

  test('unknown among the fallbacks or the models allowed is the caller’s mistake, by its place', () => {
    const choice = named('grand')
    expect(() => routeIn(market, chatRequest({ choice, fallbacks: [named('mini'), named('nope')] }))).toThrow(
      expect.objectContaining({ code: 'model_not_found', detail: { param: 'fallbacks[1]' } }),
    )
    expect(() => routeIn(market, chatRequest({ requirements: { models: ['nope'] } }))).toThrow(
      expect.objectContaining({ code: 'model_not_found', detail: { param: 'requirements.models[0]' } }),
    )
  })

  test('resolves to its rows, the one asked for first', () => {
    expect(
      routerFor(market)
        .resolve(named('acme/grand'))
        .map(({ key }) => key),
    ).toEqual(['resale:acme/grand', 'acme:grand'])
  })
})

describe('the forecast', () => {
  const forecastOf = (given: Parameters<typeof chatRequest>[0], scene: Scene = market) =>
    routeIn(scene, chatRequest({ choice: named('mini'), ...given })).candidates[0]

  test('without a cap expects what the task usually takes and allows what the model can', () => {
    expect(forecastOf({})?.forecast).toMatchObject({ outputTokens: 300, maxOutputTokens: 8_000, totalMs: 3_500 })
  })

  test('keeps the caller’s cap, and lowers it to the model’s with a warning', () => {
    expect(forecastOf({ maxOutputTokens: 50 })?.forecast).toMatchObject({ outputTokens: 50, maxOutputTokens: 50 })
    const candidate = forecastOf({ maxOutputTokens: 9_000 })
    expect(candidate?.forecast.maxOutputTokens).toBe(8_000)
    expect(candidate?.warnings).toMatchObject([{ code: 'changed_parameter', param: 'max_tokens' }])
  })

  test('leaves the output what the window has left', () => {
    const cards = [card('acme:mini', { contextTokens: 2_000, maxInputTokens: 2_000 })]
    const candidate = forecastOf({ text: 'x'.repeat(4_000) }, { cards })
    expect((candidate?.forecast.inputTokens ?? 0) + (candidate?.forecast.maxOutputTokens ?? 0)).toBe(2_000)
  })

  test('prices every one of n answers, and shares a limit among them', () => {
    const one = forecastOf({ limits: { maxCostNanoUsd: 1_000_000n } })?.forecast
    const four = forecastOf({ limits: { maxCostNanoUsd: 1_000_000n }, n: 4 })?.forecast
    expect(four?.maxOutputTokens).toBe(Math.floor((one?.maxOutputTokens ?? 0) / 4))
    expect(four?.worstCaseCostNanoUsd).toBeLessThanOrEqual(1_000_000n)
  })

  test('says that a price is unknown rather than that it is nothing', () => {
    const scene = { ...market, prices: {} }
    expect(forecastOf({}, scene)?.forecast).toMatchObject({ estimatedCostNanoUsd: null, worstCaseCostNanoUsd: null })
    expect(forecastOf({}, scene)?.factors()[0]).toMatchObject({ value: 0, reason: expect.stringMatching(/unknown/) })
    expect(formatUsd(forecastOf({})?.forecast.estimatedCostNanoUsd ?? 0n)).toMatch(/^0\.000\d+$/)
  })
})
