import Anthropic, {
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  OverloadedError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import { createGate } from '../support/gate.ts'
import { sse, startUpstream, type Upstream } from '../support/upstream.ts'
import { anthropicHeaders, eventsOf, observe } from './observe.ts'

const model = 'claude-haiku-5-5'
const clientOf = (upstream: Upstream): Anthropic =>
  new Anthropic({ baseURL: `${upstream.url}/anthropic`, apiKey: 'test-key', maxRetries: 0 })
const hello: Anthropic.MessageCreateParamsNonStreaming = {
  model,
  max_tokens: 2000,
  messages: [{ role: 'user', content: 'Hello from Vienna' }],
}
const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The current weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const typesOf = (text: string): unknown[] =>
  eventsOf(text).map((event) => (typeof event === 'object' && event !== null && 'type' in event ? event.type : null))

describe("Anthropic's own SDK", () => {
  test('chats, and streams the same message', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const whole = await client.messages.create(hello)
    expect(whole.content).toEqual([{ type: 'text', text: expect.stringContaining('Vienna'), citations: null }])
    expect(whole).toMatchObject({ model, stop_reason: 'end_turn', stop_sequence: null })
    const streamed = await client.messages.stream(hello).finalMessage()
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.stop_reason).toBe(whole.stop_reason)
    expect(streamed.usage.input_tokens).toBe(whole.usage.input_tokens)
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
  })

  test('runs a tool loop', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'The weather in Paris and Oslo, please' }]
    const first = await client.messages.stream({ ...hello, messages, tools: [weather] }).finalMessage()
    expect(first.stop_reason).toBe('tool_use')
    const uses = first.content.filter((block) => block.type === 'tool_use')
    expect(uses.map(({ input }) => input)).toEqual([{ city: 'Paris' }, { city: 'Oslo' }])

    const results = uses.map(({ id }, index) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: `${index} degrees`,
    }))
    const second = await client.messages.create({
      ...hello,
      tools: [weather],
      messages: [...messages, { role: 'assistant', content: uses }, { role: 'user', content: results }],
    })
    expect(second.content[0]).toMatchObject({ text: expect.stringMatching(/0 degrees[^]*1 degrees/) })
  })

  test('gets signed thinking that it may give back, but not change', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const params = { ...hello, thinking: { type: 'enabled' as const, budget_tokens: 1024 } }
    const first = await client.messages.stream(params).finalMessage()
    const [thinking] = first.content
    expect(thinking).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^[\w+/]+=*$/) })
    expect(first.usage.output_tokens).toBeGreaterThan(20)

    const next = (content: Anthropic.ContentBlockParam[]): Promise<unknown> =>
      client.messages.create({
        ...params,
        messages: [...hello.messages, { role: 'assistant', content }, { role: 'user', content: 'And then?' }],
      })
    await expect(next(first.content)).resolves.toBeDefined()
    const changed = first.content.map((block) => (block.type === 'thinking' ? { ...block, thinking: 'Else.' } : block))
    await expect(next(changed)).rejects.toThrow(/signature/)
  })

  test('gets JSON that fits its schema', async () => {
    await using upstream = await startUpstream()
    const reply = await clientOf(upstream).messages.create({
      ...hello,
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    })
    const [block] = reply.content
    expect(JSON.parse(block?.type === 'text' ? block.text : '')).toEqual({ city: 'Vienna' })
  })

  test('gets its error classes', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    await expect(client.messages.create({ ...hello, max_tokens: 0 })).rejects.toThrow(BadRequestError)
    upstream.script([
      { kind: 'status', status: 401 },
      { kind: 'status', status: 429, retryAfterS: 3 },
      { kind: 'status', status: 529 },
      { kind: 'out-of-credit' },
      { kind: 'reset' },
    ])
    await expect(client.messages.create(hello)).rejects.toThrow(AuthenticationError)
    await expect(client.messages.create(hello)).rejects.toThrow(RateLimitError)
    await expect(client.messages.create(hello)).rejects.toThrow(OverloadedError)
    await expect(client.messages.create(hello)).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' })
    await expect(client.messages.create(hello)).rejects.toThrow(APIConnectionError)
  })

  test('raises the error that comes inside a stream with status 200', async () => {
    await using upstream = await startUpstream()
    upstream.script([{ kind: 'error-in-stream', after: 1 }])
    await expect(clientOf(upstream).messages.stream(hello).finalMessage()).rejects.toThrow('Simulated fault.')
  })

  test('leaves in mid-stream, and the journal has it', async () => {
    await using upstream = await startUpstream()
    upstream.script([{ body: [sse({ type: 'ping' }, 'ping'), createGate()] }])
    const stream = clientOf(upstream).messages.stream(hello)
    await upstream.waitForRequest()
    stream.abort()
    await expect(stream.done()).rejects.toThrow(/abort/i)
    expect((await upstream.waitForClose()).closedEarly).toBe(true)
  })
})

describe('the messages wire', () => {
  const path = '/anthropic/v1/messages'

  test('sends its events in the documented order, every block between its start and its stop', async () => {
    await using upstream = await startUpstream()
    const body = { ...hello, stream: true, thinking: { type: 'enabled', budget_tokens: 1024 } }
    const { text, headers } = await observe(upstream.url + path, { body, headers: anthropicHeaders })
    expect(headers['content-type']).toMatch(/^text\/event-stream/)
    expect(headers['request-id']).toMatch(/^req_/)
    const types = typesOf(text).filter((type, index, all) => type !== all[index - 1])
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    const names = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
    expect(names).toEqual(typesOf(text))
  })

  test.each([
    ['a body without max_tokens', { ...hello, max_tokens: undefined }, /max_tokens/],
    ['an unknown field', { ...hello, tenant: 'x' }, /tenant/],
    ['an empty text', { ...hello, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, /messages/],
    [
      'a tool result out of place',
      { ...hello, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'b' }] }] },
      /tool_result/,
    ],
    [
      'a tool call without its result',
      {
        ...hello,
        messages: [
          ...hello.messages,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: {} }] },
          { role: 'user', content: 'Never mind' },
        ],
      },
      /tool_use/,
    ],
    ['a thinking budget above max_tokens', { ...hello, thinking: { type: 'enabled', budget_tokens: 4000 } }, /budget/],
  ])('refuses %s with 400 in its own shape', async (_name, body, message) => {
    await using upstream = await startUpstream()
    const sight = await observe(upstream.url + path, { body, headers: anthropicHeaders })
    expect(sight.status).toBe(400)
    expect(JSON.parse(sight.text)).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringMatching(message) },
    })
  })

  test('wants a key and a version', async () => {
    await using upstream = await startUpstream()
    const { 'x-api-key': _, ...keyless } = anthropicHeaders
    const { 'anthropic-version': __, ...versionless } = anthropicHeaders
    expect((await observe(upstream.url + path, { body: hello, headers: keyless })).status).toBe(401)
    expect((await observe(upstream.url + path, { body: hello, headers: versionless })).status).toBe(400)
  })

  test('lists models in its own shape', async () => {
    await using upstream = await startUpstream({ models: [{ id: model }] })
    const { text } = await observe(`${upstream.url}/anthropic/v1/models`, { method: 'GET', headers: anthropicHeaders })
    expect(JSON.parse(text)).toMatchObject({ data: [{ type: 'model', id: model }], has_more: false })
  })

  test('counts a cached prefix as written once, then as read, until its life ends', async () => {
    let nowMs = Date.UTC(2026, 10, 20)
    await using upstream = await startUpstream({ clock: { now: () => nowMs } })
    const client = clientOf(upstream)
    const ask = async (content: string, ttl: '5m' | '1h' = '5m') => {
      const system = [
        {
          type: 'text' as const,
          text: 'A long rule. '.repeat(600),
          cache_control: { type: 'ephemeral' as const, ttl },
        },
      ]
      const { usage } = await client.messages.create({ ...hello, system, messages: [{ role: 'user', content }] })
      return usage
    }
    const first = await ask('One?')
    const written = first.cache_creation_input_tokens ?? 0
    expect(written).toBeGreaterThan(1024)
    expect(first).toMatchObject({ cache_read_input_tokens: 0, cache_creation: { ephemeral_5m_input_tokens: written } })
    expect(first.input_tokens).toBeLessThan(20)
    nowMs += 4 * 60_000
    expect(await ask('Two?')).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: written })
    // Reading renewed its life.
    nowMs += 4 * 60_000
    expect(await ask('Three?')).toMatchObject({ cache_read_input_tokens: written })
    nowMs += 6 * 60_000
    const again = await ask('Four?', '1h')
    expect(again).toMatchObject({ cache_read_input_tokens: 0, cache_creation: { ephemeral_1h_input_tokens: written } })
    nowMs += 59 * 60_000
    expect(await ask('Five?', '1h')).toMatchObject({ cache_read_input_tokens: written })
  })
})
