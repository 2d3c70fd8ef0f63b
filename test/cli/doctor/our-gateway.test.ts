import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { openStandIn } from '../../../src/cli/doctor/stand-in.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { startApp } from '../../support/app.ts'
import { examineAt } from './support/examine-at.ts'

const key = 'gw_doctors-own-key-0123456789'
const guarded = { AUTH_MODE: 'api-key', API_KEY_HASHES: createHash('sha256').update(key).digest('hex') }
/** Slow enough to be watched, and to be left in the middle. */
const dribble = { kind: 'slow-drain', ms: 15 } as const

test('a healthy gateway on loopback is well, in every check that costs nothing', async () => {
  await using it = await startApp()
  const { report, all, of } = await examineAt(it.url)
  expect(report).toMatchObject({ verdict: 'well', ours: true, url: it.url, spend: null })
  expect(all('not tried')).toEqual(['spend: answers'])
  // Who asks for no key has no login to offer, and only Cloud Run has revisions.
  expect([...all('not offered'), ...all('not observable'), ...all('slow')]).toEqual([
    'oauth: discovery',
    'front: revision',
  ])
  expect(of('mcp', '2025-era client').said).toContain('2025-11-25')
  expect(of('mcp', '2026-era client').said).toContain('2026-07-28')
  expect(of('tools', 'list').measures).toEqual({ tools: tools.length })
  expect(of('bad input', 'oversized body').said).toContain('413 body_too_large')
  expect(it.upstream.requests.filter(({ method }) => method === 'POST')).toEqual([])
})

test('with a key: it is let in, and nobody without it', async () => {
  await using it = await startApp({ env: guarded })
  const { report, of } = await examineAt(it.url, { key })
  expect(report.verdict).toBe('well')
  expect(of('admission', 'your key').verdict).toBe('works')
  expect(of('admission', 'no key').said).toBe('Refused at /v1/models, /v1/chat/completions, /mcp.')
  expect(of('admission', 'a made-up key').verdict).toBe('works')
  expect(of('door', 'foreign Host').said).toContain('nobody without a key')
  expect(of('door', 'foreign Origin').said).toContain('forbidden_origin')
})

test('a key in a header of its own is a key, and is left out where nobody may have one', async () => {
  await using it = await startApp({ env: guarded })
  const { report, of } = await examineAt(it.url, { headers: [`X-Api-Key: ${key}`] })
  expect(report.verdict).toBe('well')
  expect(of('admission', 'no key').verdict).toBe('works')
})

test.each([
  ['no key', {}, 'without a key', 'missing_api_key'],
  ['a wrong key', { key: 'gw_not-the-right-key' }, 'your key', 'invalid_api_key'],
])('%s: what is wrong is said with what to do, and the rest is not tried', async (_what, options, subject, code) => {
  await using it = await startApp({ env: guarded })
  const { report, of } = await examineAt(it.url, options)
  expect(report).toMatchObject({ verdict: 'wrong', ours: true })
  expect(of('admission', subject)).toMatchObject({ verdict: 'wrong', said: expect.stringContaining(code) })
  expect(of('admission', subject).todo).toMatch(/key/)
  expect(of('admission', 'the rest').said).toContain('tools')
})

test('a gateway that asks for no key, although one was given, is told', async () => {
  await using it = await startApp()
  const { of } = await examineAt(it.url, { key })
  expect(of('admission', 'no key')).toMatchObject({ verdict: 'wrong', todo: expect.stringContaining('AUTH_MODE') })
})

test('a provider that rests is a warning with its reason', async () => {
  await using it = await startApp()
  it.upstream.setFault({}, { kind: 'status', status: 500 })
  for (let call = 0; call < 12; call += 1)
    await fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai:gpt-6-luna', messages: [{ role: 'user', content: `Hi ${call}` }] }),
    })
  const { report, of } = await examineAt(it.url)
  expect(of('providers', 'openai')).toMatchObject({ verdict: 'warning', said: expect.stringContaining('circuit open') })
  expect(of('providers', 'anthropic').verdict).toBe('works')
  expect(report.verdict).toBe('warnings')
})

test('with --spend it says what it may cost, what it did cost, and sees its leaving in the ledger', async () => {
  await using it = await startApp()
  it.upstream.setFault({}, dribble)
  const { report, of, all } = await examineAt(it.url, { spend: true })
  expect(all('wrong')).toEqual([])
  expect(of('completion', 'answer').said).toMatch(/ms, \d+ of them in the gateway/)
  expect(of('stream', 'buffering').said).toMatch(/^\d+ pieces in \d+ arrivals/)
  expect(of('stream', 'end').said).toContain('[DONE]')
  expect(of('cancelling', 'seen in the ledger').verdict).toBe('works')
  const paid = it.receipts.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0n), 0n)
  expect(it.receipts).toHaveLength(3)
  const { at_most_usd: atMost, cost_usd: cost } = report.spend ?? {}
  expect(BigInt((cost ?? '').replace('.', ''))).toBe(paid)
  expect(Number(cost)).toBeLessThanOrEqual(Number(atMost))
  expect(of('spend', 'beforehand').said).toContain(`$${atMost}`)
})

test('two examinations in a row both ask: nothing of theirs comes from the cache', async () => {
  await using it = await startApp()
  await examineAt(it.url, { spend: true })
  await examineAt(it.url, { spend: true })
  expect(it.receipts.map(({ cache }) => cache)).toEqual(Array.from({ length: 6 }, () => 'bypass'))
})

test('of an answer that is over at once nothing ill is claimed', async () => {
  await using it = await startApp()
  const { all, of } = await examineAt(it.url, { spend: true })
  expect([...all('wrong'), ...all('warning')]).toEqual([])
  expect(of('stream', 'end').verdict).toBe('works')
})

test('an upstream that stalls is told as silence, after how much', async () => {
  await using it = await startApp()
  it.upstream.setFault({}, { kind: 'stall', after: 3 })
  const { report, of } = await examineAt(it.url, { spend: true, timeoutMs: 9_000 })
  expect(report.verdict).toBe('wrong')
  expect(of('stream', 'end')).toMatchObject({
    verdict: 'wrong',
    said: expect.stringMatching(/Silence for 3 s after \d/),
  })
})

test('an upstream that breaks is told in the words of the gateway', async () => {
  await using it = await startApp()
  it.upstream.setFault({}, { kind: 'cut', after: 3 })
  const { of } = await examineAt(it.url, { spend: true, model: 'gpt-6-luna' })
  expect(of('stream', 'end')).toMatchObject({ verdict: 'wrong', said: expect.stringContaining('provider_cut') })
  expect(of('completion', 'answer').said).toContain('502')
})

test('at its own upstream the doctor sees the cancellation with its own eyes', async () => {
  await using standIn = await openStandIn({ host: '127.0.0.1', port: 0 })
  await using it = await startApp({ env: { OPENAI_COMPATIBLE_BASE_URL: `${standIn.url}/v1` } })
  const { of, all } = await examineAt(it.url, { spend: true, model: 'openai-compatible:doctor', standIn })
  expect(all('wrong')).toEqual([])
  expect(of('cancelling', 'seen upstream').verdict).toBe('works')
  expect(of('cancelling', 'seen in the ledger').verdict).toBe('works')
  expect(of('spend', 'beforehand').said).toContain('no cost')
})

test('an upstream that was never asked proves nothing', async () => {
  await using standIn = await openStandIn({ host: '127.0.0.1', port: 0 })
  await using it = await startApp()
  it.upstream.setFault({}, dribble)
  const { of } = await examineAt(it.url, { spend: true, model: 'gpt-6-luna', standIn })
  expect(of('cancelling', 'seen upstream')).toMatchObject({ verdict: 'not observable', todo: expect.any(String) })
})

test('on Cloud Run an admin is told the revision and the region, and no other caller is', async () => {
  const user = 'gw_a-users-own-key-01234567890'
  const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')
  await using it = await startApp({
    env: {
      AUTH_MODE: 'api-key',
      API_KEY_HASHES: `boss:admin:${hashOf(key)},user:use:${hashOf(user)}`,
      K_SERVICE: 'gateway',
      K_REVISION: 'gateway-00007-abc',
      GOOGLE_CLOUD_PROJECT: 'acme',
      GOOGLE_CLOUD_REGION: 'europe-west1',
    },
  })
  expect((await examineAt(it.url, { key })).of('front', 'revision').said).toBe('gateway-00007-abc, in europe-west1.')
  expect((await examineAt(it.url, { key: user })).of('front', 'revision').verdict).toBe('not observable')
  for (const [path, secret] of [
    ['/v1/models', user],
    ['/v1/models', 'gw_nobody'],
    ['/version', key],
    ['/health', key],
  ]) {
    const { headers } = await fetch(it.url + path, { headers: { authorization: `Bearer ${secret}` } })
    expect(
      [...headers.keys()].filter((name) => /revision|region/.test(name)),
      path,
    ).toEqual([])
  }
})
