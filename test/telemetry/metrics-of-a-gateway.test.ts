import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { exchangeRaw, rawRequest, statusOf } from '../http/raw.ts'
import { projectRoot, startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { readSamples, sumOf } from './scrape.ts'
import type { Sample } from './scrape.ts'

const startMeasured = async (env: Readonly<Record<string, string>> = {}) => {
  const it = await startApp({ env: { METRICS_PORT: '0', ...env } })
  const listening = await it.app.metrics?.listen()
  return { ...it, metricsUrl: listening?.url ?? '', [Symbol.asyncDispose]: it[Symbol.asyncDispose] }
}

const scrape = async (url: string): Promise<Sample[]> => {
  const reply = await fetch(`${url}/metrics`)
  expect(reply.status).toBe(200)
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return readSamples(await reply.text())
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-6-luna', ...body }),
  })

/** Answers of every kind: whole, streamed, remembered, shared, failed over, failed, left, of unknown price. */
const beBusy = async ({ app: { gateway }, config, upstream }: TestApp): Promise<void> => {
  for (const model of ['gpt-6-luna', 'claude-haiku-5-5', 'gpt-4o']) {
    await hear(gateway.complete(ask('Explain DNS.', { model }), context()))
    await gateway.collect(ask('Explain DNS.', { model }), context({ incremental: false }))
  }
  const same = () => hear(gateway.complete(ask('Explain rivers, at length.'), context()))
  await Promise.all([same(), same(), same()])
  const fails = { status: 500, body: { error: { message: 'Down.' } } }
  const { maxTries } = config.resilience
  upstream.script(Array.from({ length: maxTries }, () => fails))
  await hear(gateway.complete(ask('Go on.', { fallbacks: ['claude-haiku-5-5'] }), context()))
  await hear(gateway.complete(ask('Free?', { model: 'openai-compatible:made-up' }), context()))
  for await (const _first of gateway.complete(ask('Never mind, at length.', { use_cache: false }), context())) break
  await hear(gateway.complete(ask('Too dear', { requirements: { max_cost_usd: '0.000000001' } }), context()))
  upstream.script(Array.from({ length: maxTries }, () => fails))
  await hear(gateway.complete(ask('Fail.', { model: 'anthropic:claude-haiku-5-5' }), context()))
}

test('the counters equal the ledger, by provider and model, to the nano-dollar', async () => {
  await using it = await startMeasured()
  await beBusy(it)
  await expect.poll(() => it.receipts.some(({ outcome }) => outcome === 'client_aborted')).toBe(true)
  const samples = await scrape(it.metricsUrl)
  const { receipts } = it
  expect(new Set(receipts.map(({ cache }) => cache))).toEqual(new Set(['miss', 'exact', 'shared', 'bypass']))
  expect(receipts.some(({ outcome }) => outcome === 'failed')).toBe(true)
  expect(receipts.some(({ tries }) => new Set(tries.map(({ model }) => model)).size > 1)).toBe(true)

  const groups = Map.groupBy(receipts, ({ served }) => {
    if (!served) return 'none none'
    return `${served.provider} ${served.model === 'made-up' ? 'other' : served.model}`
  })
  expect(groups.size).toBeGreaterThanOrEqual(4)
  for (const [group, members] of groups) {
    const [provider = '', model = ''] = group.split(' ')
    const labels = { provider, model, simulated: 'false' }
    const add = (of: (receipt: (typeof receipts)[number]) => number | bigint | null | undefined): bigint =>
      members.reduce((sum, receipt) => sum + BigInt(of(receipt) ?? 0), 0n)
    const nano = (name: string): bigint => BigInt(Math.round(sumOf(samples, name, labels) * 1e9))
    expect(sumOf(samples, 'llm_requests_total', labels), group).toBe(members.length)
    expect(nano('llm_cost_total'), group).toBe(add(({ costNanoUsd }) => costNanoUsd))
    expect(nano('llm_cost_saved_total'), group).toBe(add(({ savedNanoUsd }) => savedNanoUsd))
    for (const type of ['input', 'output'] as const)
      expect(BigInt(sumOf(samples, 'llm_tokens_total', { ...labels, type })), group).toBe(
        add(({ usage }) => usage?.[`${type}Tokens`]),
      )
    expect(BigInt(sumOf(samples, 'llm_unpriced_requests_total', labels)), group).toBe(
      add(({ costNanoUsd }) => (costNanoUsd === null ? 1 : 0)),
    )
  }
  expect(sumOf(samples, 'llm_requests_total')).toBe(receipts.length)
  expect(sumOf(samples, 'gen_ai_client_inference_duration_seconds_count')).toBe(
    receipts.flatMap(({ tries }) => tries).length,
  )
  expect(sumOf(samples, 'llm_budget_exceeded_total', { stage: 'refused' })).toBe(1)
  expect(sumOf(samples, 'store_operation_duration_seconds_count', { store_operation: 'append', outcome: 'ok' })).toBe(
    receipts.length,
  )
  expect(sumOf(samples, 'llm_cache_entries')).toBeGreaterThan(0)
  expect(sumOf(samples, 'gateway_ready')).toBe(1)
})

test('requests are counted by route and status, whatever paths, methods and models are made up', async () => {
  await using it = await startMeasured()
  const left = new AbortController()
  const hold = it.upstream.waitForRequest(1)
  it.upstream.script([{ body: ['data: '], ending: 'hold' }])
  const gone = fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-6-luna', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
    signal: left.signal,
  }).catch(() => null)
  await hold
  left.abort()
  await gone
  expect((await post(it.url, { messages: [{ role: 'user', content: 'Hi there' }] })).status).toBe(200)
  for (let made = 0; made < 25; made += 1) {
    await fetch(`${it.url}/nowhere/${made}`)
    await fetch(`${it.url}/v1/models/made-up-${made}`)
    await fetch(`${it.url}/v1/models`, { method: `MADE${made % 2 === 0 ? '-' : '.'}UP` }).catch(() => null)
    await post(it.url, { model: `openai-compatible:made-up-${made}`, messages: [{ role: 'user', content: 'Hi' }] })
  }
  await expect.poll(async () => sumOf(await scrape(it.metricsUrl), 'http_requests_total', { status: '499' })).toBe(1)
  const samples = await scrape(it.metricsUrl)
  const chat = { method: 'POST', route: '/v1/chat/completions' }
  expect(sumOf(samples, 'http_requests_total', { ...chat, status: '200' })).toBe(26)
  expect(sumOf(samples, 'http_request_duration_seconds_count', chat)).toBe(27)
  expect(sumOf(samples, 'http_requests_total', { route: 'other', status: '404' })).toBe(25)
  expect(sumOf(samples, 'http_requests_total', { route: '/v1/models/{id}', status: '404' })).toBe(25)
  expect(sumOf(samples, 'llm_requests_total', { provider: 'openai-compatible', model: 'other' })).toBe(25)
  expect(samples.filter(({ labels }) => Object.values(labels).some((value) => value.includes('made-up')))).toEqual([])
})

test('answers of the sandbox are marked', async () => {
  await using it = await startMeasured({ PROVIDERS: 'sandbox', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' })
  await hear(it.app.gateway.complete(ask('Hello'), context()))
  const samples = await scrape(it.metricsUrl)
  expect(sumOf(samples, 'llm_requests_total', { simulated: 'true' })).toBe(1)
  expect(sumOf(samples, 'llm_requests_total', { simulated: 'false' })).toBe(0)
})

test('the port serves nothing else, and to loopback names only', async () => {
  await using it = await startMeasured()
  expect((await fetch(`${it.metricsUrl}/`)).status).toBe(404)
  expect((await fetch(`${it.metricsUrl}/v1/models`)).status).toBe(404)
  const posted = await fetch(`${it.metricsUrl}/metrics`, { method: 'POST', body: 'x' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  const foreign = rawRequest({ path: '/metrics', headers: { host: 'evil.example' } })
  const rebound = await exchangeRaw(Number(new URL(it.metricsUrl).port), foreign)
  expect(statusOf(rebound)).toBe(403)
  expect(rebound).not.toContain('llm_')
  const head = await fetch(`${it.metricsUrl}/metrics`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('a port in use says which variable moves it', async () => {
  await using one = await startMeasured()
  const port = new URL(one.metricsUrl).port
  await using other = await startApp({ env: { METRICS_PORT: port } })
  await expect(other.app.metrics?.listen()).rejects.toThrow(
    `Port ${port} is in use by another program. Stop it, or choose another port: METRICS_PORT=${Number(port) + 1} npm start.`,
  )
})

test("the callers' port never shows them, and without METRICS_PORT there are none", async () => {
  await using measured = await startMeasured()
  expect((await fetch(`${measured.url}/metrics`)).status).toBe(404)
  await using plain = await startApp()
  expect(plain.app.metrics).toBeNull()
  expect(plain.config.metrics).toBeNull()
  expect((await fetch(`${plain.url}/metrics`)).status).toBe(404)
})

test('the two ports must differ, and the default address is loopback wherever callers get in', () => {
  const load = (env: Record<string, string>) => loadConfig({ root: projectRoot, env })
  expect(() => load({ PORT: '9464', METRICS_PORT: '9464' })).toThrow(/METRICS_PORT/)
  expect(load({ HOST: '0.0.0.0', AUTH_MODE: 'api-key', METRICS_PORT: '9464' }).metrics).toEqual({
    host: '127.0.0.1',
    port: 9464,
  })
  expect(load({ METRICS_PORT: '9464', METRICS_HOST: '0.0.0.0' }).metrics).toEqual({ host: '0.0.0.0', port: 9464 })
})
