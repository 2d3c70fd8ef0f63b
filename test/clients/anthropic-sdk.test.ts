import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

let it: TestApp
let client: Anthropic

beforeAll(async () => {
  it = await startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
  client = new Anthropic({ baseURL: it.url, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => it[Symbol.asyncDispose]())
beforeEach(() => {
  it.receipts.length = 0
})

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const user = (content: Anthropic.MessageParam['content']): Anthropic.MessageParam => ({ role: 'user', content })
const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')

/** What the provider could not do. */
const missedBy = (message: Anthropic.Message): string[] =>
  z
    .looseObject({
      gateway: z.looseObject({ warnings: z.array(z.looseObject({ code: z.string(), param: z.string() })) }),
    })
    .parse(message)
    .gateway.warnings.flatMap(({ code, param }) => (code === 'model_deprecated' ? [] : [param]))

// One model a wire; with tools, the second of OpenAI's goes by its Responses.
const models = ['gpt-4o', 'gpt-6-luna', 'claude-haiku-5-5', 'gemini-3.8-flash']

test.each(models)('messages.create: %s answers in one piece', async (model) => {
  const { data: message, response } = await client.messages
    .create({ model, max_tokens: 500, messages: [user('What is TCP?')] })
    .withResponse()
  expect(message).toMatchObject({
    id: expect.stringMatching(/^msg_/),
    type: 'message',
    role: 'assistant',
    model,
    stop_reason: 'end_turn',
    stop_sequence: null,
    gateway: { cost_usd: expect.stringMatching(/^\d+\.\d{9}$/) },
  })
  expect(textOf(message)).toContain('Simulated')
  expect(missedBy(message)).toEqual([])
  const [receipt] = it.receipts
  const { usage } = message
  expect(usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)).toBe(
    receipt?.usage?.inputTokens,
  )
  expect(usage.output_tokens).toBe(receipt?.usage?.outputTokens)
  expect(response.headers.get('x-gateway-model')).toBe(model)
  expect(response.headers.get('request-id')).toBe(receipt?.id)
})

test.each(models)('messages.stream: %s comes in events that make the same message', async (model) => {
  const asked = { model, max_tokens: 500, messages: [user('What is UDP?')] }
  const whole = await client.messages.create(asked)
  const kinds: string[] = []
  let heard = ''
  const stream = client.messages
    .stream(asked, { headers: { 'cache-control': 'no-cache' } })
    .on('streamEvent', ({ type }) => void kinds.push(type))
    .on('text', (text) => (heard += text))
  const message = await stream.finalMessage()
  expect(heard).toBe(textOf(whole))
  expect(message.content).toEqual(whole.content)
  expect(message.usage).toMatchObject({
    input_tokens: whole.usage.input_tokens,
    output_tokens: whole.usage.output_tokens,
  })
  expect(message.stop_reason).toBe('end_turn')
  expect(kinds.slice(0, 2)).toEqual(['message_start', 'content_block_start'])
  expect(kinds.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
  const [plain, streamed] = it.receipts
  expect(streamed?.costNanoUsd).toBe(plain?.costNanoUsd)
})

test.each(models)('tools: %s calls one, streamed or not, and reads its result', async (model) => {
  const question = user('What is the weather in Rome?')
  const asked = { model, max_tokens: 4_000, tools: [weather], tool_choice: { type: 'any' as const } }
  const message = await client.messages.create({ ...asked, messages: [question] })
  const call = message.content.find((block) => block.type === 'tool_use')
  if (!call) throw new Error('no tool was called')
  expect(message.stop_reason).toBe('tool_use')
  expect(call).toMatchObject({ name: 'get_weather', input: { city: expect.any(String) } })
  expect(call.id).toMatch(/^[a-zA-Z0-9_-]+$/)

  const streamed = await client.messages.stream({ ...asked, messages: [question] }).finalMessage()
  expect(streamed.content.find((block) => block.type === 'tool_use')).toMatchObject({
    name: 'get_weather',
    input: call.input,
  })

  const answer = await client.messages.create({
    model,
    max_tokens: 4_000,
    tools: [weather],
    messages: [
      question,
      { role: 'assistant', content: message.content },
      user([{ type: 'tool_result', tool_use_id: call.id, content: [{ type: 'text', text: 'Sunny, 25 degrees' }] }]),
    ],
  })
  expect(textOf(answer)).toContain('Sunny')
  expect(missedBy(answer)).toEqual([])
})

test.each(models)('output_config.format: %s answers in the schema', async (model) => {
  const message = await client.messages.create({
    model,
    max_tokens: 500,
    messages: [user('Give me a person.')],
    output_config: {
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { name: { type: 'string' }, age: { type: 'integer' } },
          required: ['name', 'age'],
          additionalProperties: false,
        },
      },
    },
  })
  expect(JSON.parse(textOf(message))).toEqual({ name: expect.any(String), age: expect.any(Number) })
  expect(message.stop_reason).toBe('end_turn')
})

test.each([
  ['claude-haiku-4-5', { type: 'enabled', budget_tokens: 2_000 }],
  ['claude-haiku-5-5', { type: 'adaptive', display: 'summarized' }],
  ['gemini-3.8-flash', { type: 'enabled', budget_tokens: 2_000 }],
] as const)('thinking: %s thinks aloud, and its thoughts go back with their signature', async (model, thinking) => {
  const asked = { model, max_tokens: 4_000, thinking, messages: [user('What is 17 times 23?')] }
  const streamed = await client.messages.stream(asked).finalMessage()
  const [thought] = streamed.content
  expect(thought).toMatchObject({ type: 'thinking', thinking: expect.stringMatching(/\w/) })
  const again = await client.messages.create({
    ...asked,
    messages: [...asked.messages, { role: 'assistant', content: streamed.content }, user('And plus one?')],
  })
  expect(again.stop_reason).toBe('end_turn')
  if (model.startsWith('claude'))
    expect(it.upstream.requests.at(-1)?.body).toMatchObject({
      thinking,
      messages: [{}, { content: [thought, {}] }, {}],
    })
})

test.each(models)('countTokens: %s, close to what the answer then counts, and nothing is called', async (model) => {
  const messages = [user('Explain in a few words how a TCP connection is opened, and why it takes three steps.')]
  const before = it.upstream.requests.length
  const { input_tokens: counted } = await client.messages.countTokens({ model, messages, system: 'Be brief.' })
  expect(it.upstream.requests).toHaveLength(before)
  expect(it.receipts).toHaveLength(0)
  expect(counted).toBeGreaterThan(15)
  expect(counted).toBeLessThan(80)
})

describe("errors are the SDK's own classes, with the code, the field and the request's id", () => {
  const raisedFor = async (fields: object): Promise<InstanceType<typeof Anthropic.APIError>> => {
    const asked = { model: 'gpt-4o', max_tokens: 100, messages: [user('hello')], ...fields }
    const error: unknown = await client.messages.create(asked).catch((thrown: unknown) => thrown)
    if (!(error instanceof Anthropic.APIError)) throw new Error('it did not raise')
    return error
  }

  test.each([
    [
      'a model that nobody has',
      { model: 'no-such-model' },
      Anthropic.NotFoundError,
      'not_found_error',
      'model_not_found',
      'model',
    ],
    [
      'a parameter out of range',
      { temperature: 1.5 },
      Anthropic.BadRequestError,
      'invalid_request_error',
      'invalid_request',
      'temperature',
    ],
    [
      "a tool of Anthropic's own",
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      Anthropic.BadRequestError,
      'invalid_request_error',
      'invalid_request',
      'tools[0].type',
    ],
  ])('%s', async (_what, fields, kind, type, code, param) => {
    const error = await raisedFor(fields)
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ type, errorCode: code, details: { param } })
    expect(error.requestID).toMatch(/^req_/)
  })

  // A row of its own: its key rests after this.
  test("a provider's rate limit, with the time to wait", async () => {
    it.upstream.script([{ kind: 'status', status: 429, retryAfterS: 60 }])
    const error = await raisedFor({ model: 'openai-compatible:house' })
    expect(error).toBeInstanceOf(Anthropic.RateLimitError)
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0)
  })

  test('an overloaded provider is an overloaded gateway', async () => {
    it.upstream.script(Array.from({ length: 3 }, () => ({ kind: 'status', status: 529 })))
    const error = await raisedFor({ model: 'claude-haiku-5-5', messages: [user('overload')] })
    expect(error).toBeInstanceOf(Anthropic.OverloadedError)
    expect(error).toMatchObject({ status: 529, type: 'overloaded_error', errorCode: 'provider_overloaded' })
  })

  test('a stream that breaks raises instead of ending well', async () => {
    it.upstream.script([{ kind: 'cut', after: 3 }])
    const stream = client.messages.stream({
      model: 'gpt-4o',
      max_tokens: 100,
      messages: [user('Tell me about ships.')],
    })
    await expect(stream.finalMessage()).rejects.toSatisfy(
      (error) =>
        error instanceof Anthropic.APIError && error.type === 'api_error' && error.errorCode === 'provider_cut',
    )
  })
})

test('abort in the SDK stops the provider', async () => {
  it.upstream.script([{ kind: 'stall', after: 3 }])
  const before = it.upstream.requests.length
  const stream = client.messages.stream({ model: 'gpt-4o', max_tokens: 100, messages: [user('Tell me about seas.')] })
  stream.on('text', () => stream.abort())
  await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError)
  expect((await it.upstream.waitForClose(before + 1)).closedEarly).toBe(true)
})
