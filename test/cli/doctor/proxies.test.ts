import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { examineAt } from './support/examine-at.ts'
import { startProxy, webPage } from './support/proxy.ts'

// A healthy gateway of ours, and what stands between it and its callers.
let it: TestApp
beforeAll(async () => {
  it = await startApp()
  it.upstream.setFault({}, { kind: 'slow-drain', ms: 15 })
})
afterAll(() => it[Symbol.asyncDispose]())

test('a proxy that passes everything through is not noticed', async () => {
  await using proxy = await startProxy(it.url, {})
  const { report, all } = await examineAt(proxy.url, { spend: true })
  expect(all('wrong')).toEqual([])
  expect(report.ours).toBe(true)
})

test('a proxy that buffers is found out by the gateway’s own clock', async () => {
  await using proxy = await startProxy(it.url, { buffers: true })
  const { all, of } = await examineAt(proxy.url, { spend: true })
  expect(of('stream', 'buffering')).toMatchObject({
    verdict: 'wrong',
    todo: expect.stringContaining('proxy_buffering'),
  })
  expect(of('stream', 'first token')).toMatchObject({ verdict: 'slow', todo: expect.stringContaining('on the way') })
  expect(of('stream', 'end').verdict).toBe('works')
  expect(all('not observable').join()).toContain('cancelling')
})

// Retried: a machine that is held up for a second itself can tell nothing of a proxy that holds up for two.
test('a proxy that holds back the beginning is found out although the end flows', { retry: 3 }, async () => {
  await using slow = await startApp()
  slow.upstream.setFault({}, { kind: 'slow-drain', ms: 50 })
  await using proxy = await startProxy(slow.url, { holds: 45 })
  const { of } = await examineAt(proxy.url, { spend: true })
  const found = of('stream', 'buffering')
  expect(found).toMatchObject({
    verdict: 'slow',
    said: expect.stringMatching(/^What was made over \d{4} ms came within \d+ ms: the beginning was held back\.$/),
    todo: expect.stringContaining('proxy_buffering'),
  })
  const { heardMs = 0, madeMs = 0 } = found.measures
  expect(heardMs).toBeLessThan(madeMs / 2)
  expect(of('stream', 'end').verdict).toBe('works')
})

test('a proxy that stays when its caller leaves is found out in the ledger', async () => {
  await using proxy = await startProxy(it.url, { ignoresLeaving: true })
  const { of } = await examineAt(proxy.url, { spend: true })
  expect(of('cancelling', 'seen in the ledger')).toMatchObject({
    verdict: 'wrong',
    todo: expect.stringContaining('proxy'),
  })
})

test('a proxy that strips headers is told which are missing', async () => {
  await using proxy = await startProxy(it.url, {
    changeHeaders: ({ 'x-frame-options': _frame, 'x-request-id': _id, ...headers }) => headers,
  })
  const { report, of } = await examineAt(proxy.url)
  expect(report.verdict).toBe('wrong')
  expect(of('headers', 'security headers').said).toBe('Missing or changed: x-frame-options, x-request-id.')
})

test('a proxy that answers errors with web pages is told so, for each', async () => {
  await using proxy = await startProxy(it.url, { htmlFrom: 400 })
  const { all, of } = await examineAt(proxy.url)
  expect(all('wrong')).toEqual(
    expect.arrayContaining(['bad input: broken JSON', 'bad input: unknown path', 'mcp: broken JSON']),
  )
  expect(of('bad input', 'unknown model').said).toContain('a web page')
})

test('a proxy that lets only /v1 through is told what is missing', async () => {
  await using proxy = await startProxy(it.url, {
    answer: ({ url = '' }) => (url.startsWith('/v1/') || url === '/version' ? null : { status: 404, body: webPage }),
  })
  const { all } = await examineAt(proxy.url)
  expect(all('wrong')).toEqual(expect.arrayContaining(['mcp: handshake', 'state: /health', 'state: /ready']))
})

test('a proxy that answers everything with a web page offers nothing', async () => {
  await using proxy = await startProxy(it.url, { answer: () => ({ status: 502, body: webPage }) })
  const { report, of } = await examineAt(proxy.url)
  expect(report).toMatchObject({ verdict: 'wrong', ours: false })
  expect(of('reach', 'faces').said).toContain('neither')
})

test.each([
  [-600_000, 'wrong', 'behind'],
  [20_000, 'warning', 'ahead'],
])('a clock that is %d ms off is %s', async (skewMs, verdict, said) => {
  await using proxy = await startProxy(it.url, {
    changeHeaders: (headers) => ({ ...headers, date: new Date(Date.now() + skewMs).toUTCString() }),
  })
  const { of } = await examineAt(proxy.url)
  const found = of('clock', 'Date header')
  expect(found).toMatchObject({ verdict, said: expect.stringContaining(said) })
  expect(Math.abs((found.measures['skewMs'] ?? 0) - skewMs)).toBeLessThan(5_000)
})

test('without a Date nothing is claimed of the clock', async () => {
  await using proxy = await startProxy(it.url, { changeHeaders: ({ date: _date, ...headers }) => headers })
  expect((await examineAt(proxy.url)).of('clock', 'Date header').verdict).toBe('not observable')
})

test('a proxy that lets foreign pages in is told so', async () => {
  await using proxy = await startProxy(it.url, {
    // As one that sets Host and drops Origin by itself.
    answer: (req) => {
      req.headers.host = '127.0.0.1'
      delete req.headers.origin
      return null
    },
  })
  const { of } = await examineAt(proxy.url)
  expect(of('door', 'foreign Host').verdict).toBe('warning')
  expect(of('door', 'foreign Origin').verdict).toBe('wrong')
})

test('answers that are cut in the middle of their JSON are told, and throw nobody', async () => {
  await using proxy = await startProxy(it.url, {
    answer: ({ method }) =>
      method === 'POST' ? null : { status: 200, headers: { 'content-type': 'application/json' }, body: '{"data":' },
  })
  const { all } = await examineAt(proxy.url)
  expect(all('wrong')).toEqual(expect.arrayContaining(['state: /version', 'state: /v1/models', 'state: /ready']))
})
