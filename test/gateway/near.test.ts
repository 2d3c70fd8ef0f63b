import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatUsd } from '../../src/contract/money.ts'
import { readSamples, sumOf } from '../telemetry/scrape.ts'
import { projectRoot, startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { plainVerifier } from '../cache/near/plain-verifier.ts'

const weights = path.join(projectRoot, '.models/all-MiniLM-L6-v2/set-up.json')
const isThere = existsSync(weights)

const stored = 'How can I become a better public speaker?'
const paraphrase = 'How do I become a better public speaker?'

/** On a busy machine a model takes its time. */
const patient = (config: TestApp['config']): TestApp['config'] => ({
  ...config,
  cache: { ...config.cache, near: { ...config.cache.near, deadlineMs: 20_000 } },
})

const post = async (url: string, content: string, fields: object = {}) => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content }], ...fields }),
  })
  const body: unknown = await response.json()
  return { cache: response.headers.get('x-gateway-cache'), body: Object(body) as Reply, status: response.status }
}

interface Reply {
  choices: { message: { content: string } }[]
  gateway: {
    cached: { entry_id: string; p: number | null; similarity: number | null } | null
    saved_usd: string
    cost_usd: string
  }
}

/** Asks until it is a near hit: the index hears of an entry a little after the answer. */
const untilNear = async (url: string, content: string) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await post(url, content, { cache_ttl: 0 })
    if (answer.cache === 'near') return answer
    await delay(50)
  }
  throw new Error('no near hit came')
}

describe.skipIf(!isThere)('near answers, with the embedding model that set-up gets', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({ change: patient, overrides: { verifier: plainVerifier() } })
    await post(app.url, stored)
    await untilNear(app.url, paraphrase)
  }, 120_000)
  afterAll(async () => app?.[Symbol.asyncDispose]())

  test('another form of the question gets the answer, and nothing is called', async () => {
    const calls = app.upstream.requests.length
    const answer = await post(app.url, '  how can i become a better public speaker ? ')
    expect(answer.cache).toBe('canonical')
    expect(app.upstream.requests).toHaveLength(calls)
  })

  test('a paraphrase gets the answer, with its entry and how sure the verifier was, and the ledger says what it saved', async () => {
    const calls = app.upstream.requests.length
    const first = await post(app.url, stored)
    const answer = await post(app.url, paraphrase)
    expect(answer.cache).toBe('near')
    expect(answer.body.choices[0]?.message.content).toBe(first.body.choices[0]?.message.content)
    expect(answer.body.gateway.cached).toMatchObject({ entry_id: first.body.gateway.cached?.entry_id })
    expect(answer.body.gateway.cached?.p).toBeGreaterThan(0.7)
    expect(answer.body.gateway.cached?.similarity).toBeGreaterThan(0.75)
    expect(app.upstream.requests).toHaveLength(calls)
    const receipt = app.receipts.at(-1)
    expect(receipt).toMatchObject({ cache: 'near', costNanoUsd: 0n, recalled: { p: answer.body.gateway.cached?.p } })
    expect(receipt?.savedNanoUsd).toBeGreaterThan(0n)
  })

  test('a stream of it is whole, up to its last event', async () => {
    const response = await fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-6-luna', stream: true, messages: [{ role: 'user', content: paraphrase }] }),
    })
    expect(response.headers.get('x-gateway-cache')).toBe('near')
    const text = await response.text()
    expect(text).toContain('"finish_reason":"stop"')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  })

  test.each([
    ['a negation', 'How can I not become a better public speaker?'],
    ['another number', 'How can I become a better public speaker in 3 days?'],
    ['something of the moment', 'How can I become a better public speaker today?'],
    ['a matter of health', 'How can I become a better public speaker with anxiety?'],
    ['an action', 'Delete how can I become a better public speaker'],
  ])('%s is never served', async (_what, text) => {
    expect((await post(app.url, text, { cache_ttl: 0 })).cache).toBe('miss')
  })

  test.each([
    [
      'another system prompt',
      {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: paraphrase },
        ],
      },
    ],
    ['another model', { model: 'gpt-6-sol' }],
    ['another bound on tokens', { max_tokens: 77 }],
    ['another temperature', { temperature: 0.2 }],
    ['a tool', { tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }] }],
    ['a seed', { seed: 7 }],
  ])('nor is it for %s', async (_what, fields) => {
    expect((await post(app.url, paraphrase, { cache_ttl: 0, ...fields })).cache).not.toBe('near')
  })
})

describe.skipIf(!isThere)('a shadow', () => {
  test('gives nobody a near answer, and says on the receipt that it would have', async () => {
    await using app = await startApp({
      change: (config) => {
        const { cache } = patient(config)
        return { ...config, cache: { ...cache, near: { ...cache.near, mode: 'shadow' } } }
      },
      overrides: { verifier: plainVerifier() },
    })
    await post(app.url, stored)
    let reason: string | null = null
    for (let tries = 0; tries < 100 && reason !== 'shadow'; tries += 1) {
      const answer = await post(app.url, paraphrase, { cache_ttl: 0 })
      expect(answer.cache).toBe('miss')
      reason = app.receipts.at(-1)?.cacheReason ?? null
    }
    expect(reason).toBe('shadow')
  }, 120_000)
})

const mark = (answer: string) => ({
  body: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-6-luna',
    choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  },
})

const toApi = async (url: string, path: string, method: string, body?: object): Promise<Record<string, unknown>> => {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return Object(await response.json()) as Record<string, unknown>
}

describe.skipIf(!isThere)('what callers and comparisons say', () => {
  test('a bad answer is not given to that question again; the policy is read and set', async () => {
    await using app = await startApp({ change: patient, overrides: { verifier: plainVerifier() } })
    await post(app.url, stored)
    await untilNear(app.url, paraphrase)
    const receipt = app.receipts.at(-1)
    expect(
      await toApi(app.url, '/api/cache/feedback', 'POST', { verdict: 'bad', request_id: receipt?.id }),
    ).toMatchObject({
      outcome: 'pair_banned',
    })
    expect((await post(app.url, paraphrase, { cache_ttl: 0 })).cache).toBe('miss')
    expect(app.receipts.at(-1)?.cacheReason).toBe('vetoed')
    expect((await post(app.url, stored)).cache).toBe('exact')

    expect(
      await toApi(app.url, '/api/cache/policy', 'PUT', { mode: 'shadow', by_class: { math: 0.002 } }),
    ).toMatchObject({
      mode: 'shadow',
      by_class: { math: 0.002 },
    })
    expect(await toApi(app.url, '/api/audit', 'GET')).toMatchObject({
      audit: [{ action: 'cache.policy', outcome: 'done', detail: { mode: 'shadow', 'by_class.math': '0.002' } }],
    })
    expect(await toApi(app.url, '/api/cache/policy', 'PUT', { max_false_hit_rate: 0.9 })).toMatchObject({
      error: { param: 'max_false_hit_rate' },
    })
  }, 120_000)

  test('canaries that find other answers turn near answers into a shadow, on receipts of their own', async () => {
    await using app = await startApp({
      change: (config) => {
        const { cache } = patient(config)
        const canary = { share: 1, budgetNanoUsdPerDay: 1_000_000_000n }
        return { ...config, cache: { ...cache, near: { ...cache.near, canary } } }
      },
      overrides: { verifier: plainVerifier() },
    })
    app.upstream.script([mark('Practise aloud.'), ...Array.from({ length: 20 }, () => mark('Never speak.'))])
    await post(app.url, stored)
    let wasNear = false
    let state: string | null = null
    for (let tries = 0; tries < 200 && state !== 'shadow'; tries += 1) {
      const { cache } = await post(app.url, paraphrase, { cache_ttl: 0 })
      wasNear ||= cache === 'near'
      state = app.receipts.findLast(({ caller }) => caller.id === 'local')?.cacheReason ?? null
      await delay(20)
    }
    expect(wasNear).toBe(true)
    expect(state).toBe('shadow')
    expect(app.receipts.filter(({ caller }) => caller.id === 'gateway:canary').length).toBeGreaterThanOrEqual(2)
  }, 120_000)
})

describe.skipIf(!isThere)('what is saved', () => {
  test('is the same by tier in the ledger, in the statistics and on /metrics, to the nano-dollar', async () => {
    await using app = await startApp({
      env: { METRICS_PORT: '0' },
      change: patient,
      overrides: { verifier: plainVerifier() },
    })
    const listening = await app.app.metrics?.listen()
    await post(app.url, stored)
    await untilNear(app.url, paraphrase)
    await post(app.url, stored)
    await post(app.url, `  ${stored.toUpperCase()}`)
    await post(app.url, stored.replace('How', ' how'))
    await post(app.url, 'Say something else.')
    const samples = readSamples(await (await fetch(`${listening?.url}/metrics`)).text())
    const stats = await toApi(app.url, '/api/cache', 'GET')
    const tiers = ['exact', 'canonical', 'near'] as const
    const ofLedger = tiers.map((tier) => {
      const hits = app.receipts.filter(({ cache }) => cache === tier)
      return { hits: hits.length, nanoUsd: hits.reduce((sum, { savedNanoUsd }) => sum + savedNanoUsd, 0n) }
    })
    for (const [at, tier] of tiers.entries()) {
      const { hits = 0, nanoUsd = 0n } = ofLedger[at] ?? {}
      expect(nanoUsd, tier).toBeGreaterThan(0n)
      expect(stats).toMatchObject({
        hits_by_tier: { [tier]: hits },
        saved_usd_by_tier: { [tier]: formatUsd(nanoUsd) },
      })
      expect(sumOf(samples, 'llm_cache_requests_total', { cache: tier })).toBe(hits)
      expect(BigInt(Math.round(sumOf(samples, 'llm_cost_saved_total', { cache: tier }) * 1e9)), tier).toBe(nanoUsd)
    }
    const all = ofLedger.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
    expect(stats).toMatchObject({ saved_usd: formatUsd(all) })
    expect(sumOf(samples, 'llm_cache_near_answers_total', { given: 'true' })).toBe(ofLedger[2]?.hits)
  }, 120_000)
})
