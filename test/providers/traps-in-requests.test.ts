import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message } from '../../src/contract/chat.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import { writeRequest as writeAnthropic } from '../../src/providers/anthropic/request.ts'
import { writeRequest as writeGemini } from '../../src/providers/gemini/request.ts'
import { createCallSignatures } from '../../src/providers/gemini/signatures.ts'
import { writeRequest as writeChat } from '../../src/providers/openai-chat/request.ts'
import { writeRequest as writeResponses } from '../../src/providers/openai-responses/request.ts'
import { at } from '../support/json.ts'
import { makeCall, makeCard, makeRequest, makeRow } from './calls.ts'

/*
 * Requests with which gateways were hurt before, one describe a trap: what vendors refuse, and what we write instead.
 */

type CardWire = NonNullable<Parameters<typeof makeCard>[0]>['wire']

const callOf = (fields: Partial<ChatRequest>, wire: CardWire) =>
  makeCall({ request: makeRequest(fields), card: makeCard({ wire }) })
const chatBody = (fields: Partial<ChatRequest>, wire: CardWire = {}) => writeChat(callOf(fields, wire))
const anthropicBody = (fields: Partial<ChatRequest>, wire: CardWire = {}) => writeAnthropic(callOf(fields, wire))
/** What each wire sends for the same request. */
const writers = {
  'openai-chat': writeChat,
  'openai-responses': writeResponses,
  anthropic: writeAnthropic,
  gemini: (call: ReturnType<typeof callOf>) => writeGemini(call, createCallSignatures()),
}
type Wire = keyof typeof writers
const bodyOn = (on: Wire, fields: Partial<ChatRequest>, wire: CardWire = {}) => writers[on](callOf(fields, wire))
const warned = ({ warnings }: { warnings: { code: string; param: string }[] }) =>
  warnings.map(({ code, param }) => `${code} ${param}`)

describe('1: max_tokens and max_completion_tokens', () => {
  test.each(['max_tokens', 'max_completion_tokens'] as const)('%s alone is sent where the model wants it', (field) => {
    const { body } = chatBody({ maxOutputTokens: 5 }, { maxTokensField: field })
    expect(Object.keys(body).filter((name) => name.startsWith('max_'))).toEqual([field])
  })

  test.each([
    ['openai-responses', 'max_output_tokens'],
    ['anthropic', 'max_tokens'],
    ['gemini', 'maxOutputTokens'],
  ] as const)('%s calls it %s, whatever the model’s chat wire does', (on, field) => {
    const written = JSON.stringify(bodyOn(on, { maxOutputTokens: 5000 }, { maxTokensField: 'max_tokens' }).body)
    expect(written.match(/"max\w+":5000/gi)).toEqual([`"${field}":5000`])
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

  test.each(['openai-responses', 'anthropic', 'gemini'] as const)('are left out on %s too', (on) => {
    const written = bodyOn(on, { temperature: 0.5, topP: 0.5 }, { sampling: 'never' })
    expect(JSON.stringify(written.body)).not.toMatch(/temperature|top_?p/i)
    expect(warned(written)).toEqual(['dropped_parameter temperature', 'dropped_parameter top_p'])
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

  test('on the Responses wire it has both', () => {
    const written = bodyOn('openai-responses', { tools, reasoningEffort: 'high' }, wire)
    expect(written).toMatchObject({ body: { reasoning: { effort: 'high' }, tools: [{ name: 'add' }] }, warnings: [] })
  })

  test('without tools it thinks as asked', () => {
    expect(chatBody({ reasoningEffort: 'high' }, wire)).toMatchObject({
      body: { reasoning_effort: 'high' },
      warnings: [],
    })
  })
})

describe('4: instructions, also in the middle of a conversation', () => {
  const text = (words: string) => [{ type: 'text' as const, text: words }]
  const messages: Message[] = [
    { role: 'system', content: text('Be brief.') },
    { role: 'user', content: text('Hi') },
    { role: 'system', content: text('Be kind.') },
    { role: 'user', content: text('Go on') },
  ]

  test.each(['system', 'developer'] as const)('are said by the %s where the model knows that role', (role) => {
    for (const [on, list] of [
      ['openai-chat', 'messages'],
      ['openai-responses', 'input'],
    ] as const)
      expect(bodyOn(on, { messages }, { systemRole: role }).body[list]).toEqual([
        { role, content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
        { role, content: 'Be kind.' },
        { role: 'user', content: 'Go on' },
      ])
  })

  test.each([
    ['anthropic', ['system']],
    ['gemini', ['systemInstruction', 'parts']],
  ] as const)('stand together before the conversation on %s, aloud', (on, place) => {
    const written = bodyOn(on, { messages })
    expect(at(written.body, ...place)).toMatchObject([{ text: 'Be brief.' }, { text: 'Be kind.' }])
    expect(JSON.stringify(written.body.messages ?? written.body.contents)).not.toContain('Be kind.')
    expect(warned(written)).toEqual(['changed_parameter messages'])
  })
})

describe('5: Anthropic’s max_tokens', () => {
  test('is the longest answer that the model gives, unless the caller says less', () => {
    expect(anthropicBody({}).body.max_tokens).toBe(64_000)
    expect(anthropicBody({ maxOutputTokens: 7 }).body.max_tokens).toBe(7)
  })

  test.each(['openai-chat', 'openai-responses', 'gemini'] as const)('has no like on %s', (on) => {
    expect(JSON.stringify(bodyOn(on, {}).body)).not.toMatch(/max_?(\w+_)?tokens|maxOutputTokens/i)
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
    [...JSON.stringify(body).matchAll(/"(?:id|call_id|tool_call_id|tool_use_id)":"([^"]+)"/g)].map(([, id]) => id ?? '')

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

  test('no more than 64 characters on the Responses wire, no id twice', () => {
    const long = `fc_${'a'.repeat(80)}`
    const { body } = bodyOn('openai-responses', { messages: history(long, 'call_0', 'call_0') })
    const [first, firstResult, second, secondResult, third, thirdResult] = idsIn(body)
    expect([firstResult, secondResult, thirdResult]).toEqual([first, second, third])
    expect([first?.length, second, new Set([first, second, third]).size]).toEqual([9, 'call_0', 3])
  })

  test('any for Gemini, which are given to results too, no id twice', () => {
    const { body } = bodyOn('gemini', { messages: history('a.b:c', 'call_0', 'call_0') })
    const [first, firstResult, second, secondResult, third, thirdResult] = idsIn(body)
    expect([firstResult, secondResult, thirdResult]).toEqual([first, second, third])
    expect([first, second, new Set([first, second, third]).size]).toEqual(['a.b:c', 'call_0', 3])
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

describe('13: thoughts of turns that called tools', () => {
  const messages = (reasoning: { kind: 'text'; text: string }[]): Message[] => [
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', content: [], reasoning, toolCalls: [{ id: 'a', name: 'add', argumentsJson: '{}' }] },
    { role: 'tool', toolCallId: 'a', content: [{ type: 'text', text: '3' }] },
  ]

  test.each([
    ['go back to DeepSeek as it gave them', [{ kind: 'text' as const, text: 'Hm.' }], 'Hm.'],
    ['are empty where the history has none', [], ''],
  ])('%s', (_what, reasoning, said) => {
    const { body } = chatBody({ messages: messages(reasoning) }, { reasoningContentInHistory: true })
    expect(at(body, 'messages', 1, 'reasoning_content')).toBe(said)
  })

  test('stay here where the model does not ask for them', () => {
    expect(JSON.stringify(chatBody({ messages: messages([{ kind: 'text', text: 'Hm.' }]) }).body)).not.toContain('Hm.')
  })
})

describe('14: usage in a stream', () => {
  test('is asked for where that is understood, and only of a stream', () => {
    const include = { stream_options: { include_usage: true } }
    expect(chatBody({}).body).toMatchObject(include)
    const call = { request: makeRequest(), card: makeCard() }
    expect(writeChat(makeCall({ ...call, stream: false })).body).not.toHaveProperty('stream_options')
    const row = makeRow({ wire: { usageInStreaming: false } })
    expect(writeChat(makeCall({ ...call, row })).body).not.toHaveProperty('stream_options')
  })
})
