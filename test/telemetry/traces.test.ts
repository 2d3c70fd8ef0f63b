import { expect, test } from 'vitest'
import { spanIdOf } from '../../src/lib/span-id.ts'
import { connect } from '../mcp/support/clients.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { startCollector } from '../support/collector.ts'
import type { Collector } from '../support/collector.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const callersSpan = '00f067aa0ba902b7'
const traceparent = (flags = '01'): string => `00-${traceId}-${callersSpan}-${flags}`

const start = (collector: Pick<Collector, 'url'>, env: Readonly<Record<string, string>> = {}): Promise<TestApp> =>
  startApp({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
    // The upstream stands for a server of the operator's own.
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({ ...row, takesTraceContext: row.id !== 'anthropic' })),
    }),
  })

const post = (it: TestApp, text: string, headers: Record<string, string> = {}, model = 'gpt-6-luna') =>
  fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: text }] }),
  })

test('a request is a span in its caller’s trace, with one for memory and one for each try, and the provider hears of it', async () => {
  await using collector = await startCollector()
  const it = await start(collector, {
    OTEL_SERVICE_NAME: 'the-gateway',
    OTEL_RESOURCE_ATTRIBUTES: 'gcp.project_id=my-project,deployment.environment=test',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=blue%20one',
  })
  it.upstream.script([{ kind: 'status', status: 500 }])
  const reply = await post(it, 'What is the capital of France?', { traceparent: traceparent() })
  expect(reply.headers.get('x-trace-id')).toBe(traceId)
  const requestId = reply.headers.get('x-request-id') ?? ''
  await reply.text()
  await it[Symbol.asyncDispose]()

  const [request, recall, exact, canonical, near, first, second] = collector.spans
  expect(collector.spans).toHaveLength(7)
  expect(collector.spans.every((span) => span.traceId === traceId)).toBe(true)
  expect(request).toMatchObject({
    name: 'chat gpt-6-luna',
    kind: 2,
    spanId: spanIdOf(requestId),
    parentSpanId: callersSpan,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-6-luna',
      'gen_ai.provider.name': 'openai',
      'gateway.request.id': requestId,
      'gateway.cache': 'miss',
      'gateway.outcome': 'complete',
      'gateway.tries': 2,
    },
  })
  expect(request?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0)
  expect(request?.attributes['gateway.cost_nano_usd']).toMatch(/^[1-9]\d*$/)
  expect(recall).toMatchObject({
    name: 'recall',
    parentSpanId: request?.spanId,
    attributes: { 'gateway.cache': 'miss' },
  })
  for (const [tier, span] of Object.entries({ exact, canonical, near }))
    expect(span).toMatchObject({
      name: `recall ${tier}`,
      parentSpanId: recall?.spanId,
      attributes: { 'gateway.cache.tier': tier, 'gateway.cache.found': false },
    })
  expect(first).toMatchObject({
    name: expect.stringMatching(/^chat /),
    kind: 3,
    parentSpanId: request?.spanId,
    attributes: { 'error.type': 'provider_failed', 'http.response.status_code': 500 },
    status: { code: 2 },
  })
  expect(second).toMatchObject({ kind: 3, attributes: { 'gateway.try.outcome': 'answered' } })
  for (const span of collector.spans) expect(span.endTimeUnixNano).toBeGreaterThanOrEqual(span.startTimeUnixNano)

  expect(it.upstream.requests.map(({ headers }) => headers['traceparent'])).toEqual(
    [first, second].map((span) => `00-${traceId}-${span?.spanId}-01`),
  )
  expect(collector.resources[0]).toMatchObject({
    'service.name': 'the-gateway',
    'gcp.project_id': 'my-project',
    'deployment.environment': 'test',
  })
  expect(collector.headers[0]).toMatchObject({ 'x-team': 'blue one' })
  // What was asked and said is nobody's there, nor are keys.
  for (const word of ['capital', 'France', 'Simulated', 'key-a']) expect(collector.text).not.toContain(word)
})

test('a caller without a trace begins one here, and a refusal is a span as well', async () => {
  await using collector = await startCollector()
  const it = await start(collector)
  const reply = await post(it, 'hello', {}, 'no-such-model')
  expect(reply.status).toBe(404)
  await it[Symbol.asyncDispose]()
  expect(collector.spans).toMatchObject([
    {
      traceId: reply.headers.get('x-trace-id'),
      name: 'chat no-such-model',
      attributes: { 'error.type': 'model_not_found', 'http.response.status_code': 404 },
      status: { code: 2, message: 'model_not_found' },
    },
  ])
  expect(collector.spans[0]?.parentSpanId ?? '').toBe('')
})

test('a trace that its beginner does not record is not sent, and the provider is told so', async () => {
  await using collector = await startCollector()
  const it = await start(collector)
  await (await post(it, 'hello', { traceparent: traceparent('00') })).text()
  await it[Symbol.asyncDispose]()
  expect(collector.spans).toEqual([])
  expect(String(it.upstream.requests[0]?.headers['traceparent'])).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
})

test('with a share of 0 nothing that begins here is sent, and what others record still is', async () => {
  await using collector = await startCollector()
  const it = await start(collector, { OTEL_TRACES_SAMPLER_ARG: '0' })
  await (await post(it, 'hello')).text()
  await (await post(it, 'hello again', { traceparent: traceparent() })).text()
  await it[Symbol.asyncDispose]()
  expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
})

test('a provider outside is told nothing of the trace', async () => {
  await using collector = await startCollector()
  await using it = await start(collector)
  await (await post(it, 'hello', { traceparent: traceparent() }, 'claude-sonnet-5')).text()
  expect(it.upstream.requests).toHaveLength(1)
  expect(it.upstream.requests[0]?.headers['traceparent']).toBeUndefined()
})

test('without a collector the caller’s own place in the trace is passed on', async () => {
  await using it = await startApp({
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({ ...row, takesTraceContext: true })),
    }),
  })
  await (await post(it, 'hello', { traceparent: traceparent() })).text()
  expect(it.upstream.requests[0]?.headers['traceparent']).toBe(traceparent())
})

test('a tool call is a span of its tool, in the trace that the protocol carries', async () => {
  await using collector = await startCollector()
  const it = await start(collector)
  {
    await using client = await connect('SDK v2 client, auto', `${it.url}/mcp`, { traceparent: traceparent() })
    await client.call('unified_completion', { prompt: 'hello', model: 'gpt-6-luna' })
  }
  await it[Symbol.asyncDispose]()
  expect(collector.spans[0]).toMatchObject({
    traceId,
    name: 'tools/call unified_completion',
    attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'unified_completion' },
  })
})

test.each(['refuses', 'hangs'] as const)(
  'a collector that %s costs no request, and does not hold up the end',
  async (behaves) => {
    await using collector = await startCollector(behaves)
    const it = await start(collector)
    for (let index = 0; index < 3; index += 1) expect((await post(it, `hello ${index}`)).status).toBe(200)
    await it[Symbol.asyncDispose]()
    expect(it.receipts).toHaveLength(3)
  },
)
