import fc from 'fast-check'
import type { Receipt } from '../../src/contract/receipt.ts'

/** A receipt in full, with what a test says about it. */
export const receiptOf = (said: Partial<Receipt> & { id: string }): Receipt => ({
  receivedAtMs: Date.UTC(2026, 10, 21, 9),
  caller: { id: 'key_ada', name: 'Ada' },
  face: 'http',
  operation: 'chat',
  clientRequestId: 'client-1',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  requestedModel: 'auto',
  task: { task: 'qa', confidence: 0.8, signals: ['question mark'] },
  candidates: [
    {
      model: 'openai:gpt-6-luna',
      score: 0.71,
      factors: [{ factor: 'cost', value: 0.9, weight: 0.5, reason: 'cheapest of four' }],
    },
  ],
  refusals: [{ model: 'openai:gpt-6-sol', reason: 'dearer than the limit', code: 'cost_limit' }],
  repairs: 0,
  tries: [
    {
      provider: 'openai',
      model: 'openai:gpt-6-luna',
      keyIndex: 0,
      startedAtMs: Date.UTC(2026, 10, 21, 9),
      durationMs: 830,
      firstTokenMs: 210,
      outcome: 'answered',
      errorCode: null,
      upstreamStatus: 200,
      reason: null,
      usage: null,
      costNanoUsd: 9_007_199_254_740_993n,
    },
  ],
  served: { provider: 'openai', model: 'gpt-6-luna', answeredModel: 'gpt-6-luna-2026-10-01' },
  usage: {
    inputTokens: 1200,
    cacheReadTokens: 1000,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 300,
    reasoningTokens: 120,
    source: 'provider',
    reportedCostNanoUsd: 12n,
  },
  priceId: 'openai/gpt-6-luna@2026-10-01',
  // Beyond what a float counts exactly.
  costNanoUsd: 9_007_199_254_740_993n,
  savedNanoUsd: 0n,
  cache: 'miss',
  cacheReason: null,
  outcome: 'complete',
  errorCode: null,
  timings: { firstTokenMs: 212.5, admitMs: 0.25, recallMs: 0.5, routeMs: 1.5, totalMs: 834 },
  tags: { user: 'user-7', metadata: { project: 'Kraków 🌉', $nanoUsd: 'not money' } },
  warnings: [{ code: 'dropped_parameter', param: 'seed', message: 'seed is not taken by this model' }],
  simulated: false,
  ...said,
})

const nanoUsd = fc.bigInt({ min: 0n, max: 2n ** 50n })
const count = fc.nat({ max: 1_000_000 })

/** Names that callers may give the fields of their metadata. */
export const oddNames = ['project', '$nanoUsd', 'a"b', "it's", 'a.b', 'ü\n', '', 'constructor', 'u0041'] as const

/** Receipts that differ in all that reports look at. */
export const anyReceipt: fc.Arbitrary<Receipt> = fc
  .record({
    id: fc.uuid(),
    receivedAtMs: fc.integer({ min: Date.UTC(2026, 10, 19), max: Date.UTC(2026, 10, 23) }),
    caller: fc.constantFrom({ id: 'key_ada', name: 'Ada' }, { id: 'key_bob', name: "Bob'; --" }),
    task: fc.constantFrom(
      null,
      { task: 'qa', confidence: 1, signals: [] },
      { task: 'code', confidence: 1, signals: [] },
    ),
    served: fc.option(
      fc.record({
        provider: fc.constantFrom('openai', 'anthropic'),
        model: fc.constantFrom('a', 'b', 'é'),
        answeredModel: fc.constant('a'),
      }),
    ),
    usage: fc.option(
      fc.record({
        inputTokens: count,
        cacheReadTokens: count,
        cacheWriteTokens: count,
        cacheWrite1hTokens: count,
        outputTokens: count,
        reasoningTokens: count,
        source: fc.constantFrom('provider', 'estimated'),
      }),
    ),
    costNanoUsd: fc.option(nanoUsd),
    savedNanoUsd: nanoUsd,
    cache: fc.constantFrom('miss', 'exact', 'shared', 'bypass'),
    outcome: fc.constantFrom('complete', 'client_aborted', 'upstream_error', 'failed', 'deadline_exceeded'),
    // Whole numbers, so that the order of a sum does not show.
    timings: fc.record({
      firstTokenMs: fc.option(count),
      admitMs: count,
      recallMs: count,
      routeMs: count,
      totalMs: count,
    }),
    tags: fc.record({
      user: fc.option(fc.constantFrom('u1', 'u2', '')),
      metadata: fc.dictionary(fc.constantFrom(...oddNames), fc.constantFrom('x', '', 'é'), { maxKeys: 3 }),
    }),
    simulated: fc.boolean(),
  } as const)
  .map((said) => receiptOf(said))
