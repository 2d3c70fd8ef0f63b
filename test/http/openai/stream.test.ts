import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/contract/errors.ts'
import { readChatBody } from '../../../src/contract/openai-request.ts'
import { sleep } from '../../../src/lib/abort.ts'
import { rawRequest } from '../raw.ts'
import { chatBody, endOf, fails, post, says, servedBy, startHttp, text } from '../start-http.ts'
import type { Script, StartOptions } from '../start-http.ts'

const streamed = { ...chatBody, stream: true }

/** The payloads of a stream, parsed, `[DONE]` as it is; comments apart. */
const parse = (said: string) => {
  const data: unknown[] = []
  const comments: string[] = []
  const parser = createParser({
    onEvent: (event) => data.push(event.data === '[DONE]' ? event.data : JSON.parse(event.data)),
    onComment: (comment) => comments.push(comment),
  })
  parser.feed(said)
  return { data, comments }
}

const ask = async (script: Script, body: object = streamed, options: StartOptions = {}) => {
  await using http = await startHttp({ ...options, script })
  const reply = await post(http.url, body)
  return { status: reply.status, headers: reply.headers, logged: http.logged, ...parse(await reply.text()) }
}

describe('a stream', () => {
  test('opens with the role, says the pieces, holds the finish for the gateway object and is done', async () => {
    const { status, headers, data, comments } = await ask(says(text('Hel'), text('lo')))
    expect(status).toBe(200)
    expect(comments).toEqual([])
    const requestId = headers.get('x-request-id') ?? ''
    const head = {
      id: requestId.replace('req_', 'chatcmpl-'),
      object: 'chat.completion.chunk',
      created: Date.UTC(2026, 10, 21) / 1000,
      model: 'gpt-6-luna-2026-11-01',
    }
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    })
    expect(data).toEqual([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      {
        ...chunk({}, 'stop'),
        gateway: expect.objectContaining({
          request_id: requestId,
          cost_usd: '0.000020000',
          cost_nano_usd: '20000',
          cache: 'miss',
        }),
      },
      '[DONE]',
    ])
  })

  test('has the headers that keep proxies from holding it back, and those that are known by now', async () => {
    const { headers } = await ask(says(text('Hello')))
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-gateway-provider': 'openai',
      'x-gateway-model': 'gpt-6-luna-2026-11-01',
      'x-gateway-task': 'chat',
      'x-gateway-cache': 'miss',
    })
    expect(headers.get('x-gateway-cost-usd')).toBeNull()
    expect(headers.get('content-length')).toBeNull()
  })

  test('reports usage in a chunk of its own when asked, and null until then', async () => {
    const { data } = await ask(says(text('Hello')), { ...streamed, stream_options: { include_usage: true } })
    const chunks = data.slice(0, -2)
    expect(chunks.map((chunk) => Reflect.get(Object(chunk), 'usage'))).toEqual([null, null, null])
    expect(data.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 },
    })
    expect(data.at(-1)).toBe('[DONE]')
  })

  test('has no empty choices unless usage was asked for', async () => {
    const { data } = await ask(says(text('Hello')))
    expect(data.filter((chunk) => Reflect.get(Object(chunk), 'choices')?.length === 0)).toEqual([])
  })

  test('carries tool calls, refusals and log probabilities', async () => {
    const { data } = await ask(
      says(
        { type: 'tool-call', choice: 0, index: 1, id: 'c1', name: 'weather', extra: { extra_content: 1 } },
        { type: 'tool-arguments', choice: 0, index: 1, text: '{"' },
        { type: 'refusal', choice: 0, text: 'No.' },
        { type: 'logprobs', choice: 0, content: [] },
      ),
    )
    const choices = data.slice(1, 5).map((chunk) => Reflect.get(Object(chunk), 'choices')[0])
    expect(choices).toMatchObject([
      {
        delta: {
          tool_calls: [
            { index: 1, id: 'c1', type: 'function', function: { name: 'weather', arguments: '' }, extra_content: 1 },
          ],
        },
      },
      { delta: { tool_calls: [{ index: 1, function: { arguments: '{"' } }] } },
      { delta: { refusal: 'No.' } },
      { delta: {}, logprobs: { content: [], refusal: null } },
    ])
  })

  test('gives signed thoughts whole, so that they can be sent back', async () => {
    const { data } = await ask(
      says(
        { type: 'reasoning', choice: 0, block: 0, text: 'two and ' },
        { type: 'reasoning', choice: 0, block: 0, text: 'two' },
        { type: 'reasoning-signature', choice: 0, block: 0, signature: 'sig' },
        { type: 'reasoning-redacted', choice: 0, block: 1, data: 'xyz' },
        text('Four.'),
      ),
    )
    const deltas = data.slice(0, -2).map((chunk) => Reflect.get(Object(chunk), 'choices')[0].delta)
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe('two and two')
    const details: unknown[] = deltas.flatMap((delta) => delta.reasoning_details ?? [])
    const back = readChatBody(
      { model: 'm', messages: [{ role: 'assistant', content: 'Four.', reasoning_details: details }] },
      { providers: new Set() },
    )
    expect(back.request.messages[0]).toMatchObject({
      reasoning: [
        { kind: 'text', text: 'two and two', signature: 'sig' },
        { kind: 'redacted', data: 'xyz' },
      ],
    })
  })

  test('of several answers opens each with its role and finishes each', async () => {
    const { data } = await ask(async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield text('b', 1)
      yield text('a', 0)
      yield endOf(context, {
        finishes: [
          { choice: 0, reason: 'stop', native: 'stop' },
          { choice: 1, reason: 'length', native: 'length' },
        ],
      })
    })
    const choices = data.slice(0, -1).map((chunk) => Reflect.get(Object(chunk), 'choices')[0])
    expect(
      choices.map(({ index, delta, finish_reason }) => [index, delta.role ?? delta.content ?? finish_reason]),
    ).toEqual([
      [0, 'assistant'],
      [1, 'assistant'],
      [1, 'b'],
      [0, 'a'],
      [0, 'stop'],
      [1, 'length'],
    ])
    expect(data.map((chunk) => 'gateway' in Object(chunk))).toEqual([false, false, false, false, false, true, false])
  })

  test('survives line breaks and separators within the text', async () => {
    const wild = 'a\nb\r\n\n data: x\u2028\u0000"\\ 👋'
    const { data } = await ask(says(text(wild)))
    expect(data[1]).toMatchObject({ choices: [{ delta: { content: wild } }] })
  })

  test('of many pieces at once arrives whole, in few writes', async () => {
    const pieces = Array.from({ length: 5_000 }, (_, index) => `${index} `)
    const { data } = await ask(says(...pieces.map((piece) => text(piece))))
    const said = data.slice(1, -2).map((chunk) => Reflect.get(Object(chunk), 'choices')[0].delta.content)
    expect(said.join('')).toBe(pieces.join(''))
  })
})

describe('before the first token', () => {
  test('a refusal has its true status and is no stream', async () => {
    await using http = await startHttp({ script: fails(new GatewayError('no_provider', 'None.')) })
    const reply = await post(http.url, streamed)
    expect(reply.status).toBe(503)
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await reply.json()).toMatchObject({ error: { code: 'no_provider' } })
  })

  test('a late answer is committed to 200 and kept alive by comments', async () => {
    const late: Script = async function* (request, context) {
      await delay(150)
      yield* says(text('Hello'))(request, context)
    }
    const { status, headers, data, comments } = await ask(late, streamed, {
      settings: { commitAfterMs: 20, pingIntervalMs: 20 },
    })
    expect(status).toBe(200)
    expect(headers.get('x-gateway-model')).toBeNull()
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    expect(comments.length).toBeGreaterThan(1)
    expect(new Set(comments)).toEqual(new Set(['ping']))
    expect(data.at(-1)).toBe('[DONE]')
  })

  test('a failure that comes after the commitment is an error event without [DONE]', async () => {
    const late: Script = async function* (request, context) {
      await delay(60)
      yield* fails(new GatewayError('provider_timeout', 'Too slow.'))(request, context)
    }
    const { status, data } = await ask(late, streamed, { settings: { commitAfterMs: 10 } })
    expect(status).toBe(200)
    expect(data).toEqual([
      {
        error: expect.objectContaining({
          code: 'provider_timeout',
          message: 'Too slow.',
          param: null,
          type: 'timeout_error',
        }),
      },
    ])
  })
})

describe('after the first token', () => {
  const breaksWith = (thrown: unknown): Script =>
    async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield text('Hel')
      throw thrown
    }

  test('a break is an error event, then the end without [DONE]', async () => {
    const { status, data } = await ask(breaksWith(new GatewayError('provider_cut', 'Broke off.')))
    expect(status).toBe(200)
    expect(data).toHaveLength(3)
    expect(data.at(-1)).toMatchObject({
      error: { code: 'provider_cut', type: 'provider_error', param: null, gateway: { retryable: true } },
    })
  })

  test('an unknown failure says nothing of itself but in the log', async () => {
    const { data, logged } = await ask(breaksWith(new Error('secret detail')))
    expect(JSON.stringify(data)).not.toContain('secret')
    expect(data.at(-1)).toMatchObject({ error: { code: 'internal' } })
    expect(logged).toHaveLength(1)
  })

  test('a journey that ends without its end is broken, not done', async () => {
    const { data } = await ask(async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield text('Hel')
    })
    expect(data.at(-1)).toMatchObject({ error: { code: 'provider_cut' } })
    expect(data).not.toContain('[DONE]')
  })

  test('pauses are filled with comments', async () => {
    const { comments, data } = await ask(
      async function* (_request, context) {
        yield { type: 'start', served: servedBy(context) }
        yield text('a')
        await delay(100)
        yield endOf(context)
      },
      streamed,
      { settings: { pingIntervalMs: 15 } },
    )
    expect(comments.length).toBeGreaterThan(1)
    expect(data.at(-1)).toBe('[DONE]')
  })
})

describe('a caller', () => {
  test('who leaves ends the call, and its generator is closed', async () => {
    const seen: unknown[] = []
    const script: Script = async function* (_request, context) {
      try {
        yield { type: 'start', served: servedBy(context) }
        for (;;) {
          yield text('more ')
          await sleep(5, context.signal)
        }
      } finally {
        seen.push(context.signal.reason)
      }
    }
    await using http = await startHttp({ script })
    const leave = new AbortController()
    const reply = await fetch(`${http.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(streamed),
      signal: leave.signal,
    })
    await reply.body?.getReader().read()
    leave.abort()
    await expect.poll(() => seen).toMatchObject([{ code: 'caller_left' }])
    expect(http.logged).toEqual([])
  })

  test('who reads slowly holds the call back instead of filling the memory', async () => {
    let made = 0
    const script: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      for (; made < 10_000; made++) yield text('x'.repeat(10_000))
      yield endOf(context)
    }
    await using http = await startHttp({ script })
    const socket = connect(http.port, '127.0.0.1')
    socket.pause().write(
      rawRequest({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(streamed),
      }),
    )
    await expect.poll(() => made).toBeGreaterThan(10)
    const held = await settled(() => made)
    expect(held).toBeLessThan(10_000)
    socket.resume()
    await once(socket, 'close')
    expect(made).toBe(10_000)
  })

  test('of an answer that is all there leaves the others their turns', async () => {
    const pieces = 20_000
    let turns = 0
    let counting = setImmediate(function count() {
      turns += 1
      counting = setImmediate(count)
    })
    const script: Script = async function* (request, context) {
      yield* says(...Array.from({ length: pieces }, () => text('word ')))(request, context)
      clearImmediate(counting)
    }
    await using http = await startHttp({ script })
    const said = await (await post(http.url, streamed)).text()
    expect(said).toContain('[DONE]')
    // A turn for every 16 KiB.
    expect(turns).toBeGreaterThan(said.length / 20_000)
  })

  test('who stops reading for good is let go', async () => {
    let closed = false
    const script: Script = async function* (_request, context) {
      try {
        yield { type: 'start', served: servedBy(context) }
        for (;;) yield text('x'.repeat(10_000))
      } finally {
        closed = true
      }
    }
    await using http = await startHttp({ script, settings: { requestDeadlineMs: 100 } })
    const socket = connect(http.port, '127.0.0.1')
    socket.on('error', () => {}).pause()
    socket.write(
      rawRequest({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(streamed),
      }),
    )
    await expect.poll(() => closed).toBe(true)
    socket.destroy()
  })
})

/** A number once it has stopped changing. */
const settled = async (read: () => number): Promise<number> => {
  for (let last = -1; ; await delay(100)) {
    if (read() === last) return last
    last = read()
  }
}
