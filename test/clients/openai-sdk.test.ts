import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openaiSchemaAvailable, validateChatReply, validateChunk, validateModelList } from '../support/openai-schema.ts'

let it: TestApp
let client: OpenAI

beforeAll(async () => {
  it = await startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
  client = new OpenAI({ baseURL: `${it.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => it[Symbol.asyncDispose]())
beforeEach(() => {
  it.receipts.length = 0
})

/** What the client is given has the shape that OpenAI documents, where its document is at hand. */
const expectValid = (problems: () => readonly string[]): void => {
  if (openaiSchemaAvailable) expect(problems()).toEqual([])
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const

// One model a wire: OpenAI's own, and Anthropic's and Google's behind the same surface.
const models = ['gpt-4o', 'claude-haiku-5-5', 'gemini-3.8-flash']

test.each(models)('chat: %s answers in one piece', async (model) => {
  const reply = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'What is TCP?' }] })
  expect(reply.choices[0]?.message.content).toContain('Simulated')
  expect(reply.usage?.total_tokens).toBe((reply.usage?.prompt_tokens ?? 0) + (reply.usage?.completion_tokens ?? 0))
  expectValid(() => validateChatReply(reply))
})

test.each(models)('stream: %s comes in pieces that make the same text, with usage when asked for', async (model) => {
  const messages = [{ role: 'user', content: 'What is UDP?' }] as const
  const whole = await client.chat.completions.create({ model, messages: [...messages] })
  const stream = await client.chat.completions.create(
    { model, messages: [...messages], stream: true, stream_options: { include_usage: true } },
    { headers: { 'cache-control': 'no-cache' } },
  )
  let text = ''
  let usage: OpenAI.CompletionUsage | null | undefined
  let finish: string | null | undefined
  for await (const chunk of stream) {
    expectValid(() => validateChunk(chunk))
    text += chunk.choices[0]?.delta.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
    usage = chunk.usage ?? usage
  }
  expect(text).toBe(whole.choices[0]?.message.content)
  expect(finish).toBe('stop')
  expect(usage?.prompt_tokens).toBe(whole.usage?.prompt_tokens)
  const [plain, streamed] = it.receipts
  expect(streamed?.costNanoUsd).toBe(plain?.costNanoUsd)
})

test.each(models)('tools: %s calls one, streamed or not, and reads its result', async (model) => {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is the weather in Rome?' }]
  const reply = await client.chat.completions.create({ model, messages, tools: [weather], tool_choice: 'required' })
  const [call] = reply.choices[0]?.message.tool_calls ?? []
  if (call?.type !== 'function') throw new Error('no function call came')
  expect(reply.choices[0]?.finish_reason).toBe('tool_calls')
  expect(call.function.name).toBe('get_weather')
  expect(JSON.parse(call.function.arguments)).toHaveProperty('city')
  expectValid(() => validateChatReply(reply))

  const final = client.chat.completions.stream({
    model,
    messages: [
      ...messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: call.id, content: 'Sunny, 25 degrees' },
    ],
    tools: [weather],
  })
  expect(await final.finalContent()).toContain('Sunny')

  const streamed = client.chat.completions.stream({ model, messages, tools: [weather], tool_choice: 'required' })
  const message = await streamed.finalMessage()
  expect(message.tool_calls?.[0]).toMatchObject({ type: 'function', function: { name: 'get_weather' } })
})

test.each(models)('JSON schema: %s answers in it', async (model) => {
  const reply = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Give me a person.' }],
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'person',
        strict: true,
        schema: {
          type: 'object',
          properties: { name: { type: 'string' }, age: { type: 'integer' } },
          required: ['name', 'age'],
          additionalProperties: false,
        },
      },
    },
  })
  const person = JSON.parse(reply.choices[0]?.message.content ?? '')
  expect(person).toEqual({ name: expect.any(String), age: expect.any(Number) })
  expect(reply.choices[0]?.finish_reason).toBe('stop')
})

test('errors are those of the SDK, with a code and what to do', async () => {
  const ask = (model: string, content: string): Promise<unknown> =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content }] })
  await expect(ask('no-such-model', 'hi')).rejects.toSatisfy(
    (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found',
  )
  const hot = client.chat.completions.create({ model: 'gpt-4o', messages: [], temperature: 9 })
  await expect(hot).rejects.toSatisfy(
    (error) => error instanceof OpenAI.BadRequestError && (error.param === 'temperature' || error.param === 'messages'),
  )
  // A row of its own: its key rests for a minute after this.
  it.upstream.script([{ kind: 'status', status: 429, retryAfterS: 60 }])
  await expect(ask('openai-compatible:house', 'hello')).rejects.toSatisfy(
    (error) => error instanceof OpenAI.RateLimitError && error.headers?.get('retry-after') !== null,
  )
})

test('a stream that breaks raises in the SDK instead of ending well', async () => {
  it.upstream.script([{ kind: 'cut', after: 3 }])
  const stream = await client.chat.completions.create({
    model: 'claude-haiku-5-5',
    messages: [{ role: 'user', content: 'Tell me about ships.' }],
    stream: true,
  })
  const read = async (): Promise<void> => {
    for await (const _chunk of stream);
  }
  await expect(read()).rejects.toSatisfy((error) => error instanceof OpenAI.APIError && error.code === 'provider_cut')
})

test('abort in the SDK stops the provider', async () => {
  it.upstream.script([{ kind: 'stall', after: 3 }])
  const before = it.upstream.requests.length
  const stream = await client.chat.completions.create({
    model: 'claude-haiku-5-5',
    messages: [{ role: 'user', content: 'Tell me about trains.' }],
    stream: true,
  })
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort()
  const request = await it.upstream.waitForClose(before + 1)
  expect(request.closedEarly).toBe(true)
  await expect.poll(() => it.receipts.at(-1)?.outcome).toBe('client_aborted')
})

test('the model list and one model', async () => {
  const { data } = await client.models.list()
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['auto', 'gpt-4o', 'claude-haiku-5-5']))
  expect(data.map(({ id }) => id)).not.toContain('grok-4.7')
  expectValid(() => validateModelList({ object: 'list', data }))
  expect(await client.models.retrieve('gpt-4o')).toMatchObject({ id: 'gpt-4o', object: 'model' })
  await expect(client.models.retrieve('gpt-9')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test("the caller's own id, tags and the receipt's id are in the ledger", async () => {
  const { response } = await client.chat.completions
    .create(
      { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi there' }], user: 'ada', metadata: { project: 'x' } },
      { headers: { 'x-request-id': 'mine-1' } },
    )
    .withResponse()
  expect(it.receipts[0]).toMatchObject({
    id: response.headers.get('x-request-id'),
    clientRequestId: 'mine-1',
    tags: { user: 'ada', metadata: { project: 'x' } },
  })
})
