import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { ask, context } from '../../support/ask.ts'

/** Times of one kind of request, ms, and the median beside the bare journey's. */
export interface Latency {
  p50: number
  p99: number
  ratio: number
}

/** Pairs that the verifier holds for the same beyond doubt, each another one: what is timed is the way, not the judgement. */
const questionOf = (index: number): string => `How can I become a better ${roleOf(index)}?`
const asked = (index: number): string => `How do I become a better ${roleOf(index)}?`
const roleOf = (index: number): string =>
  `${kinds[Math.floor(index / roles.length) % kinds.length]} ${roles[index % roles.length]}`
const kinds = ['public', 'young', 'amateur', 'local', 'school', 'modern', 'classical', 'team']
const roles = ['speaker', 'writer', 'teacher', 'singer', 'painter', 'swimmer', 'manager', 'dancer', 'cook', 'gardener']

/** There are no more questions: one that comes again would be an answer from memory where a miss is timed. */
export const mostRounds = kinds.length * roles.length

/** How long each kind of request takes through a whole gateway whose provider answers at once, and how long the event loop is held. */
export const measureLatency = async (rounds: number) => {
  const loop = monitorEventLoopDelay({ resolution: 1 })
  await using bare = await startApp({
    env: { CACHE_ENABLED: 'false' },
    change: (config) => ({ ...config, rate: null }),
  })
  await using it = await startApp({
    env: { EMBEDDER: 'int8', CACHE_TTL_SECONDS: '86400' },
    change: (config) => ({ ...config, rate: null }),
  })
  const times = { bare: [] as number[], exact: [] as number[], near: [] as number[], miss: [] as number[] }
  /** The same without HTTP: what the gateway itself takes. */
  const within = { bare: [] as number[], exact: [] as number[], near: [] as number[] }
  let served = 0
  // Everything is warm before it counts: the model is loaded by the first question.
  for (let index = 0; index < 20; index += 1) for (const app of [bare, it]) await timed(app, `What is number ${index}?`)
  loop.enable()
  for (let index = 0; index < rounds; index += 1) {
    const question = questionOf(index)
    times.bare.push((await timed(bare, question)).ms)
    times.miss.push((await timed(it, question)).ms)
    times.exact.push((await timed(it, question)).ms)
    const near = await timed(it, asked(index), { cache_ttl: 0 })
    if (near.cache === 'near') {
      served += 1
      times.near.push(near.ms)
      within.near.push(await timedWithin(it, asked(index), { cache_ttl: 0 }))
    }
    within.bare.push(await timedWithin(bare, question))
    within.exact.push(await timedWithin(it, question))
  }
  loop.disable()
  const showBeside =
    (base: number) =>
    (values: readonly number[]): Latency => ({
      p50: quantile(values, 0.5),
      p99: quantile(values, 0.99),
      ratio: quantile(values, 0.5) / base,
    })
  const [show, showWithin] = [showBeside(quantile(times.bare, 0.5)), showBeside(quantile(within.bare, 0.5))]
  return {
    rounds,
    nearHits: served,
    bare: show(times.bare),
    exact: show(times.exact),
    near: show(times.near),
    miss: show(times.miss),
    within: { bare: showWithin(within.bare), exact: showWithin(within.exact), near: showWithin(within.near) },
    /** Less the sampling's own millisecond. */
    loopLagP99: Math.max(0, loop.percentile(99) / 1e6 - 1),
  }
}

const timed = async (it: TestApp, text: string, fields: object = {}): Promise<{ ms: number; cache: string | null }> => {
  const startedMs = performance.now()
  const reply = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content: text }], ...fields }),
  })
  await reply.arrayBuffer()
  return { ms: performance.now() - startedMs, cache: reply.headers.get('x-gateway-cache') }
}

const timedWithin = async (it: TestApp, text: string, fields: Record<string, unknown> = {}): Promise<number> => {
  const [request, its] = [ask(text, fields), context({ incremental: false })]
  const startedMs = performance.now()
  await it.app.gateway.collect(request, its)
  return performance.now() - startedMs
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
