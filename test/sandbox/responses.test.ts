import OpenAI, { APIError, BadRequestError, InternalServerError, RateLimitError } from 'openai'
import { describe, expect, test } from 'vitest'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { observe } from './observe.ts'

const model = 'gpt-6-luna'
const clientOf = (upstream: Upstream): OpenAI =>
  new OpenAI({ baseURL: `${upstream.url}/openai/v1`, apiKey: 'test-key', maxRetries: 0 })

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The current weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
}

describe("OpenAI's own SDK on the Responses wire", () => {
  test('is answered, with instructions and a plain text as input', async () => {
    await using upstream = await startUpstream()
    const reply = await clientOf(upstream).responses.create({
      model,
      instructions: 'Be brief.',
      input: 'What is 6 * 7?',
    })
    expect(reply).toMatchObject({ model, status: 'completed', error: null, incomplete_details: null })
    expect(reply.output_text).toMatch(/^Simulated answer by the sandbox, standing in for gpt-6-luna\.[^]*= 42/)
    expect(reply.usage?.total_tokens).toBe((reply.usage?.input_tokens ?? 0) + (reply.usage?.output_tokens ?? 0))
  })

  test('streams the same words, items and usage as it is told at once', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const body = {
      model,
      input: 'Name two owls: Barn and Tawny',
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    } as const
    const whole = await client.responses.create({ ...body, include: [...body.include] })
    const pieces: string[] = []
    const stream = client.responses.stream({ ...body, include: [...body.include] })
    const numbers: number[] = []
    for await (const event of stream) {
      numbers.push(event.sequence_number)
      if (event.type === 'response.output_text.delta') pieces.push(event.delta)
    }
    const streamed = await stream.finalResponse()
    expect(pieces.join('')).toBe(whole.output_text)
    expect(streamed.output_text).toBe(whole.output_text)
    expect(streamed.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    expect(streamed.usage).toEqual(whole.usage)
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  test('runs a tool loop that gives thoughts back, and only those that it was given', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const asked: OpenAI.Responses.ResponseCreateParamsNonStreaming = {
      model,
      input: [{ role: 'user', content: 'What is the weather in Paris and London?' }],
      tools: [weather],
      reasoning: { effort: 'low' },
      include: ['reasoning.encrypted_content'],
      store: false,
    }
    const first = await client.responses.create(asked)
    const calls = first.output.filter((item) => item.type === 'function_call')
    expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([{ city: 'Paris' }, { city: 'London' }])

    const [thoughts] = first.output
    if (thoughts?.type !== 'reasoning') throw new Error('There are no thoughts.')
    expect(thoughts.encrypted_content).toBeTruthy()
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: 'What is the weather in Paris and London?' },
      thoughts,
      ...calls,
      ...calls.map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: '21 degrees' })),
    ]
    const second = await client.responses.create({ ...asked, input })
    expect(second.output_text).toContain('21 degrees')

    const changed = input.map((item) => (item === thoughts ? { ...thoughts, encrypted_content: 'AAAA' } : item))
    await expect(client.responses.create({ ...asked, input: changed })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_encrypted_content',
    })
    const unfollowed = [...input.slice(0, 1), thoughts, { role: 'user' as const, content: 'And now?' }]
    await expect(client.responses.create({ ...asked, input: unfollowed })).rejects.toThrow(/required following item/)
    const unanswered = input.slice(0, -1)
    await expect(client.responses.create({ ...asked, input: unanswered })).rejects.toThrow(/No tool output found/)
    const uncalled = input.filter((item) => item !== calls[0])
    await expect(client.responses.create({ ...asked, input: uncalled })).rejects.toThrow(/No tool call found/)
  })

  test('gets JSON that fits its schema', async () => {
    await using upstream = await startUpstream()
    const schema = { type: 'object', properties: { owls: { type: 'integer' } }, required: ['owls'] }
    const reply = await clientOf(upstream).responses.create({
      model,
      input: 'How many owls?',
      text: { format: { type: 'json_schema', name: 'owls', schema } },
    })
    expect(JSON.parse(reply.output_text)).toEqual({ owls: expect.any(Number) })
  })

  test('is told that the answer is incomplete where its tokens end', async () => {
    await using upstream = await startUpstream()
    const stream = clientOf(upstream).responses.stream({ model, input: 'Tell me of owls', max_output_tokens: 16 })
    const types = new Set<string>()
    for await (const event of stream) types.add(event.type)
    expect(types).toContain('response.incomplete')
    expect(await stream.finalResponse()).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: { output_tokens: 16 },
    })
  })

  test('gets its error classes, also inside a stream', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    upstream.script([{ kind: 'status', status: 429 }, { kind: 'status', status: 500 }, { kind: 'error-in-stream' }])
    await expect(client.responses.create({ model, input: 'Hi' })).rejects.toBeInstanceOf(RateLimitError)
    await expect(client.responses.create({ model, input: 'Hi' })).rejects.toBeInstanceOf(InternalServerError)
    const broken = (async () => {
      for await (const _event of await client.responses.create({ model, input: 'Hi', stream: true }));
    })()
    await expect(broken).rejects.toBeInstanceOf(APIError)
    await expect(client.responses.create({ model, input: 'Hi', max_output_tokens: 5 })).rejects.toBeInstanceOf(
      BadRequestError,
    )
  })
})

test.each([
  ['a field of the chat wire', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['stop sequences', { stop: ['.'] }],
  ['a seed', { seed: 1 }],
  ['a text part of the chat wire', { input: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }],
  ['a tool of the chat wire', { tools: [{ type: 'function', function: { name: 'add' } }] }],
  ['a choice of a tool that is not offered', { tools: [weather], tool_choice: { type: 'function', name: 'add' } }],
  ['log probabilities that are not included', { top_logprobs: 2 }],
])('the Responses wire refuses %s', async (_what, fields) => {
  await using upstream = await startUpstream()
  const sight = await observe(`${upstream.url}/v1/responses`, { body: { model, input: 'Hi', ...fields } })
  expect(sight.status).toBe(400)
  expect(JSON.parse(sight.text)).toMatchObject({ error: { type: 'invalid_request_error' } })
})
