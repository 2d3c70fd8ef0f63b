import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServerResponse } from 'node:http'
import type { ChatRequest, Message, Usage } from '../../src/contract/chat.ts'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import type { Dialect, UpstreamEvent } from '../../src/contract/provider.ts'
import { writeRequest as writeAnthropic } from '../../src/providers/anthropic/request.ts'
import type { UpstreamHttp } from '../../src/providers/http.ts'
import { createDialects } from '../../src/providers/index.ts'
import { writeRequest as writeChat } from '../../src/providers/openai-chat/request.ts'
import { makeCall, makeCard, makeRequest, makeRow, startHttp } from './calls.ts'
import { anthropicEvents, anthropicMessage, chunk, completion, messageStart, named } from './chat-wire.ts'
import { failureOf, fold, readAll } from './fold.ts'
import { sendJson, sendPieces, sse, startWireServer } from './wire-server.ts'
import type { WireServer } from './wire-server.ts'

/*
 * Where gateways were hurt before, one describe a trap; bodies are ours, in the shapes that vendors document and users
 * reported. The requests we write are looked at as data, replies are read from a real socket.
 */

type CardWire = NonNullable<Parameters<typeof makeCard>[0]>['wire']

const callOf = (fields: Partial<ChatRequest>, wire: CardWire) =>
  makeCall({ request: makeRequest(fields), card: makeCard({ wire }) })
const chatBody = (fields: Partial<ChatRequest>, wire: CardWire = {}) => writeChat(callOf(fields, wire))
const anthropicBody = (fields: Partial<ChatRequest>, wire: CardWire = {}) => writeAnthropic(callOf(fields, wire))
const named_ = ({ warnings }: { warnings: { code: string; param: string }[] }) =>
  warnings.map(({ code, param }) => `${code} ${param}`)

const done = 'data: [DONE]\n\n'
const stopChunk = chunk({}, { finish: 'stop' })

let answer: (response: ServerResponse) => void = (response) => response.end()
let server: WireServer
let http: UpstreamHttp
let dialects: ReadonlyMap<string, Dialect>

beforeAll(async () => {
  server = await startWireServer((_request, response) => answer(response))
  http = startHttp()
  dialects = createDialects(http)
})

afterAll(async () => {
  await http[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const read = async (name: 'openai-chat' | 'anthropic', fields: Partial<ChatRequest> = {}, wire: CardWire = {}) => {
  const dialect = dialects.get(name)
  if (!dialect) throw new Error(`No dialect is called ${name}.`)
  const row = makeRow({ baseUrl: server.url })
  return await readAll(dialect, makeCall({ row, request: makeRequest(fields), card: makeCard({ wire }) }))
}

const streamed = (payloads: readonly Json[], end = done) => {
  answer = (response) => void sendPieces(response, [sse(payloads, end)])
  return read('openai-chat')
}
const whole = (value: Json) => {
  answer = (response) => sendJson(response, 200, value)
  return read('openai-chat')
}
const messages = (events: readonly JsonObject[], fields: Partial<ChatRequest> = {}, wire: CardWire = {}) => {
  answer = (response) => void sendPieces(response, [named(events)])
  return read('anthropic', fields, wire)
}
const first = (events: readonly UpstreamEvent[]) => {
  const [choice] = fold(events).choices
  if (!choice) throw new Error('There is no answer.')
  return choice
}

describe('1: max_tokens and max_completion_tokens', () => {
  test.each(['max_tokens', 'max_completion_tokens'] as const)('%s alone is sent where the model wants it', (field) => {
    const { body } = chatBody({ maxOutputTokens: 5 }, { maxTokensField: field })
    expect(Object.keys(body).filter((name) => name.startsWith('max_'))).toEqual([field])
  })

  test('an error in the body of a 200 is an error, not an empty answer', async () => {
    answer = (response) => sendJson(response, 200, { error: { message: 'max_tokens is not supported', code: 400 } })
    const failure = await failureOf(read('openai-chat'))
    expect(failure.code).toBe('provider_rejected')
    expect(failure.message).toContain('max_tokens is not supported')
  })
})

describe('2: sampling parameters that a model refuses', () => {
  const sampling = {
    temperature: 0.5,
    topP: 0.5,
    presencePenalty: 1,
    frequencyPenalty: 1,
    logprobs: true,
    extra: { logit_bias: { 1: 2 } },
  }
  const dropped = ['logit_bias', 'temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs']

  test('are left out, each aloud', () => {
    const written = chatBody(sampling, { sampling: 'never' })
    expect(named_(written)).toEqual(dropped.map((name) => `dropped_parameter ${name}`))
    expect(Object.keys(written.body)).toEqual(['model', 'messages', 'stream', 'stream_options'])
  })

  test('are sent only with effort none where the model takes them only then: having the level is not using it', () => {
    const wire: CardWire = { sampling: 'effort-none', effortLevels: { none: 'none', low: 'low' } }
    expect(chatBody({ temperature: 0.5 }, wire).body).not.toHaveProperty('temperature')
    expect(chatBody({ temperature: 0.5, reasoningEffort: 'low' }, wire).body).not.toHaveProperty('temperature')
    const written = chatBody({ temperature: 0.5, reasoningEffort: 'none' }, wire)
    expect(written).toMatchObject({ body: { temperature: 0.5, reasoning_effort: 'none' }, warnings: [] })
  })

  test('are left out for newer Claude models too', () => {
    const written = anthropicBody({ temperature: 0.5 }, { sampling: 'never' })
    expect(written.body).not.toHaveProperty('temperature')
    expect(named_(written)).toEqual(['dropped_parameter temperature'])
  })
})

describe('2b: efforts that a model does not have', () => {
  const levels = { minimal: null, low: 'low', medium: null, high: 'high', max: 'max' }
  test.each([
    ['none', levels, 'low'],
    ['minimal', levels, 'low'],
    ['medium', levels, 'low'],
    ['xhigh', levels, 'high'],
    ['minimal', { none: 'none', low: 'low' }, 'low'],
    ['high', { none: 'none' }, 'none'],
    ['high', { high: 'default' }, 'default'],
  ] as const)('%s of %j is sent as %s', (asked, effortLevels, word) => {
    const written = chatBody({ reasoningEffort: asked }, { effortLevels })
    expect(written.body.reasoning_effort).toBe(word)
    expect(named_(written)).toEqual(
      asked in effortLevels && word === 'default' ? [] : ['changed_parameter reasoning_effort'],
    )
  })

  test('are left out aloud where none can be set', () => {
    expect(named_(chatBody({ reasoningEffort: 'low' }, { effortLevels: {} }))).toEqual([
      'dropped_parameter reasoning_effort',
    ])
  })
})

describe('3: tools and reasoning on the chat wire', () => {
  const tools = [{ name: 'add' }]
  const wire: CardWire = { tools: 'effort-none', effortLevels: { none: 'none', high: 'high' } }

  test('a model that cannot have both is told not to think, aloud where thinking was asked for', () => {
    expect(chatBody({ tools }, wire)).toMatchObject({ body: { reasoning_effort: 'none' }, warnings: [] })
    const written = chatBody({ tools, reasoningEffort: 'high' }, wire)
    expect(written.body.reasoning_effort).toBe('none')
    expect(named_(written)).toEqual(['changed_parameter reasoning_effort'])
  })

  test('without tools it thinks as asked', () => {
    expect(chatBody({ reasoningEffort: 'high' }, wire)).toMatchObject({
      body: { reasoning_effort: 'high' },
      warnings: [],
    })
  })
})

describe('5: Anthropic’s max_tokens', () => {
  test('an answer that reached it ended by length', async () => {
    const events = await messages(anthropicEvents([{ start: { type: 'text', text: 'Half' } }], { stop: 'max_tokens' }))
    expect(first(events).finish).toEqual({ choice: 0, reason: 'length', native: 'max_tokens' })
  })
})

describe('6: ids of tool calls', () => {
  const history = (...ids: string[]): Message[] => [
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ...ids.flatMap((id): Message[] => [
      { role: 'assistant', content: [], reasoning: [], toolCalls: [{ id, name: 'add', argumentsJson: '{}' }] },
      { role: 'tool', toolCallId: id, content: [{ type: 'text', text: '3' }] },
    ]),
  ]
  const idsIn = (body: JsonObject): string[] =>
    [...JSON.stringify(body).matchAll(/"(?:id|tool_call_id|tool_use_id)":"([^"]+)"/g)].map(([, id]) => id ?? '')

  test('nine letters and digits for Mistral, the same every time, calls and results alike', () => {
    const wire: CardWire = { shortToolCallIds: true }
    const [call = '', result, ...second] = idsIn(
      chatBody({ messages: history('call_toolong_1', 'abcDEF123') }, wire).body,
    )
    expect(call).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(result).toBe(call)
    expect(second).toEqual(['abcDEF123', 'abcDEF123'])
    expect(idsIn(chatBody({ messages: history('call_toolong_1') }, wire).body)).toEqual([call, call])
  })

  test('others get them as they gave them', () => {
    const long = `fc_${'a'.repeat(80)}`
    expect(idsIn(chatBody({ messages: history(long) }).body)).toEqual([long, long])
  })

  test('letters, digits, dash and underscore for Anthropic, no id twice', () => {
    const ids = idsIn(anthropicBody({ messages: history('a.b:c', 'call_0', 'call_0') }).body)
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
    const [first_, firstResult, second, secondResult, third, thirdResult] = ids
    expect([firstResult, secondResult, thirdResult]).toEqual([first_, second, third])
    expect(new Set(ids).size).toBe(3)
    expect(second).toBe('call_0')
  })
})

describe('7: Anthropic’s tool results', () => {
  const calls = (...ids: string[]): Message => ({
    role: 'assistant',
    content: [],
    reasoning: [],
    toolCalls: ids.map((id) => ({ id, name: 'add', argumentsJson: '{}' })),
  })
  const result = (toolCallId: string, words: string, isError?: boolean): Message => ({
    role: 'tool',
    toolCallId,
    content: [{ type: 'text', text: words }],
    isError,
  })
  const user: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
  const turns = (...given: Message[]) => anthropicBody({ messages: given }).body.messages
  const shown = (id: string, words: string) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: [{ type: 'text', text: words }],
  })

  test('stand in one user turn right after the calls, before what the user says', () => {
    expect(turns(user, calls('a', 'b'), result('b', '2'), user, result('a', '1', true))).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ id: 'a' }, { id: 'b' }] },
      {
        role: 'user',
        content: [shown('b', '2'), { ...shown('a', '1'), is_error: true }, { type: 'text', text: 'Hi' }],
      },
    ])
  })

  test('of calls that a client split over turns still stand together', () => {
    expect(turns(user, calls('a'), calls('b'), result('a', '1'), result('b', '2'))).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ id: 'a' }, { id: 'b' }] },
      { role: 'user', content: [shown('a', '1'), shown('b', '2')] },
    ])
  })

  test('that never came are errors, also at the end', () => {
    const missing = { type: 'tool_result', tool_use_id: 'b', is_error: true }
    expect(turns(user, calls('a', 'b'), result('a', '1'), user)).toMatchObject([
      {},
      {},
      { content: [shown('a', '1'), missing, { text: 'Hi' }] },
    ])
    expect(turns(user, calls('b'))).toMatchObject([{}, {}, { role: 'user', content: [missing] }])
  })

  test('without a call before them become text', () => {
    const [only] = [turns(result('z', '9'), user)].flat()
    expect(only).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'Result of the tool call z, made elsewhere:' },
        { type: 'text', text: '9' },
        { type: 'text', text: 'Hi' },
      ],
    })
  })
})

describe('9: thought signatures on tool calls', () => {
  test('come with the call and go back beside its function', async () => {
    const extra = { extra_content: { google: { thought_signature: 'sig' } } }
    const call = { index: 0, id: 'c1', type: 'function', function: { name: 'add', arguments: '{}' }, ...extra }
    const { toolCalls } = first(await streamed([chunk({ tool_calls: [call] }), stopChunk]))
    expect(toolCalls).toEqual([{ id: 'c1', name: 'add', argumentsJson: '{}', extra }])
    const { body } = chatBody({ messages: [{ role: 'assistant', content: [], reasoning: [], toolCalls }] })
    expect(body.messages).toMatchObject([{ tool_calls: [extra] }])
  })
})

describe('10: tool calls that are numbered badly', () => {
  const whole_ = (id: string, index?: number) => ({
    ...(index === undefined ? {} : { index }),
    ...(id === '' ? {} : { id }),
    function: { name: 'add', arguments: `{"n":"${id}"}` },
  })
  const piece = (text: string, rest: JsonObject = {}) => ({ function: { arguments: text }, ...rest })

  test.each<[string, JsonObject[][]]>([
    ['all of number 0, each a call of its own', [[whole_('a', 0)], [whole_('b', 0)]]],
    ['without numbers', [[whole_('a')], [whole_('b')]]],
    ['without numbers, in one chunk', [[whole_('a'), whole_('b')]]],
    [
      'in pieces without numbers',
      [
        [{ ...whole_('a'), function: { name: 'add', arguments: '' } }],
        [piece('{"n"')],
        [piece(':"a"}')],
        [whole_('b')],
      ],
    ],
    ['in pieces by id', [[whole_('b')], [{ id: 'a', function: { name: 'add' } }], [piece('{"n":"a"}', { id: 'a' })]]],
    [
      'whose name comes again empty',
      [
        [whole_('a', 0)],
        [{ index: 1, id: 'b', function: { name: 'add', arguments: '{"n":' } }],
        [{ index: 1, function: { name: '', arguments: '"b"}' } }],
      ],
    ],
    ['numbered from 1 on', [[whole_('a', 1)], [whole_('b', 2)]]],
  ])('%s', async (_how, deltas) => {
    const chunks = deltas.map((calls) => chunk({ tool_calls: calls }))
    const { toolCalls, finish } = first(await streamed([...chunks, chunk({}, { finish: 'tool_calls' })]))
    const seen = toolCalls.map(({ id, name, argumentsJson }) => [id, name, JSON.parse(argumentsJson).n]).toSorted()
    expect(seen).toEqual([
      ['a', 'add', 'a'],
      ['b', 'add', 'b'],
    ])
    expect(finish?.reason).toBe('tool_calls')
  })

  test('without ids get ids of ours, all different', async () => {
    const { toolCalls } = first(await streamed([chunk({ tool_calls: [whole_('', 0), whole_('', 1)] }), stopChunk]))
    expect(toolCalls.map(({ id }) => id.length > 8)).toEqual([true, true])
    expect(toolCalls[0]?.id).not.toBe(toolCalls[1]?.id)
  })

  test('in a whole reply are calls of their own, even with one id', async () => {
    const { toolCalls } = first(await whole(completion({ tool_calls: [whole_('a'), whole_('a')] })))
    expect(toolCalls).toHaveLength(2)
  })

  test('whose arguments are an object are written as text', async () => {
    const call = { id: 'a', function: { name: 'add', arguments: { n: 1 } } }
    expect(first(await whole(completion({ tool_calls: [call] }))).toolCalls[0]?.argumentsJson).toBe('{"n":1}')
  })

  test('the old function_call is a tool call', async () => {
    const legacy = { function_call: { name: 'add', arguments: '{}' } }
    const { toolCalls, finish } = first(await streamed([chunk(legacy), chunk({}, { finish: 'function_call' })]))
    expect(toolCalls).toMatchObject([{ name: 'add', argumentsJson: '{}' }])
    expect(finish?.reason).toBe('tool_calls')
  })

  test('a call that never gets a name is a bad reply', async () => {
    const failure = await failureOf(streamed([chunk({ tool_calls: [piece('{}', { index: 0 })] }), stopChunk]))
    expect(failure.code).toBe('provider_bad_reply')
  })
})

describe('11: words for how an answer ended', () => {
  const called = { tool_calls: [{ id: 'a', function: { name: 'add', arguments: '{}' } }] }

  test.each([
    ['stop', called, 'tool_calls'],
    ['STOP', { content: 'x' }, 'stop'],
    ['tool_calls', { content: 'x' }, 'stop'],
    ['tool_calls', called, 'tool_calls'],
    ['model_length', { content: 'x' }, 'length'],
    ['MAX_TOKENS', { content: 'x' }, 'length'],
    ['length', called, 'length'],
    ['content_filter', { content: '' }, 'content_filter'],
    ['SAFETY', { content: '' }, 'content_filter'],
    ['eos', { content: 'x' }, 'stop'],
  ] as const)('%s after %j is %s', async (finish, message, reason) => {
    expect(first(await whole(completion(message, { finish }))).finish).toEqual({ choice: 0, reason, native: finish })
    expect(first(await streamed([chunk(message), chunk({}, { finish })])).finish?.reason).toBe(reason)
  })

  test.each(['error', 'insufficient_system_resource', 'abort'])('%s is a failure', async (finish) => {
    const failure = await failureOf(streamed([chunk({ content: 'x' }), chunk({}, { finish })]))
    expect(failure.code).toBe('provider_failed')
  })

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['tool_use', 'stop'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
  ] as const)('Anthropic’s %s after text is %s', async (stop, reason) => {
    const events = await messages(anthropicEvents([{ start: { type: 'text', text: 'x' } }], { stop }))
    expect(first(events).finish).toEqual({ choice: 0, reason, native: stop })
  })

  test('a refusal is told in its own words', async () => {
    expect(first(await streamed([chunk({ refusal: 'I ' }), chunk({ refusal: 'won’t.' }), stopChunk])).refusal).toBe(
      'I won’t.',
    )
    const stopped = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: { explanation: 'Not this.' } },
    }
    expect(first(await messages([messageStart({ input_tokens: 1 }), stopped])).refusal).toBe('Not this.')
  })

  test('an empty answer is an answer', async () => {
    expect(first(await streamed([chunk({ content: '' }), stopChunk]))).toMatchObject({
      text: '',
      finish: { reason: 'stop' },
    })
    expect(first(await messages(anthropicEvents([])))).toMatchObject({ text: '', finish: { reason: 'stop' } })
  })
})

describe('13: thoughts, wherever they are', () => {
  test.each<[string, JsonObject[]]>([
    ['reasoning_content', [{ reasoning_content: 'Two ' }, { reasoning_content: 'and two' }]],
    ['reasoning', [{ reasoning: 'Two ' }, { reasoning: 'and two' }]],
    ['both of them', [{ reasoning: 'Two and two', reasoning_content: 'Two and two' }]],
    ['parts of the content', [{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Two and two' }] }] }]],
    [
      'details',
      [{ reasoning: 'Two and two', reasoning_details: [{ type: 'reasoning.text', text: 'Two and two', index: 0 }] }],
    ],
    ['a summary', [{ reasoning_details: [{ type: 'reasoning.summary', summary: 'Two and two' }] }]],
  ])('in %s', async (_where, deltas) => {
    const { reasoning, text } = first(
      await streamed([...deltas.map((delta) => chunk(delta)), chunk({ content: '4' }), stopChunk]),
    )
    expect(reasoning).toEqual([{ kind: 'text', text: 'Two and two' }])
    expect(text).toBe('4')
  })

  test('with signatures and encrypted ones, so that they can go back', async () => {
    const encrypted = { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', index: 0 }
    const events = await streamed([
      chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'Two', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }] }),
      chunk({ content: '4', reasoning_details: [encrypted] }),
      stopChunk,
    ])
    expect(first(events).reasoning).toEqual([
      { kind: 'text', text: 'Two', signature: 'sig' },
      { kind: 'redacted', data: JSON.stringify(encrypted) },
    ])
  })

  test('of Anthropic, signed, redacted and between other blocks', async () => {
    const events = await messages(
      anthropicEvents([
        {
          start: { type: 'thinking', thinking: '', signature: '' },
          deltas: [
            { type: 'thinking_delta', thinking: 'Two' },
            { type: 'signature_delta', signature: 'sig' },
          ],
        },
        { start: { type: 'redacted_thinking', data: 'xyz' } },
        {
          start: { type: 'server_tool_use', id: 's', name: 'search', input: {} },
          deltas: [{ type: 'input_json_delta', partial_json: '{"q":1}' }],
        },
        { start: { type: 'text', text: '4' } },
      ]),
    )
    expect(first(events)).toMatchObject({
      text: '4',
      toolCalls: [],
      reasoning: [
        { kind: 'text', text: 'Two', signature: 'sig' },
        { kind: 'redacted', data: 'xyz' },
      ],
    })
  })
})

const usageOf = async (events: Promise<UpstreamEvent[]>): Promise<Usage | null> => fold(await events).usage
const plainUsage = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }
const counted = {
  inputTokens: 10,
  outputTokens: 4,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
  source: 'provider',
}

describe('14: where usage stands in a stream', () => {
  const said = chunk({ content: 'x' })
  test.each<[string, Json[]]>([
    ['after an empty list of choices', [said, stopChunk, { ...chunk({}), choices: [], usage: plainUsage }]],
    ['beside an empty choice', [said, stopChunk, { ...chunk({}), choices: [{}], usage: plainUsage }]],
    ['beside the finish', [said, { ...stopChunk, usage: plainUsage }]],
    [
      'on every chunk, growing',
      [
        { ...said, usage: { ...plainUsage, completion_tokens: 1 } },
        { ...stopChunk, usage: plainUsage },
      ],
    ],
    ['twice', [said, { ...stopChunk, usage: plainUsage }, { ...chunk({}), choices: [], usage: plainUsage }]],
    [
      'complete, then null and incomplete',
      [
        said,
        { ...stopChunk, usage: plainUsage },
        { ...chunk({}), choices: [], usage: null },
        { choices: [], usage: { prompt_tokens: 3 } },
      ],
    ],
    ['in Groq’s corner', [said, { ...stopChunk, x_groq: { usage: plainUsage } }]],
  ])('%s', async (_where, payloads) => {
    expect(await usageOf(streamed(payloads))).toEqual(counted)
    expect(await usageOf(streamed(payloads, ''))).toEqual(counted)
  })

  test('none at all is none', async () => {
    expect(await usageOf(streamed([said, stopChunk]))).toBeNull()
  })

  test.each([
    { prompt_tokens: -1, completion_tokens: 4 },
    { prompt_tokens: 'ten', completion_tokens: 4 },
    { completion_tokens: 4 },
  ])('%j is none', async (usage) => {
    expect(await usageOf(whole(completion({ content: 'x' }, { usage })))).toBeNull()
  })

  test('zero is a count', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 }
    expect(await usageOf(whole(completion({ content: '' }, { usage })))).toMatchObject({
      inputTokens: 10,
      outputTokens: 0,
    })
  })
})

describe('15: cached and reasoning tokens', () => {
  test.each<[string, JsonObject, Partial<Usage>]>([
    [
      'OpenAI',
      { prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 3 } },
      { cacheReadTokens: 6, cacheWriteTokens: 3 },
    ],
    ['DeepSeek', { prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 }, { cacheReadTokens: 6 }],
    ['vLLM', { num_cached_tokens: 6 }, { cacheReadTokens: 6 }],
    ['Moonshot', { cached_tokens: 6 }, { cacheReadTokens: 6 }],
    ['more than there is', { prompt_tokens_details: { cached_tokens: 600 } }, { cacheReadTokens: 10 }],
    [
      'reasoning within the output',
      { completion_tokens_details: { reasoning_tokens: 3 } },
      { reasoningTokens: 3, outputTokens: 4 },
    ],
    [
      'xAI’s reasoning beside it',
      { completion_tokens_details: { reasoning_tokens: 30 }, total_tokens: 44 },
      { reasoningTokens: 30, outputTokens: 34 },
    ],
  ])('%s', async (_who, fields, expected) => {
    const usage = { ...plainUsage, ...fields }
    expect(await usageOf(whole(completion({ content: 'x' }, { usage })))).toEqual({ ...counted, ...expected })
  })

  const start = { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 50 }
  const events = (delta: JsonObject, before: JsonObject = start): JsonObject[] => [
    messageStart(before),
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: delta },
    { type: 'message_stop' },
  ]

  test.each<[string, JsonObject[], Partial<Usage>]>([
    [
      'input counted at the start, output at the end',
      events({ output_tokens: 7 }),
      { inputTokens: 160, outputTokens: 7 },
    ],
    ['all counted again at the end', events({ ...start, output_tokens: 7 }), { inputTokens: 160, outputTokens: 7 }],
    [
      'a clone that counts the cache within the input at first',
      events({ ...start, output_tokens: 7 }, { input_tokens: 160 }),
      { inputTokens: 160 },
    ],
    [
      'nulls, which say nothing',
      events({ input_tokens: null, cache_read_input_tokens: null, output_tokens: 7 }),
      { inputTokens: 160 },
    ],
  ])('Anthropic: %s', async (_what, payloads, expected) => {
    expect(await usageOf(messages(payloads))).toMatchObject({ cacheReadTokens: 100, cacheWriteTokens: 50, ...expected })
  })

  test('Anthropic: writes that live an hour are apart, and thoughts are counted', async () => {
    const usage = {
      ...start,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
    }
    answer = (response) => sendJson(response, 200, anthropicMessage([], { usage }))
    expect(await usageOf(read('anthropic'))).toEqual({
      inputTokens: 160,
      cacheReadTokens: 100,
      cacheWriteTokens: 20,
      cacheWrite1hTokens: 30,
      outputTokens: 9,
      reasoningTokens: 5,
      source: 'provider',
    })
  })
})

describe('17: errors inside a 200', () => {
  test.each<[string, string, ErrorCode]>([
    ['OpenRouter’s', 'data: {"error":{"code":429,"message":"Slow down"}}\n\n', 'provider_rate_limited'],
    [
      'OpenRouter’s, beside a choice',
      sse([{ ...chunk({ content: '' }, { finish: 'error' }), error: { code: 'server_error', message: 'Gone' } }]),
      'provider_failed',
    ],
    [
      'within a choice',
      sse([{ choices: [{ index: 0, delta: {}, finish_reason: null, error: { code: 502, message: 'Bad gateway' } }] }]),
      'provider_failed',
    ],
    [
      'vLLM’s',
      'data: {"object":"error","message":"CUDA","type":"InternalServerError","code":500}\n\n',
      'provider_failed',
    ],
    ['a text', 'data: {"error":"overloaded"}\n\n', 'provider_failed'],
    ['an event by name', 'event: error\ndata: something broke\n\n', 'provider_failed'],
    [
      'an event by name, with quota',
      'event: error\ndata: {"type":"insufficient_quota","message":"Pay"}\n\n',
      'provider_out_of_credit',
    ],
  ])('%s', async (_whose, body, code) => {
    answer = (response) => void sendPieces(response, [sse([chunk({ content: 'x' })]), body])
    expect((await failureOf(read('openai-chat'))).code).toBe(code)
  })

  test.each<[string, ErrorCode]>([
    ['overloaded_error', 'provider_overloaded'],
    ['rate_limit_error', 'provider_rate_limited'],
    ['api_error', 'provider_failed'],
    ['timeout_error', 'provider_timeout'],
    ['authentication_error', 'provider_auth'],
    ['billing_error', 'provider_out_of_credit'],
    ['invalid_request_error', 'provider_rejected'],
    ['not_found_error', 'provider_model_missing'],
  ])('Anthropic’s %s', async (type, code) => {
    const failure = await failureOf(
      messages([messageStart({ input_tokens: 1 }), { type: 'error', error: { type, message: 'M' } }]),
    )
    expect(failure.code).toBe(code)
  })
})

describe('19: streams as they really come', () => {
  test('an end without [DONE], and without a last empty line', async () => {
    answer = (response) => void sendPieces(response, [sse([chunk({ content: 'x' }), stopChunk]).trimEnd()])
    expect(first(await read('openai-chat'))).toMatchObject({ text: 'x', finish: { reason: 'stop' } })
  })

  test('[DONE] without a finish is a cut all the same', async () => {
    expect((await failureOf(streamed([chunk({ content: 'x' })]))).code).toBe('provider_cut')
  })

  test('an end within an event is a cut, not a bad reply', async () => {
    answer = (response) => void sendPieces(response, [sse([chunk({ content: 'x' })]), 'data: {"id":"chatcmpl'])
    expect((await failureOf(read('openai-chat'))).code).toBe('provider_cut')
  })

  test('empty lines before a document, which keep the connection awake', async () => {
    answer = (response) =>
      void sendPieces(response, ['\n', '\n\n', JSON.stringify(completion({ content: 'x' }))], 'application/json')
    expect(first(await read('openai-chat')).text).toBe('x')
  })

  test('a first chunk without a choice or a model (Azure) does not name the model', async () => {
    const filters = { id: '', model: '', choices: [], prompt_filter_results: [] }
    expect(fold(await streamed([filters, chunk({ content: 'x' }), stopChunk])).model).toBe('rocket-1')
  })

  test('several choices are told apart', async () => {
    const of = (index: number, delta: JsonObject, finish: string | null = null): JsonObject => ({
      ...chunk({}),
      choices: [{ index, delta, finish_reason: finish }],
    })
    const events = await streamed([
      of(0, { content: 'a' }),
      of(1, { content: 'b' }),
      of(0, { content: 'A' }),
      of(0, {}, 'stop'),
      of(1, {}, 'length'),
    ])
    expect(fold(events).choices.map(({ text, finish }) => [text, finish?.reason])).toEqual([
      ['aA', 'stop'],
      ['b', 'length'],
    ])
    expect((await failureOf(streamed([of(0, { content: 'a' }, 'stop'), of(1, { content: 'b' })]))).code).toBe(
      'provider_cut',
    )
  })

  test('log probabilities come with their text', async () => {
    const content = [{ token: 'x', logprob: -0.1, bytes: [120], top_logprobs: [] }]
    const payload = {
      ...chunk({}),
      choices: [{ index: 0, delta: { content: 'x' }, logprobs: { content, refusal: null }, finish_reason: null }],
    }
    expect(first(await streamed([payload, stopChunk])).logprobs).toEqual([content])
  })

  test('a message that Anthropic hands to another model names that one in the end', async () => {
    const fallback = { start: { type: 'fallback', from: { model: 'rocket-1' }, to: { model: 'rocket-2' } } }
    const events = await messages(anthropicEvents([fallback, { start: { type: 'text', text: 'x' } }]))
    expect(fold(events).model).toBe('rocket-2')
  })

  test('a stream of Anthropic’s without message_stop is whole once it said why it stopped', async () => {
    const events = anthropicEvents([{ start: { type: 'text', text: 'x' } }]).slice(0, -1)
    expect(first(await messages(events))).toMatchObject({ text: 'x', finish: { reason: 'stop' } })
  })
})

describe('20: what OpenRouter says that it cost', () => {
  test.each<[string, JsonObject, bigint | undefined]>([
    ['plainly', { cost: 0.000894, cost_details: { upstream_inference_cost: 0.000894 }, is_byok: false }, 894_000n],
    [
      'with a key of one’s own, fee and price',
      { cost: 0.00001, cost_details: { upstream_inference_cost: 0.0003253 }, is_byok: true },
      335_300n,
    ],
    ['so little that it is written with an exponent', { cost: 1e-7 }, 100n],
    ['nothing', {}, undefined],
  ])('%s', async (_how, fields, cost) => {
    const usage = await usageOf(
      streamed([chunk({ content: 'x' }), { ...stopChunk, usage: { ...plainUsage, ...fields } }]),
    )
    expect(usage?.reportedCostNanoUsd).toBe(cost)
  })
})

describe('an answer given through a tool', () => {
  const schema = { type: 'object', properties: { x: { type: 'number' } } }
  const asked: Partial<ChatRequest> = { responseFormat: { type: 'json_schema', name: 'point', schema } }
  const given = {
    start: { type: 'tool_use', id: 't', name: 'point', input: {} },
    deltas: ['{"x"', ':1}'].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  }
  const chatter = { start: { type: 'text', text: '' }, deltas: [{ type: 'text_delta', text: 'Here you are: ' }] }
  const read_ = (blocks: Parameters<typeof anthropicEvents>[0], stop = 'tool_use', fields: Partial<ChatRequest> = {}) =>
    messages(anthropicEvents(blocks, { stop }), { ...asked, ...fields }, { jsonSchema: false })

  test('is text in pieces, ends with stop, and the chatter around it is left out', async () => {
    const events = await read_([chatter, given])
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(2)
    expect(first(events)).toMatchObject({
      text: '{"x":1}',
      toolCalls: [],
      finish: { reason: 'stop', native: 'tool_use' },
    })
  })

  test('cut by length ends with length', async () => {
    expect(first(await read_([given], 'max_tokens')).finish?.reason).toBe('length')
  })

  test('beside a call of the caller’s tool ends with that', async () => {
    const call = { start: { type: 'tool_use', id: 'c', name: 'add', input: { a: 1 } } }
    const choice = first(await read_([call], 'tool_use', { tools: [{ name: 'add' }] }))
    expect(choice).toMatchObject({
      text: '',
      toolCalls: [{ name: 'add', argumentsJson: '{"a":1}' }],
      finish: { reason: 'tool_calls' },
    })
  })

  test('given twice counts once', async () => {
    expect(first(await read_([given, given])).text).toBe('{"x":1}')
  })

  test('not given after all, the text is the answer', async () => {
    expect(first(await read_([chatter], 'end_turn')).text).toBe('Here you are: ')
  })

  test('comes whole in a document', async () => {
    answer = (response) =>
      sendJson(
        response,
        200,
        anthropicMessage([{ type: 'tool_use', id: 't', name: 'point', input: { x: 1 } }], { stop: 'tool_use' }),
      )
    expect(first(await read('anthropic', asked, { jsonSchema: false }))).toMatchObject({
      text: '{"x":1}',
      finish: { reason: 'stop' },
    })
  })
})
