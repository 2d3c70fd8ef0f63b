import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { sse } from '../support/upstream.ts'

let it: TestApp

beforeEach(async () => {
  it = await startApp()
})
afterEach(() => it[Symbol.asyncDispose]())

const schema = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 2 }, rivers: { type: 'array', items: { type: 'string' } } },
  required: ['city', 'rivers'],
  additionalProperties: false,
}
const format = (fields: JsonObject = {}) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'town', schema, ...fields } },
})
const right = '{"city": "Ulm", "rivers": ["Donau", "Iller"]}'
const wrong = '{"city": "U", "rivers": "Donau"}'

const choice = (index: number, content: string, finish = 'stop') => ({
  index,
  message: { role: 'assistant', content },
  finish_reason: finish,
})
const usage = (input: number, output: number) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
})
const reply = (...choices: JsonObject[]) => ({
  body: {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o',
    choices,
    usage: usage(1_000_000, 0),
  },
})
const streamed = (content: string, finish = 'stop') => ({
  body: [
    ...(content.match(/.{1,7}/gs) ?? []).map((piece) =>
      sse({ id: 'x', model: 'gpt-4o', choices: [{ index: 0, delta: { content: piece } }] }),
    ),
    sse({ id: 'x', model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: finish }] }),
    sse({ id: 'x', model: 'gpt-4o', choices: [], usage: usage(1_000_000, 0) }),
    sse('[DONE]'),
  ],
})

const asked = (fields: Record<string, unknown> = {}) => ask('Which rivers meet at Ulm?', { model: 'gpt-4o', ...fields })
const whole = (fields: Record<string, unknown> = format()) =>
  hear(it.app.gateway.complete(asked(fields), context({ incremental: false })))
const live = (fields: Record<string, unknown> = format()) => hear(it.app.gateway.complete(asked(fields), context()))
const bodies = () => it.upstream.requests.map(({ body }) => body as { messages: { role: string; content: string }[] })

describe('an answer in one piece', () => {
  test('that fits is passed on as it came, for the price of one call', async () => {
    it.upstream.script([reply(choice(0, right))])
    const { text, error } = await whole()
    expect(error).toBeNull()
    expect(text).toBe(right)
    expect(it.receipts).toMatchObject([{ outcome: 'complete', repairs: 0, costNanoUsd: 2_500_000_000n }])
  })

  test.each([
    ['in a fence', `\`\`\`json\n${right}\n\`\`\``],
    ['in a fence among prose', `Here it is:\n\n\`\`\`\n${right}\n\`\`\`\nAsk me for more.`],
  ])('%s comes out of it', async (_where, said) => {
    it.upstream.script([reply(choice(0, said))])
    expect((await whole()).text).toBe(right)
    expect(it.upstream.requests).toHaveLength(1)
  })

  test('that does not fit is shown to its model with every fault, and the repair is paid on the same receipt', async () => {
    it.upstream.script([reply(choice(0, wrong)), reply(choice(0, right))])
    const { text, error, events } = await whole()
    expect(error).toBeNull()
    expect(text).toBe(right)
    expect(it.receipts).toMatchObject([
      { outcome: 'complete', repairs: 1, costNanoUsd: 5_000_000_000n, usage: { inputTokens: 2_000_000 } },
    ])
    expect(it.receipts[0]?.tries.map(({ outcome }) => outcome)).toEqual(['answered', 'answered'])
    const [, again] = bodies()
    expect(again?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(again?.messages[1]?.content).toBe(wrong)
    expect(again?.messages[2]?.content).toContain('/city must NOT have fewer than 2 characters')
    expect(again?.messages[2]?.content).toContain('/rivers must be array')
    expect(events.filter(({ type }) => type === 'start')).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({ type: 'end', finishes: [{ choice: 0, reason: 'stop' }] })
  })

  test('that never fits is a typed failure with the text and its faults, and is not cached', async () => {
    it.upstream.script([reply(choice(0, 'Donau!')), reply(choice(0, wrong)), reply(choice(0, right))])
    const { error } = await whole()
    expect(error).toMatchObject({
      code: 'structured_output_invalid',
      status: 502,
      retryable: false,
      detail: {
        provider: 'openai',
        structuredOutput: { text: wrong, repairs: 1, errors: [{ path: '/city' }, { path: '/rivers' }] },
      },
    })
    expect(it.receipts).toMatchObject([
      { outcome: 'failed', errorCode: 'structured_output_invalid', repairs: 1, costNanoUsd: 5_000_000_000n },
    ])
    expect((await whole()).text).toBe(right)
    expect(it.receipts[1]?.cache).toBe('miss')
  })

  test('that was cut off is not asked for again: the failure says so', async () => {
    it.upstream.script([reply(choice(0, '{"city": "Ul', 'length'))])
    const { error } = await whole()
    expect(error?.message).toContain('cut off')
    expect(error).toMatchObject({
      code: 'structured_output_invalid',
      detail: { structuredOutput: { text: '{"city": "Ul', repairs: 0, errors: [] } },
    })
    expect(it.upstream.requests).toHaveLength(1)
  })

  test('a refusal passes as it is', async () => {
    const refusal = { role: 'assistant', content: null, refusal: 'I would rather not.' }
    it.upstream.script([reply({ index: 0, message: refusal, finish_reason: 'stop' })])
    const { error, events } = await whole()
    expect(error).toBeNull()
    expect(events).toContainEqual({ type: 'refusal', choice: 0, text: 'I would rather not.' })
  })

  test('calls of tools pass as they are', async () => {
    const calls = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }]
    const said = 'Let me look for\n```json\n{}\n```'
    const message = { role: 'assistant', content: said, tool_calls: calls }
    it.upstream.script([reply({ index: 0, message, finish_reason: 'tool_calls' })])
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
    expect(await whole({ ...format(), tools })).toMatchObject({ text: said, error: null })
    expect(it.upstream.requests).toHaveLength(1)
  })

  test('of several choices each is judged, and the wrong ones alone are repaired', async () => {
    const other = right.replace('Ulm', 'Passau')
    it.upstream.script([
      reply(choice(0, right), choice(1, wrong), choice(2, 'Inn')),
      reply(choice(0, other)),
      reply(choice(0, right)),
    ])
    const answer = await it.app.gateway.collect(asked({ ...format(), n: 3 }), context({ incremental: false }))
    expect(answer.choices.map(({ index, text, finish }) => [index, text, finish.choice])).toEqual([
      [0, right, 0],
      [1, other, 1],
      [2, right, 2],
    ])
    expect(it.receipts).toMatchObject([{ repairs: 2 }])
    expect(bodies().map((body) => 'n' in body)).toEqual([true, false, false])
  })

  test('json_object wants an object, whatever is in it', async () => {
    it.upstream.script([reply(choice(0, '[1]')), reply(choice(0, '{"a": 1}'))])
    const { text } = await whole({ response_format: { type: 'json_object' } })
    expect(text).toBe('{"a": 1}')
    expect(it.receipts[0]?.repairs).toBe(1)
  })

  test('the answer of a caller who names a tool, or asks for text, is not judged', async () => {
    it.upstream.script([reply(choice(0, 'Donau')), reply(choice(0, 'Donau'))])
    expect((await whole({ response_format: { type: 'text' } })).text).toBe('Donau')
    const tools = [{ type: 'function', function: { name: 'look' } }]
    const choiceOfTool = { tools, tool_choice: { type: 'function', function: { name: 'look' } } }
    expect((await whole({ ...format(), ...choiceOfTool })).error).toBeNull()
  })
})

describe('a stream', () => {
  test('is held until it fits where the schema is not enforced: nothing of the wrong answer gets out', async () => {
    it.upstream.script([streamed(wrong), streamed(right)])
    const { text, error, events } = await live()
    expect(error).toBeNull()
    expect(text).toBe(right)
    expect(events[0]?.type).toBe('start')
    expect(it.receipts).toMatchObject([{ repairs: 1, outcome: 'complete' }])
  })

  test('that never fits ends before it began, with a true status', async () => {
    it.upstream.script([streamed(wrong), streamed(wrong)])
    const reply = await fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'hi' }], ...format() }),
    })
    expect(reply.status).toBe(502)
    expect(await reply.json()).toMatchObject({
      error: {
        code: 'structured_output_invalid',
        gateway: { retryable: false, structured_output: { text: wrong, repairs: 1 } },
      },
    })
  })

  test('passes live where the provider enforces the schema, and ends in an error where it does not fit all the same', async () => {
    it.upstream.script([streamed(right), streamed(wrong)])
    const good = await live(format({ strict: true }))
    expect(good.error).toBeNull()
    expect(good.events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1)
    const bad = await live({ ...format({ strict: true }), use_cache: false })
    expect(bad.text).toBe(wrong)
    expect(bad.error?.code).toBe('structured_output_invalid')
    expect(it.receipts[1]).toMatchObject({ outcome: 'upstream_error', repairs: 0 })
    expect(it.upstream.requests).toHaveLength(2)
  })

  test('that passes live is judged as it came: a fence is with the caller already', async () => {
    it.upstream.script([streamed(`\`\`\`\n${right}\n\`\`\``)])
    expect((await live(format({ strict: true }))).error?.code).toBe('structured_output_invalid')
  })

  test('is shared while it is held: followers get the repaired answer and pay nothing', async () => {
    it.upstream.script([streamed(wrong), streamed(right)])
    const heard = await Promise.all([live(), live(), whole()])
    expect(heard.map(({ text }) => text)).toEqual([right, right, right])
    expect(it.upstream.requests).toHaveLength(2)
    expect(new Set(it.receipts.map(({ costNanoUsd, repairs }) => `${costNanoUsd} for ${repairs}`))).toEqual(
      new Set(['0 for 0', '5000000000 for 1']),
    )
    expect(it.receipts).toHaveLength(3)
  })
})

test('with repairs switched off a stream passes live, and nobody is asked twice', async () => {
  await using off = await startApp({ change: (config) => ({ ...config, structured: { maxRepairs: 0 } }) })
  off.upstream.script([streamed(wrong), reply(choice(0, wrong))])
  const streaming = await hear(off.app.gateway.complete(asked(format()), context()))
  expect(streaming).toMatchObject({ text: wrong, error: { code: 'structured_output_invalid' } })
  const plain = await hear(off.app.gateway.complete(asked(format()), context({ incremental: false })))
  expect(plain).toMatchObject({ text: '', error: { code: 'structured_output_invalid' } })
  expect(off.upstream.requests).toHaveLength(2)
})

test('a schema that is none is refused before anything is spent, by its path', async () => {
  const broken = { ...schema, properties: { city: { type: 'strnig' } } }
  const { error } = await whole(format({ schema: broken }))
  expect(error).toMatchObject({
    code: 'invalid_request',
    detail: { param: 'response_format.json_schema.schema.properties.city.type' },
  })
  expect(it.upstream.requests).toHaveLength(0)
  expect(it.receipts).toHaveLength(0)
})

test('a model whose wire takes no schema is told it in words, and is held to it all the same', async () => {
  const house = { model: 'openai-compatible:house-model', ...format({ strict: true }) }
  await using told = await startApp({
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({ ...row, wire: { ...row.wire, jsonSchema: false } })),
    }),
  })
  told.upstream.script([streamed(wrong), streamed(right)])
  const { text, error } = await hear(told.app.gateway.complete(asked(house), context()))
  expect(error).toBeNull()
  expect(text).toBe(right)
})

test('a repair that its provider breaks leaves the caller with the first answer and the reason', async () => {
  const down = { kind: 'status', status: 503 } as const
  it.upstream.script([reply(choice(0, wrong)), down, down, down, down, down, down])
  const { error } = await whole()
  expect(error).toMatchObject({
    code: 'structured_output_invalid',
    detail: { structuredOutput: { text: wrong } },
    cause: { code: 'provider_overloaded' },
  })
  expect(it.receipts).toMatchObject([{ costNanoUsd: 2_500_000_000n, repairs: 1 }])
})

test('max_cost_usd is a promise over the answer and its repairs together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 20, max: 2_000 }), async (microUsd) => {
      it.receipts.length = 0
      const request = ask(`Invent a town, number ${microUsd}.`, {
        model: 'gpt-4o',
        use_cache: false,
        requirements: { max_cost_usd: microUsd / 1e6 },
        // The sandbox does not look at `not`, so that its answers never fit.
        response_format: { type: 'json_schema', json_schema: { name: 'town', schema: { ...schema, not: {} } } },
      })
      const { error } = await hear(it.app.gateway.complete(request, context({ incremental: false })))
      if (error?.code === 'limit_unsatisfiable') return
      expect(error?.code).toBe('structured_output_invalid')
      expect(it.receipts[0]?.costNanoUsd).toBeLessThanOrEqual(BigInt(microUsd) * 1000n)
    }),
    { numRuns: 40 },
  )
})

test('the deadline holds over the repairs too', async () => {
  await using brief = await startApp({
    change: (config) => ({ ...config, http: { ...config.http, requestDeadlineMs: 500 } }),
  })
  brief.upstream.script([reply(choice(0, wrong)), { kind: 'black-hole' }])
  const { error } = await hear(brief.app.gateway.complete(asked(format()), context({ incremental: false })))
  expect(error?.code).toBe('deadline_exceeded')
  await expect.poll(() => brief.receipts).toMatchObject([{ outcome: 'deadline_exceeded', repairs: 1 }])
  expect(brief.receipts[0]?.costNanoUsd).toBeGreaterThan(2_500_000_000n)
})

test('the MCP tool and its twin take the same way, and name the schema as it is called there', async () => {
  it.upstream.script([reply(choice(0, wrong)), reply(choice(0, right))])
  const post = (body: JsonObject) =>
    fetch(`${it.url}/unified_completion`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', prompt: 'Which rivers meet at Ulm?', ...body }),
    })
  const good = await post({ json_schema: schema })
  expect(await good.json()).toMatchObject({ json: JSON.parse(right) })
  const bad = await post({ json_schema: { properties: { city: { type: 'strnig' } } } })
  expect(await bad.json()).toMatchObject({
    error: { message: expect.stringMatching(/^"json_schema\.properties/), param: 'json_schema.properties.city.type' },
  })
})
