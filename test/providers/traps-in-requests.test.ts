import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message } from '../../src/contract/chat.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import { writeRequest as writeAnthropic } from '../../src/providers/anthropic/request.ts'
import { writeRequest as writeChat } from '../../src/providers/openai-chat/request.ts'
import { makeCall, makeCard, makeRequest } from './calls.ts'

/*
 * Requests with which gateways were hurt before, one describe a trap: what vendors refuse, and what we write instead.
 */

type CardWire = NonNullable<Parameters<typeof makeCard>[0]>['wire']

const callOf = (fields: Partial<ChatRequest>, wire: CardWire) =>
  makeCall({ request: makeRequest(fields), card: makeCard({ wire }) })
const chatBody = (fields: Partial<ChatRequest>, wire: CardWire = {}) => writeChat(callOf(fields, wire))
const anthropicBody = (fields: Partial<ChatRequest>, wire: CardWire = {}) => writeAnthropic(callOf(fields, wire))
const warned = ({ warnings }: { warnings: { code: string; param: string }[] }) =>
  warnings.map(({ code, param }) => `${code} ${param}`)

describe('1: max_tokens and max_completion_tokens', () => {
  test.each(['max_tokens', 'max_completion_tokens'] as const)('%s alone is sent where the model wants it', (field) => {
    const { body } = chatBody({ maxOutputTokens: 5 }, { maxTokensField: field })
    expect(Object.keys(body).filter((name) => name.startsWith('max_'))).toEqual([field])
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
    expect(warned(written)).toEqual(dropped.map((name) => `dropped_parameter ${name}`))
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
    expect(warned(written)).toEqual(['dropped_parameter temperature'])
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
    expect(warned(written)).toEqual(
      asked in effortLevels && word === 'default' ? [] : ['changed_parameter reasoning_effort'],
    )
  })

  test('are left out aloud where none can be set', () => {
    expect(warned(chatBody({ reasoningEffort: 'low' }, { effortLevels: {} }))).toEqual([
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
    expect(warned(written)).toEqual(['changed_parameter reasoning_effort'])
  })

  test('without tools it thinks as asked', () => {
    expect(chatBody({ reasoningEffort: 'high' }, wire)).toMatchObject({
      body: { reasoning_effort: 'high' },
      warnings: [],
    })
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
    const [firstCall, firstResult, second, secondResult, third, thirdResult] = ids
    expect([firstResult, secondResult, thirdResult]).toEqual([firstCall, second, third])
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

  test('stand in one user turn right after the calls and in their order, before what the user says', () => {
    expect(turns(user, calls('a', 'b'), result('b', '2'), user, result('a', '1', true))).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ id: 'a' }, { id: 'b' }] },
      {
        role: 'user',
        content: [{ ...shown('a', '1'), is_error: true }, shown('b', '2'), { type: 'text', text: 'Hi' }],
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
