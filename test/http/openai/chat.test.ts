import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/contract/errors.ts'
import { chatBody, endOf, fails, post, receiptOf, says, servedBy, startHttp, text, usage } from '../start-http.ts'
import type { Script } from '../start-http.ts'

const ask = async (script: Script, body: object = chatBody) => {
  await using http = await startHttp({ script })
  const reply = await post(http.url, body)
  const answer: { choices?: unknown[] } = JSON.parse(await reply.text())
  return { status: reply.status, headers: reply.headers, body: answer }
}

test('a plain reply has every field that OpenAI requires, null or not, and the gateway object', async () => {
  const { status, headers, body } = await ask(says(text('Hello'), text(' there')))
  expect(status).toBe(200)
  const requestId = headers.get('x-request-id') ?? ''
  expect(body).toEqual({
    id: requestId.replace('req_', 'chatcmpl-'),
    object: 'chat.completion',
    created: Date.UTC(2026, 10, 21) / 1000,
    model: 'gpt-6-luna-2026-11-01',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello there', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 12,
      completion_tokens: 7,
      total_tokens: 19,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    gateway: {
      request_id: requestId,
      provider: 'openai',
      model: 'gpt-6-luna-2026-11-01',
      task: 'chat',
      cache: 'miss',
      cache_reason: null,
      cached: null,
      cost_usd: '0.000020000',
      cost_nano_usd: '20000',
      saved_usd: '0.000000000',
      simulated: false,
      estimated: false,
      repairs: 0,
      warnings: [],
      timings: { first_token_ms: 5, admit_ms: 1, recall_ms: 1, route_ms: 1, total_ms: 9 },
    },
  })
})

test('headers say who answered, from where and for how much', async () => {
  const { headers } = await ask(says(text('Hello')))
  const own = [...headers].filter(([name]) => name.startsWith('x-gateway'))
  expect(Object.fromEntries(own)).toEqual({
    'x-gateway-provider': 'openai',
    'x-gateway-model': 'gpt-6-luna-2026-11-01',
    'x-gateway-task': 'chat',
    'x-gateway-cache': 'miss',
    'x-gateway-cost-usd': '0.000020000',
  })
})

test('what is not known is null or left out, never zero', async () => {
  const { headers, body } = await ask(async function* (_request, context) {
    yield {
      type: 'start',
      served: servedBy(context, { task: null, simulated: true, cache: 'exact', model: 'modell-ü\n' }),
    }
    yield text('Hello')
    const receipt = receiptOf(context, { costNanoUsd: null, savedNanoUsd: 1n })
    yield endOf(context, {
      receipt,
      usage: { ...usage, source: 'estimated' },
      warnings: [{ code: 'dropped_parameter', param: 'seed', message: 'Not taken.' }],
    })
  })
  expect(headers.get('x-gateway-cost-usd')).toBeNull()
  expect(headers.get('x-gateway-task')).toBeNull()
  expect(headers.get('x-gateway-simulated')).toBe('true')
  expect(headers.get('x-gateway-model')).toBe('modell-??')
  expect(body).toMatchObject({
    gateway: {
      cost_usd: null,
      cost_nano_usd: null,
      saved_usd: '0.000000001',
      task: null,
      cache: 'exact',
      simulated: true,
      estimated: true,
      warnings: [{ code: 'dropped_parameter', param: 'seed', message: 'Not taken.' }],
    },
  })
})

describe('a message', () => {
  const messageOf = async (script: Script): Promise<unknown> => (await ask(script)).body.choices?.[0]

  test('with tool calls has no content, and the arguments as the model wrote them', async () => {
    const script: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield { type: 'tool-call', choice: 0, index: 0, id: 'c1', name: 'weather', extra: { extra_content: { sig: 1 } } }
      yield { type: 'tool-arguments', choice: 0, index: 0, text: '{"city":' }
      yield { type: 'tool-arguments', choice: 0, index: 0, text: '"Ulm"' }
      yield endOf(context, { finishes: [{ choice: 0, reason: 'tool_calls', native: 'tool_use' }] })
    }
    expect(await messageOf(script)).toMatchObject({
      message: {
        content: null,
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Ulm"' },
            extra_content: { sig: 1 },
          },
        ],
      },
      finish_reason: 'tool_calls',
    })
  })

  test('shows thoughts, and gives back what is signed', async () => {
    const script = says(
      { type: 'reasoning', choice: 0, block: 0, text: 'two and ' },
      { type: 'reasoning', choice: 0, block: 0, text: 'two' },
      { type: 'reasoning-signature', choice: 0, block: 0, signature: 'sig' },
      { type: 'reasoning-redacted', choice: 0, block: 1, data: 'xyz' },
      text('Four.'),
    )
    expect(await messageOf(script)).toMatchObject({
      message: {
        content: 'Four.',
        reasoning_content: 'two and two',
        reasoning_details: [
          { type: 'reasoning.text', index: 0, text: 'two and two', signature: 'sig' },
          { type: 'reasoning.encrypted', index: 1, data: 'xyz' },
        ],
      },
    })
  })

  test('without signatures has no details', async () => {
    const choice = await messageOf(says({ type: 'reasoning', choice: 0, block: 0, text: 'hm' }, text('Four.')))
    expect(choice).toMatchObject({ message: { reasoning_content: 'hm' } })
    expect(choice).not.toHaveProperty('message.reasoning_details')
  })

  test('that refuses says so', async () => {
    expect(await messageOf(says({ type: 'refusal', choice: 0, text: 'No.' }))).toMatchObject({
      message: { content: null, refusal: 'No.' },
    })
  })

  test('without a word is empty, not null', async () => {
    expect(await messageOf(says())).toMatchObject({ message: { content: '' } })
  })

  test('keeps its log probabilities', async () => {
    const content = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }]
    expect(await messageOf(says(text('a'), { type: 'logprobs', choice: 0, content }))).toMatchObject({
      logprobs: { content, refusal: null },
    })
  })
})

test('several answers keep their numbers', async () => {
  const { body } = await ask(async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield text('b', 1)
    yield text('a', 0)
    yield endOf(context, {
      finishes: [
        { choice: 1, reason: 'length', native: 'length' },
        { choice: 0, reason: 'stop', native: 'stop' },
      ],
    })
  })
  expect(body).toMatchObject({
    choices: [
      { index: 0, message: { content: 'a' }, finish_reason: 'stop' },
      { index: 1, message: { content: 'b' }, finish_reason: 'length' },
    ],
  })
})

test('the Cache-Control header reaches the request', async () => {
  await using http = await startHttp()
  await post(http.url, chatBody, { 'cache-control': 'no-store' })
  expect(http.seen[0]?.request.cache).toMatchObject({ read: false, write: false })
})

describe('an error', () => {
  test.each([
    [
      new GatewayError('rate_limited', 'Slow down.', { retryAfterMs: 1_500 }),
      429,
      { 'retry-after': '2', 'retry-after-ms': '1500', 'x-should-retry': 'true' },
    ],
    [new GatewayError('model_not_found', 'No such model.', { param: 'model' }), 404, { 'x-should-retry': 'false' }],
    [new GatewayError('provider_overloaded', 'Busy.'), 503, { 'x-should-retry': 'true' }],
    [new GatewayError('deadline_exceeded', 'Late.'), 504, { 'x-should-retry': 'true' }],
    [new GatewayError('cost_limit_reached', 'Dear.'), 402, { 'x-should-retry': 'false' }],
  ])('%o has its status, its headers and all four keys', async (error, status, headers) => {
    const reply = await ask(fails(error))
    expect(reply.status).toBe(status)
    expect(Object.fromEntries(reply.headers)).toMatchObject(headers)
    expect(reply.body).toEqual({
      error: {
        message: error.message,
        type: error.type,
        param: error.detail.param ?? null,
        code: error.code,
        gateway: { request_id: reply.headers.get('x-request-id'), advice: error.advice, retryable: error.retryable },
      },
    })
  })

  test('of routing names every model and why it was refused', async () => {
    const refusals = Array.from({ length: 12 }, (_, n) => ({
      model: `openai:gpt-${n}`,
      reason: 'too dear',
      code: 'cost_limit' as const,
    }))
    const { body } = await ask(fails(new GatewayError('no_eligible_model', 'None fits.', { refusals })))
    expect(body).toMatchObject({ error: { gateway: { refusals: refusals.slice(0, 10), refusals_total: 12 } } })
  })

  test('in the middle of a plain reply is still an error, because nothing was sent', async () => {
    const broken: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield text('Hel')
      throw new GatewayError('provider_cut', 'Broke off.')
    }
    expect(await ask(broken)).toMatchObject({ status: 502, body: { error: { code: 'provider_cut' } } })
  })
})

test('a caller who leaves ends the call', async () => {
  let reason: unknown
  const script: Script = async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
    reason = context.signal.reason
    throw context.signal.reason
  }
  await using http = await startHttp({ script })
  const leave = new AbortController()
  const reply = fetch(`${http.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chatBody),
    signal: leave.signal,
  })
  await expect.poll(() => http.seen.length).toBe(1)
  leave.abort()
  await expect(reply).rejects.toThrow()
  await expect.poll(() => reason).toMatchObject({ code: 'caller_left' })
  expect(http.logged).toEqual([])
})
