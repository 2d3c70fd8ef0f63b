import OpenAI, {
  APIConnectionError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { describe, expect, test } from 'vitest'
import { createGate } from '../support/gate.ts'
import {
  openaiSchemaAvailable,
  validateChatReply,
  validateChunk,
  validateError,
  validateModelList,
} from '../support/openai-schema.ts'
import { sse, startUpstream, type Upstream } from '../support/upstream.ts'

const model = 'gpt-6-luna'
const clientOf = (upstream: Upstream, apiKey = 'test-key'): OpenAI =>
  new OpenAI({ baseURL: `${upstream.url}/openai/v1`, apiKey, maxRetries: 0 })

const weather: OpenAI.Chat.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The current weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
      required: ['city'],
    },
  },
}

describe("OpenAI's own SDK", () => {
  test('chats', async () => {
    await using upstream = await startUpstream()
    const reply = await clientOf(upstream).chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'What is 12 * (3 + 4)?' }],
    })
    expect(reply.model).toBe(model)
    expect(reply.choices[0]?.message.content).toMatch(
      /^Simulated answer by the sandbox, standing in for gpt-6-luna\.[^]*= 84/,
    )
    expect(reply.choices[0]?.finish_reason).toBe('stop')
    expect(reply.usage?.total_tokens).toBe((reply.usage?.prompt_tokens ?? 0) + (reply.usage?.completion_tokens ?? 0))
    expect(upstream.requests[0]).toMatchObject({ row: 'openai', model, closedEarly: false })
  })

  test('streams the same words, finish and usage as it is told at once', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const body = { model, messages: [{ role: 'user' as const, content: 'Name two owls: Barn and Tawny' }] }
    const whole = await client.chat.completions.create(body)
    const streamed = await client.chat.completions
      .stream({ ...body, stream_options: { include_usage: true } })
      .finalChatCompletion()
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content)
    expect(streamed.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason)
    expect(streamed.usage).toEqual(whole.usage)
  })

  test('runs a tool loop: parallel calls, their results, then a text that uses them', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'How is the weather in Paris and London, in fahrenheit?' },
    ]
    const first = await client.chat.completions.stream({ model, messages, tools: [weather] }).finalChatCompletion()
    const message = first.choices[0]?.message
    const calls = message?.tool_calls?.filter((call) => call.type === 'function') ?? []
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(calls.map((call): unknown => JSON.parse(call.function.arguments))).toEqual([
      { city: 'Paris', unit: 'fahrenheit' },
      { city: 'London', unit: 'fahrenheit' },
    ])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)

    const second = await client.chat.completions.create({
      model,
      tools: [weather],
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: calls },
        ...calls.map(({ id }, index) => ({
          role: 'tool' as const,
          tool_call_id: id,
          content: `${60 + index} degrees`,
        })),
      ],
    })
    expect(second.choices[0]?.finish_reason).toBe('stop')
    expect(second.choices[0]?.message.content).toMatch(/get_weather returned: 60 degrees[^]*61 degrees/)
  })

  test('gets JSON that fits its schema', async () => {
    await using upstream = await startUpstream()
    const reply = await clientOf(upstream).chat.completions.parse({
      model,
      messages: [{ role: 'user', content: 'Extract: Ada Lovelace, 36' }],
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
    expect(reply.choices[0]?.message.parsed).toEqual({ name: 'Ada Lovelace', age: 36 })
  })

  test('sees reasoning and its tokens when it asks for effort', async () => {
    await using upstream = await startUpstream()
    const reply = await clientOf(upstream).chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Why is the sky blue?' }],
      reasoning_effort: 'high',
    })
    expect(reply.choices[0]?.message).toHaveProperty('reasoning_content', expect.stringContaining('sky'))
    expect(reply.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(10)
    expect(reply.usage?.completion_tokens).toBeGreaterThan(
      reply.usage?.completion_tokens_details?.reasoning_tokens ?? 0,
    )
  })

  test('gets its error classes', async () => {
    await using upstream = await startUpstream({ models: [{ id: model }] })
    const client = clientOf(upstream)
    const ask = (fields: object = {}): Promise<unknown> =>
      client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }], ...fields })

    await expect(ask({ messages: [] })).rejects.toMatchObject({ status: 400, param: 'messages' })
    await expect(ask({ temperature: 3 })).rejects.toThrow(BadRequestError)
    await expect(ask({ model: 'gpt-9' })).rejects.toThrow(NotFoundError)
    upstream.script([
      { kind: 'status', status: 401 },
      { kind: 'status', status: 429, retryAfterS: 7 },
      { kind: 'out-of-credit' },
      { kind: 'status', status: 503 },
      { kind: 'refuse' },
    ])
    await expect(ask()).rejects.toThrow(AuthenticationError)
    const limited = await ask().catch((error: unknown) => error)
    expect(limited).toBeInstanceOf(RateLimitError)
    expect(limited).toHaveProperty('headers')
    if (limited instanceof RateLimitError) expect(limited.headers.get('retry-after')).toBe('7')
    await expect(ask()).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' })
    await expect(ask()).rejects.toThrow(InternalServerError)
    await expect(ask()).rejects.toThrow(APIConnectionError)
  })

  test('is refused without a key', async () => {
    await using upstream = await startUpstream()
    const reply = await fetch(`${upstream.url}/openai/v1/models`)
    expect(reply.status).toBe(401)
  })

  test('leaves in mid-stream, and the journal has it', async () => {
    await using upstream = await startUpstream()
    const gate = createGate()
    upstream.script([
      { body: [sse({ id: 'x', object: 'chat.completion.chunk', created: 1, model, choices: [] }), gate] },
    ])
    const stream = await clientOf(upstream).chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
    const read = async (): Promise<void> => {
      for await (const _chunk of stream) stream.controller.abort()
    }
    await read().catch((error: unknown) => expect(error).toBeInstanceOf(APIUserAbortError))
    expect(await upstream.waitForClose()).toMatchObject({ closed: true, closedEarly: true })
  })

  test('raises the error that comes inside a stream with status 200', async () => {
    await using upstream = await startUpstream()
    upstream.script([{ kind: 'error-in-stream', after: 2 }])
    const stream = clientOf(upstream).chat.completions.stream({
      model,
      messages: [{ role: 'user', content: 'Hi there' }],
    })
    const seen: string[] = []
    stream.on('content', (delta) => seen.push(delta))
    await expect(stream.finalChatCompletion()).rejects.toThrow('Simulated fault.')
    expect(seen.join('')).toBe('Simulated answer')
  })
})

describe.skipIf(!openaiSchemaAvailable)(
  "OpenAI's own description (../shared/data/openai-openapi.json, skipped where that is absent)",
  () => {
    const requests: Readonly<Record<string, object>> = {
      'a text': {},
      'three choices': { n: 3 },
      'tool calls': { messages: [{ role: 'user', content: 'weather in Rome' }], tools: [weather] },
      'a JSON answer': { response_format: { type: 'json_object' }, messages: [{ role: 'user', content: 'as json' }] },
      'a cut answer': { max_completion_tokens: 5 },
      reasoning: { reasoning_effort: 'medium' },
    }
    const post = async (upstream: Upstream, fields: object): Promise<Response> =>
      fetch(`${upstream.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer test-key' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], ...fields }),
      })

    test.each(Object.entries(requests))('holds for %s, at once and streamed', async (_name, fields) => {
      await using upstream = await startUpstream()
      const whole = await post(upstream, fields)
      expect(whole.status).toBe(200)
      expect(validateChatReply(await whole.json())).toEqual([])
      const streamed = await post(upstream, { ...fields, stream: true, stream_options: { include_usage: true } })
      const lines = (await streamed.text()).split('\n\n').filter((line) => line !== '')
      expect(lines.at(-1)).toBe('data: [DONE]')
      expect(lines.slice(0, -1).flatMap((line) => validateChunk(JSON.parse(line.slice('data: '.length))))).toEqual([])
    })

    test('holds for the list of models', async () => {
      await using upstream = await startUpstream({
        models: [
          { id: model, row: 'openai' },
          { id: 'other', row: 'groq' },
        ],
      })
      const reply = await fetch(`${upstream.url}/openai/v1/models`, { headers: { authorization: 'Bearer test-key' } })
      const list: unknown = await reply.json()
      expect(validateModelList(list)).toEqual([])
      expect(list).toMatchObject({ data: [{ id: model, owned_by: 'openai' }] })
    })

    test.each([
      ['a missing field', { messages: undefined }],
      ['a field of the wrong type', { n: 'two' }],
      ['tool results without a call', { messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] }],
    ])('holds for the error about %s', async (_name, fields) => {
      await using upstream = await startUpstream()
      const reply = await post(upstream, fields)
      expect(reply.status).toBe(400)
      expect(validateError(await reply.json())).toEqual([])
    })

    test.each([401, 429, 500, 529])('holds for a simulated %i', async (status) => {
      await using upstream = await startUpstream()
      upstream.script([{ kind: 'status', status }])
      const reply = await post(upstream, {})
      expect(reply.status).toBe(status)
      expect(validateError(await reply.json())).toEqual([])
    })
  },
)
