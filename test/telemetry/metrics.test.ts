import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Receipt } from '../../src/contract/receipt.ts'
import { createRouteOf } from '../../src/http/route-of.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { catalogue } from '../../src/telemetry/metrics/catalogue.ts'
import type { MetricRow } from '../../src/telemetry/metrics/catalogue.ts'
import { receiptOf } from '../stores/receipt-of.ts'
import { projectRoot } from '../support/app.ts'
import { readSamples, sumOf } from './scrape.ts'
import type { Sample } from './scrape.ts'

const known = {
  providers: new Set(['openai', 'anthropic']),
  models: new Set(['openai:gpt-6-luna', 'openai:gpt-6-sol', 'anthropic:claude']),
}
const rows: readonly MetricRow[] = Object.values(catalogue)

const cacheFacts = { entries: 4, bytes: 500, maxBytes: 6_000 }

const start = (cache: () => Promise<typeof cacheFacts> = async () => cacheFacts) => {
  const metrics = createMetrics({ known, version: '1.2.3' })
  metrics.showState({
    providers: () => [
      {
        provider: 'openai',
        circuit: 'open',
        reason: 'down',
        retryAtMs: null,
        inFlight: 3,
        maxConcurrent: 8,
        slots: 8,
        waiting: 2,
        calls: 9,
        failures: 9,
      },
    ],
    cache,
    isReady: () => false,
    redisAway: () => ({ counters: false, entries: true }),
    shared: () => ({ hits: 7, misses: 6, failedLooks: 5, kept: 4, declined: 3, overtaken: 2, lost: 1 }),
    perception: () => ({
      ended: 3,
      stuck: 1,
      index: { entries: 40, partitions: 5, graphs: 1, untidy: 6, refused: 0, bytes: 7_000, withoutGraphs: null },
      pairs: null,
      near: { phase: 'following', waiting: 0 },
      tallies: {
        perceived: 9,
        remembered: 8,
        searched: 7,
        scored: 6,
        indexed: 5,
        'no-embedder': 4,
        'queue-full': 3,
        late: 2,
        lost: 1,
        failed: 0,
      },
    }),
    near: () => ({
      counts: {
        asked: 50,
        refusals: { unsure: 30, 'queue-full': 3 },
        vetoes: { numbers: 12, feedback: 1 },
        wouldServe: { '0.01': 4, '0.05': 9 },
        canaries: { agree: 7, differ: 2, unclear: 1 },
        feedback: { good: 3, bad: 2 },
        byTask: { qa: { hits: 5, shadowed: 6 } },
      },
      policy: { classes: ['qa', 'chat'], evidence: [{ task: 'qa', broken: true, worstShare: 0.4 }] },
    }),
    news: () => [
      { topic: 'health', told: 1, heard: 2, dropped: 0, skipped: 0, waiting: 0, isCaughtUp: true, lagMs: 0 },
      { topic: 'entries', told: 30, heard: 40, dropped: 5, skipped: 6, waiting: 7, isCaughtUp: false, lagMs: 1_500 },
    ],
  })
  const scrape = async (): Promise<Sample[]> => readSamples((await metrics.expose()).text)
  return { ...metrics, scrape }
}

/** Those of the catalogue: the process's own come and go with its garbage collector. */
const own = (samples: readonly Sample[]): Sample[] =>
  samples.filter(({ name }) => rows.some((row) => name === row.name || name.startsWith(`${row.name}_`)))

const served = (provider: string, model: string): Pick<Receipt, 'served'> => ({
  served: { provider, model, answeredModel: model },
})

/** One of everything that the gateway can tell. */
const tellAll = ({
  replied,
  completed,
  refused,
  unrecorded,
  waited,
  shed,
  stored,
  waitedForInstance,
}: ReturnType<typeof start>): void => {
  replied({ method: 'POST', route: '/v1/chat/completions', status: 200, durationMs: 40 })
  completed(receiptOf({ id: 'r1' }))
  completed(receiptOf({ id: 'r2', cache: 'exact', tries: [], costNanoUsd: 0n, savedNanoUsd: 7n }))
  completed(receiptOf({ id: 'r3', costNanoUsd: null, repairs: 2 }))
  const [tried] = receiptOf({ id: 'r4' }).tries
  if (!tried) throw new Error('A receipt without a try')
  const failed = { ...tried, model: 'openai:gpt-6-sol', errorCode: 'provider_failed', outcome: 'failed' } as const
  completed(receiptOf({ id: 'r4', tries: [failed, tried] }))
  refused(new GatewayError('rate_limited', 'Wait.'))
  refused(new GatewayError('shared_limit_reached', 'Wait.', { reached: { of: 'model', unit: 'tokens' } }))
  unrecorded()
  waited({ provider: 'openai', waitMs: 30, end: 'served' })
  shed('batch')
  stored({ store: 'receipts', operation: 'append', failed: false, durationMs: 0.4 })
  waitedForInstance('answered', 30)
}

describe('the catalogue', () => {
  test('is what is shown: every row, with its labels and no others', async () => {
    const metrics = start()
    tellAll(metrics)
    const { text } = await metrics.expose()
    const samples = readSamples(text)
    for (const { name, type, help, labels } of rows) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
      const shown = samples.filter((sample) => sample.name === name || sample.name === `${name}_count`)
      expect(shown.length, name).toBeGreaterThan(0)
      for (const sample of shown) expect(Object.keys(sample.labels).toSorted(), name).toEqual([...labels].toSorted())
    }
  })

  test('tells what the near tier did, by reason, guard, bound and agreement, and which bounds are broken', async () => {
    const samples = await start().scrape()
    const near = (what: string, labels: Readonly<Record<string, string>> = {}): number =>
      sumOf(samples, `llm_cache_near_${what}`, labels)
    expect(near('questions_total')).toBe(50)
    expect(near('refusals_total', { refusal: 'unsure' })).toBe(30)
    expect(near('refusals_total', { refusal: 'queue_full' })).toBe(3)
    expect(near('vetoes_total', { guard: 'numbers' })).toBe(12)
    expect(near('would_serve_total', { max_false_hit_rate: '0.05' })).toBe(9)
    expect(near('answers_total', { task: 'qa', given: 'false' })).toBe(6)
    expect(near('canaries_total', { agreement: 'differ' })).toBe(2)
    expect(near('feedback_total', { verdict: 'bad' })).toBe(2)
    expect([near('bound_broken', { task: 'qa' }), near('bound_broken', { task: 'chat' })]).toEqual([1, 0])
    expect([near('worst_share', { task: 'qa' }), near('worst_share', { task: 'chat' })]).toEqual([0.4, 1])
  })

  test('has names and units as OpenMetrics wants them', () => {
    for (const { name, type, buckets } of rows) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(name.endsWith('_total'), name).toBe(type === 'counter')
      if (type !== 'histogram') continue
      expect(name).toMatch(/_seconds$/)
      expect(buckets).toEqual(buckets?.toSorted((a, b) => a - b))
    }
  })

  test('leaves nothing out that is shown, but for what prom-client measures of the process', async () => {
    const metrics = start()
    tellAll(metrics)
    const { text } = await metrics.expose()
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
    const others = names.filter((name) => !rows.some((row) => row.name === name))
    expect(others.filter((name) => !/^(?:process|nodejs)_/.test(name))).toEqual([])
    expect(others).toEqual(
      expect.arrayContaining([
        'nodejs_eventloop_lag_p99_seconds',
        'nodejs_gc_duration_seconds',
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
      ]),
    )
  })
})

test('the queries of docs/metrics.md ask for metrics and labels that there are', () => {
  const page = readFileSync(path.join(projectRoot, 'docs/metrics.md'), 'utf8')
  const [, queries = ''] = /```promql\n([^`]+)```/.exec(page) ?? []
  const names = [...queries.matchAll(/\b(?:llm|gen_ai|http|store)_\w+(?=[{[])/g)].map(([name]) => name)
  const labels = [...queries.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label)
  const grouped = [...queries.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list = '']) => list.split(', '))
  expect(names.length).toBeGreaterThan(4)
  const known = rows.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  expect(names.filter((name) => !known.includes(name))).toEqual([])
  const knownLabels = new Set<string>([...rows.flatMap((row) => row.labels), 'le'])
  expect([...labels, ...grouped].filter((label) => !knownLabels.has(label))).toEqual([])
})

test('what instances tell each other is shown by its kind', async () => {
  const samples = await start().scrape()
  const of = (name: string, topic: string, more = {}): number =>
    sumOf(samples, `instances_news_${name}`, { topic, ...more })
  expect(['told', 'heard', 'dropped', 'skipped'].map((fate) => of('total', 'entries', { fate }))).toEqual([
    30, 40, 5, 6,
  ])
  expect(['waiting', 'lag_seconds', 'caught_up'].map((name) => of(name, 'entries'))).toEqual([7, 1.5, 0])
  expect(of('caught_up', 'health')).toBe(1)
})

describe('what is counted', () => {
  test('tokens of a receipt, parts of them apart', async () => {
    const metrics = start()
    metrics.completed(receiptOf({ id: 'r1' }))
    const samples = await metrics.scrape()
    const labels = { operation: 'chat', provider: 'openai', model: 'gpt-6-luna', cache: 'miss', simulated: 'false' }
    expect(sumOf(samples, 'llm_tokens_total', { ...labels, type: 'input' })).toBe(1200)
    expect(sumOf(samples, 'llm_tokens_total', { ...labels, type: 'output' })).toBe(300)
    expect(sumOf(samples, 'llm_tokens_total')).toBe(1500)
    expect(sumOf(samples, 'llm_token_parts_total', { type: 'cache_read' })).toBe(1000)
    expect(sumOf(samples, 'llm_token_parts_total', { type: 'reasoning' })).toBe(120)
  })

  test('dollars, added up without a float and rounded once', async () => {
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 14n }), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(amounts, async (costs) => {
        const metrics = start()
        for (const [index, costNanoUsd] of costs.entries())
          metrics.completed(receiptOf({ id: `r${index}`, costNanoUsd, simulated: false }))
        const shown = sumOf(await metrics.scrape(), 'llm_cost_total', { simulated: 'false' })
        const sum = costs.reduce((a, b) => a + b, 0n)
        expect(BigInt(Math.round(shown * 1e9))).toBe(sum)
        // And again: showing it has not changed it.
        expect(sumOf(await metrics.scrape(), 'llm_cost_total')).toBe(shown)
      }),
      { numRuns: 30 },
    )
  })

  test('simulated answers apart, and an unknown price as a count and no dollars', async () => {
    const metrics = start()
    metrics.completed(receiptOf({ id: 'r1', costNanoUsd: 5n, simulated: true }))
    metrics.completed(receiptOf({ id: 'r2', costNanoUsd: null }))
    const samples = await metrics.scrape()
    expect(sumOf(samples, 'llm_cost_total', { simulated: 'false' })).toBe(0)
    expect(sumOf(samples, 'llm_cost_total', { simulated: 'true' })).toBe(5e-9)
    expect(sumOf(samples, 'llm_unpriced_requests_total')).toBe(1)
  })

  test('a limit on cost that refused, and one that stopped, but no limit on time', async () => {
    const metrics = start()
    const at = (param: string) => new GatewayError('limit_unsatisfiable', 'No.', { param })
    metrics.refused(at('requirements.max_cost_usd'))
    metrics.refused(at('requirements.max_latency_ms'))
    metrics.completed(receiptOf({ id: 'r1', outcome: 'failed', errorCode: 'limit_unsatisfiable' }))
    metrics.completed(receiptOf({ id: 'r2', outcome: 'failed', errorCode: 'provider_failed' }))
    const samples = await metrics.scrape()
    expect(sumOf(samples, 'llm_budget_exceeded_total', { stage: 'refused' })).toBe(1)
    expect(sumOf(samples, 'llm_budget_exceeded_total', { stage: 'stopped' })).toBe(1)
    expect(sumOf(samples, 'llm_requests_refused_total', { code: 'limit_unsatisfiable' })).toBe(2)
  })

  test('each try at its provider, and a failover once', async () => {
    const metrics = start()
    tellAll(metrics)
    const samples = await metrics.scrape()
    const tries = 'gen_ai_client_inference_duration_seconds_count'
    expect(sumOf(samples, tries)).toBe(4)
    expect(sumOf(samples, tries, { gen_ai_request_model: 'gpt-6-sol', error_type: 'provider_failed' })).toBe(1)
    expect(sumOf(samples, 'llm_failovers_total', { model: 'gpt-6-luna' })).toBe(1)
    expect(sumOf(samples, 'llm_repairs_total')).toBe(2)
    expect(sumOf(samples, 'gen_ai_server_time_to_first_token_seconds_count', { cache: 'exact' })).toBe(1)
  })

  test('times in cumulative buckets, seconds', async () => {
    const metrics = start()
    for (const durationMs of [1, 5, 5.1, 40, 500_000])
      metrics.replied({ method: 'POST', route: '/mcp', status: 200, durationMs })
    const samples = await metrics.scrape()
    const under = (le: string) => sumOf(samples, 'http_request_duration_seconds_bucket', { le })
    expect(['0.005', '0.01', '0.025', '0.05', '120', '+Inf'].map(under)).toEqual([2, 3, 3, 4, 4, 5])
    expect(sumOf(samples, 'http_request_duration_seconds_sum')).toBeCloseTo(500.0511, 9)
  })

  test('what came of sharing answers with other instances, and of waiting for them', async () => {
    const metrics = start()
    metrics.waitedForInstance('answered', 30)
    metrics.waitedForInstance('left', 300)
    const samples = await metrics.scrape()
    const looks = ['hit', 'miss', 'failed'].map((looked) => sumOf(samples, 'llm_cache_shared_looks_total', { looked }))
    expect(looks).toEqual([7, 6, 5])
    const writes = ['kept', 'declined', 'overtaken', 'lost']
    expect(writes.map((written) => sumOf(samples, 'llm_cache_shared_writes_total', { written }))).toEqual([4, 3, 2, 1])
    expect(sumOf(samples, 'llm_cache_instance_wait_seconds_count', { wait: 'answered' })).toBe(1)
    expect(sumOf(samples, 'llm_cache_instance_wait_seconds_sum')).toBeCloseTo(0.33, 9)
  })

  test('all the rest where the store of answers cannot tell what it holds', async () => {
    const samples = await start(() => Promise.reject(new Error('the disk is gone'))).scrape()
    expect(sumOf(samples, 'llm_provider_calls_in_flight')).toBe(3)
  })

  test('how providers, cache and gateway are, at every scrape', async () => {
    const samples = await start().scrape()
    const circuit = (state: string) => sumOf(samples, 'llm_provider_circuit', { provider: 'openai', state })
    expect(['closed', 'open', 'half_open'].map(circuit)).toEqual([0, 1, 0])
    expect(sumOf(samples, 'llm_provider_calls_in_flight')).toBe(3)
    expect(sumOf(samples, 'llm_provider_slots')).toBe(8)
    expect(sumOf(samples, 'llm_provider_queue_length')).toBe(2)
    expect(sumOf(samples, 'llm_cache_entries')).toBe(4)
    expect(sumOf(samples, 'store_redis_away', { store: 'counters' })).toBe(0)
    expect(sumOf(samples, 'store_redis_away', { store: 'entries' })).toBe(1)
    expect(sumOf(samples, 'gateway_ready')).toBe(0)
    expect(sumOf(samples, 'gateway_build_info', { version: '1.2.3' })).toBe(1)
  })
})

describe('10,000 hostile values', () => {
  const routeOf = createRouteOf(['/v1/chat/completions', '/v1/models', '/mcp'])
  const evil = (seed: number, name: string): string => `${name}-evil-${seed}"} 1\n# HELP {le="\\ü🌉${seed}`

  /** Everything that a caller or a provider can put words into. */
  const attack = (metrics: ReturnType<typeof start>, seed: number): void => {
    const word = (name: string): string => evil(seed, name)
    const [tried] = receiptOf({ id: 'r' }).tries
    metrics.replied({ method: word('M'), route: routeOf(`/${word('path')}`), status: 600 + seed, durationMs: seed })
    metrics.replied({ method: 'GET', route: routeOf(`/v1/models/${word('id')}`), status: 404, durationMs: seed })
    metrics.refused(new GatewayError('model_not_found', word('message'), { param: word('param'), provider: word('p') }))
    const receipt = receiptOf({
      id: word('id'),
      caller: { id: word('key'), name: word('name') },
      clientRequestId: word('client'),
      traceId: word('trace'),
      requestedModel: word('model'),
      cacheReason: word('reason'),
      priceId: word('price'),
      tags: { user: word('user'), metadata: { [word('field')]: word('value') } },
      tries: tried ? [{ ...tried, provider: word('row'), model: word('card'), reason: word('why') }] : [],
    })
    metrics.completed({ ...receipt, ...served('openai', word('model')) })
    metrics.completed({ ...receipt, ...served(word('row'), 'gpt-6-luna') })
    // A model of one row at another, and names that objects have by nature.
    metrics.completed({ ...receipt, ...served('anthropic', 'gpt-6-luna') })
    metrics.completed({ ...receipt, ...served('__proto__', 'constructor') })
  }

  test('make no series beyond those of the first few, and no word of them is shown', async () => {
    const metrics = start()
    for (let seed = 0; seed < 10; seed += 1) attack(metrics, seed)
    const few = own(await metrics.scrape())
    for (let seed = 10; seed < 10_000; seed += 1) attack(metrics, seed)
    const { text } = await metrics.expose()
    const many = own(readSamples(text))
    expect(many.length).toBe(few.length)
    expect(text).not.toMatch(/evil/)
    expect(sumOf(many, 'llm_requests_total')).toBe(40_000)
    expect(sumOf(many, 'llm_requests_total', { model: 'other' })).toBe(40_000)
    expect(sumOf(many, 'http_requests_total', { route: 'other', method: 'other', status: 'other' })).toBe(10_000)
    expect(sumOf(many, 'http_requests_total', { route: '/v1/models/{id}', status: '404' })).toBe(10_000)
  })

  test('what the configuration knows keeps its name beside them', async () => {
    const metrics = start()
    attack(metrics, 1)
    metrics.completed(receiptOf({ id: 'r1', ...served('openai', 'gpt-6-luna') }))
    metrics.completed(receiptOf({ id: 'r2', served: null }))
    const samples = await metrics.scrape()
    expect(sumOf(samples, 'llm_requests_total', { provider: 'openai', model: 'gpt-6-luna' })).toBe(1)
    expect(sumOf(samples, 'llm_requests_total', { provider: 'none', model: 'none' })).toBe(1)
  })
})
