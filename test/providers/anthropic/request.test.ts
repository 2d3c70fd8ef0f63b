import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message, ResponseFormat, Tool } from '../../../src/contract/chat.ts'
import { GatewayError } from '../../../src/contract/errors.ts'
import { writeRequest } from '../../../src/providers/anthropic/request.ts'
import { makeCall, makeCard, makeRequest, makeRow } from '../calls.ts'

type Wire = NonNullable<Parameters<typeof makeCard>[0]>['wire']

const write = (fields: Partial<ChatRequest> = {}, wire: Wire = {}) => {
  const call = makeCall({ request: makeRequest(fields), card: makeCard({ wire }), row: makeRow(), stream: false })
  const { body, warnings, answerTool } = writeRequest(call)
  return { body, answerTool, warnings: warnings.map(({ code, param }) => `${code} ${param}`) }
}

const text = (words: string) => ({ type: 'text' as const, text: words })
const user = (words: string): Message => ({ role: 'user', content: [text(words)] })
const system = (words: string): Message => ({ role: 'system', content: [text(words)] })
const says = (words: string, ...ids: string[]): Message => ({
  role: 'assistant',
  content: words === '' ? [] : [text(words)],
  reasoning: [],
  toolCalls: ids.map((id) => ({ id, name: 'add', argumentsJson: '{"a":1}' })),
})
const result = (toolCallId: string, words: string, isError?: boolean): Message => ({
  role: 'tool',
  toolCallId,
  content: [text(words)],
  isError,
})
const add: Tool = { name: 'add', description: 'Adds.', parameters: { type: 'object', properties: { a: {} } } }
const hi = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]

test('a plain request has the longest answer that the model gives as its bound', () => {
  expect(write()).toEqual({
    body: { model: 'rocket-1', max_tokens: 64_000, messages: hi, stream: false },
    answerTool: null,
    warnings: [],
  })
  expect(write({ maxOutputTokens: 9 }).body.max_tokens).toBe(9)
})

describe('the conversation', () => {
  const turns = (...messages: Message[]): unknown => write({ messages }).body.messages

  test('system text stands apart, and later system text joins it aloud', () => {
    const { body, warnings } = write({ messages: [system('A'), user('Hi'), says('Yes?'), system('B'), user('Go')] })
    expect(body.system).toEqual([
      { type: 'text', text: 'A' },
      { type: 'text', text: 'B' },
    ])
    expect(body.messages).toMatchObject([{ role: 'user' }, { role: 'assistant' }, { role: 'user' }])
    expect(warnings).toEqual(['changed_parameter messages'])
    expect(write({ messages: [system('A'), system('B'), user('Hi')] }).warnings).toEqual([])
  })

  test('system text alone is said by the user', () => {
    expect(write({ messages: [system('Hi')] })).toMatchObject({
      body: { messages: hi },
      warnings: ['changed_parameter messages'],
    })
  })

  test('system text beside empty texts is said by the user', () => {
    const { body, warnings } = write({ messages: [system('A'), user(' '), says('')] })
    expect(body).toMatchObject({ messages: [{ role: 'user', content: [{ type: 'text', text: 'A' }] }] })
    expect(body).not.toHaveProperty('system')
    expect(warnings).toEqual(['changed_parameter messages'])
  })

  test.each([
    ['the user', [user('')]],
    ['system', [system('')]],
    ['both', [system(' '), user('\n'), user('')]],
    ['the assistant too', [user(''), says(''), user('')]],
  ])('of empty texts alone, by %s, is refused by name', (_who, messages) => {
    expect(() => write({ messages })).toThrowError(
      expect.objectContaining({ code: 'provider_rejected', detail: { param: 'messages' } }),
    )
  })

  test('turns of one role are one turn, blank texts are none', () => {
    expect(turns(user('A'), user('B'), says(' '), user('C'), says('D'), says('E'), user('F'))).toEqual([
      { role: 'user', content: [text('A'), text('B'), text('C')] },
      { role: 'assistant', content: [text('D'), text('E')] },
      { role: 'user', content: [text('F')] },
    ])
  })

  test('a conversation that begins with the assistant gets a user turn before it', () => {
    const { body, warnings } = write({ messages: [says('Hello'), user('Hi')] })
    expect(body.messages).toMatchObject([{ content: [text('Continue.')] }, { role: 'assistant' }, { role: 'user' }])
    expect(warnings).toEqual(['changed_parameter messages'])
  })

  test('a last turn of the assistant does not end in white space', () => {
    expect(turns(user('Hi'), says('The answer is \n'))).toMatchObject([{}, { content: [text('The answer is')] }])
  })

  test('images go by address or as data, PDF files as documents', () => {
    const cacheControl = { type: 'ephemeral' }
    const messages: Message[] = [
      {
        role: 'user',
        content: [
          { type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO' }, cacheControl },
          {
            type: 'native',
            value: { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
          },
        ],
      },
    ]
    expect(turns(...messages)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
          {
            type: 'image',
            source: { type: 'base64', media_type: 'image/png', data: 'iVBO' },
            cache_control: cacheControl,
          },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
        ],
      },
    ])
  })

  test('content that it cannot be given is refused rather than left out', () => {
    const audio: Message = { role: 'user', content: [{ type: 'native', value: { type: 'input_audio' } }] }
    expect(() => turns(audio)).toThrow(GatewayError)
    expect(() => turns(audio)).toThrow('input_audio')
  })

  test('signed and redacted thoughts go back first, unsigned ones stay here', () => {
    const thinker: Message = {
      role: 'assistant',
      content: [text('4')],
      toolCalls: [],
      reasoning: [
        { kind: 'text', text: 'Two', signature: 'sig' },
        { kind: 'redacted', data: 'xyz' },
        { kind: 'text', text: 'foreign' },
        { kind: 'text', text: 'foreign too', signature: 'responses:{"row":"openai","encrypted_content":"gAAA"}' },
        { kind: 'redacted', data: 'openrouter:{"type":"reasoning.encrypted","data":"gAAA"}' },
      ],
    }
    expect(turns(user('2+2'), thinker, user('Why?'))).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: 'Two', signature: 'sig' },
          { type: 'redacted_thinking', data: 'xyz' },
          { type: 'text', text: '4' },
        ],
      },
      {},
    ])
  })

  test('arguments that are no object are carried in one, aloud', () => {
    const toolCalls = [{ id: 'c', name: 'add', argumentsJson: '{"a"' }]
    const broken: Message = { role: 'assistant', content: [], reasoning: [], toolCalls }
    const { body, warnings } = write({ messages: [user('Hi'), broken, result('c', '?')] })
    expect(body.messages).toMatchObject([{}, { content: [{ type: 'tool_use', input: { text: '{"a"' } }] }, {}])
    expect(warnings).toEqual(['changed_parameter messages'])
  })
})

describe('tools', () => {
  test('go with their schema and cache mark', () => {
    const cacheControl = { type: 'ephemeral' }
    expect(write({ tools: [{ ...add, strict: true, cacheControl }, { name: 'now' }] }).body.tools).toEqual([
      { name: 'add', description: 'Adds.', input_schema: add.parameters, strict: true, cache_control: cacheControl },
      { name: 'now', input_schema: { type: 'object', properties: {} } },
    ])
  })

  test.each([
    ['auto', undefined, { type: 'auto' }],
    ['none', undefined, { type: 'none' }],
    ['required', undefined, { type: 'any' }],
    [{ name: 'add' }, undefined, { type: 'tool', name: 'add' }],
    ['required', false, { type: 'any', disable_parallel_tool_use: true }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    ['none', false, { type: 'none' }],
    [undefined, true, undefined],
  ] as const)('choice %j with parallel calls %j is %j', (toolChoice, parallelToolCalls, expected) => {
    expect(write({ tools: [add], toolChoice, parallelToolCalls }).body.tool_choice).toEqual(expected)
  })
})

describe('formats', () => {
  const format: ResponseFormat = {
    type: 'json_schema',
    name: 'point',
    schema: { type: 'object', properties: { x: {} } },
  }

  test('a schema goes natively where the model takes it', () => {
    const { body, answerTool } = write({ responseFormat: format, tools: [add] })
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: format.schema } })
    expect(body.tools).toHaveLength(1)
    expect(answerTool).toBeNull()
  })

  test('a schema is a tool that must be called where it does not', () => {
    const { body, answerTool } = write({ responseFormat: format }, { jsonSchema: false })
    expect(body.tools).toMatchObject([{ name: 'point', input_schema: format.schema }])
    expect(body.tool_choice).toMatchObject({ type: 'tool', name: 'point' })
    expect(answerTool).toBe('point')
  })

  test('beside other tools one of them must be called, under a name of its own', () => {
    const tools = [{ name: 'point' }]
    const { body, answerTool } = write({ responseFormat: format, tools }, { jsonSchema: false })
    expect(body.tools).toMatchObject([{ name: 'point' }, { name: 'point_answer' }])
    expect(body.tool_choice).toEqual({ type: 'any' })
    expect(answerTool).toBe('point_answer')
    const none = write({ responseFormat: format, tools, toolChoice: 'none' }, { jsonSchema: false })
    expect(none.body.tool_choice).toMatchObject({ type: 'tool', name: 'point_answer' })
  })

  test('a caller who names a tool gets a call and no format', () => {
    const { body } = write({ responseFormat: format, tools: [add], toolChoice: { name: 'add' } }, { jsonSchema: false })
    expect(body.tools).toHaveLength(1)
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'add' })
  })

  test.each([
    ['JSON mode', { type: 'json_object' as const }],
    ['a schema of a list', { type: 'json_schema' as const, name: 'points', schema: { type: 'array' } }],
  ])('%s is told in words, aloud', (_what, responseFormat) => {
    const { body, warnings } = write(
      { responseFormat, messages: [system('Be brief.'), user('Hi')] },
      { jsonSchema: false },
    )
    expect(body.system).toMatchObject([text('Be brief.'), { text: expect.stringContaining('JSON') }])
    expect(warnings).toEqual(['changed_parameter response_format'])
  })
})

describe('thinking', () => {
  const think = (fields: Partial<ChatRequest>, wire: Wire) => write({ reasoningEffort: 'high', ...fields }, wire)

  test('is left to the model where nobody asks', () => {
    for (const thinking of ['none', 'budget', 'adaptive'] as const)
      expect(write({}, { thinking }).body).not.toHaveProperty('thinking')
  })

  test('adaptive models are told an effort', () => {
    const { body } = think({}, { thinking: 'adaptive' })
    expect(body).toMatchObject({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    })
    const off = think({ reasoningEffort: 'none' }, { thinking: 'adaptive', effortLevels: { none: 'none', low: 'low' } })
    expect(off.body.thinking).toEqual({ type: 'disabled' })
    expect(off.body).not.toHaveProperty('output_config')
  })

  test.each([
    ['minimal', 1_024],
    ['low', 2_000],
    ['medium', 5_000],
    ['high', 8_000],
    ['max', 9_500],
  ] as const)('effort %s is a budget of %i of 10,000 tokens', (reasoningEffort, budget) => {
    const { body } = think({ reasoningEffort, maxOutputTokens: 10_000 }, { thinking: 'budget' })
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: budget })
  })

  const signed: Message = {
    role: 'assistant',
    content: [],
    reasoning: [{ kind: 'text', text: 'Hm', signature: 'sig' }],
    toolCalls: [{ id: 'c1', name: 'add', argumentsJson: '{}' }],
  }

  test('a budget is below the bound, and above a thousand or not at all', () => {
    const small = think({ maxOutputTokens: 1_100 }, { thinking: 'budget' })
    expect(small.body.thinking).toEqual({ type: 'enabled', budget_tokens: 1_024 })
    const none = think({ maxOutputTokens: 1_024 }, { thinking: 'budget' })
    expect(none.body).not.toHaveProperty('thinking')
    expect(none.warnings).toEqual(['changed_parameter reasoning_effort'])
  })

  test.each([
    ['a tool must be called', { tools: [add], toolChoice: 'required' as const }],
    [
      'the thoughts before open calls are missing',
      { tools: [add], messages: [user('Hi'), says('', 'c1'), result('c1', '3')] },
    ],
  ])('a budget is not given where %s', (_why, fields) => {
    const { body, warnings } = think(fields, { thinking: 'budget' })
    expect(body).not.toHaveProperty('thinking')
    expect(warnings).toEqual(['changed_parameter reasoning_effort'])
  })

  test('who thinks as it sees fit is not told to where a tool must be called', () => {
    const wire: Wire = { thinking: 'adaptive', effortLevels: { high: 'high' } }
    const forced = think({ tools: [add], toolChoice: 'required' }, wire)
    expect(forced.body).not.toHaveProperty('thinking')
    expect(forced.warnings).toEqual(['changed_parameter reasoning_effort'])
    expect(think({ tools: [add], toolChoice: 'auto' }, wire).body).toMatchObject({ thinking: { type: 'adaptive' } })
  })

  test('a budget is given where the thoughts before open calls are there', () => {
    const { body } = think({ tools: [add], messages: [user('Hi'), signed, result('c1', '3')] }, { thinking: 'budget' })
    expect(body.thinking).toMatchObject({ type: 'enabled' })
  })

  test('a caller’s own words go before the effort', () => {
    const extra = { thinking: { type: 'enabled', budget_tokens: 2_000 } }
    expect(think({ extra }, { thinking: 'budget' }).body.thinking).toEqual(extra.thinking)
  })

  test('with it, sampling parameters are left out aloud', () => {
    const fields = { temperature: 0.2, topP: 0.5, extra: { top_k: 5 } }
    const { body, warnings } = think(fields, { thinking: 'adaptive' })
    for (const name of ['temperature', 'top_p', 'top_k']) expect(body).not.toHaveProperty(name)
    expect(warnings).toEqual(['dropped_parameter top_k', 'dropped_parameter temperature', 'dropped_parameter top_p'])
  })
})

describe('parameters', () => {
  test('what it has goes by its own names', () => {
    const { body, warnings } = write({
      temperature: 0.3,
      stop: ['END'],
      tags: { user: 'u1' },
      extra: { top_k: 5, user: 'u1' },
    })
    expect(body).toMatchObject({ temperature: 0.3, stop_sequences: ['END'], metadata: { user_id: 'u1' }, top_k: 5 })
    expect(warnings).toEqual([])
  })

  test('what it lacks is left out aloud', () => {
    const { warnings, body } = write({
      n: 3,
      seed: 7,
      logprobs: true,
      presencePenalty: 0.5,
      frequencyPenalty: 0.5,
      stop: ['\n', 'END'],
      extra: { verbosity: 'low', service_tier: 'flex' },
    })
    expect(warnings.toSorted()).toEqual(
      ['frequency_penalty', 'logprobs', 'n', 'presence_penalty', 'seed', 'service_tier', 'stop', 'verbosity'].map(
        (param) => `dropped_parameter ${param}`,
      ),
    )
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'stop_sequences', 'stream'])
    expect(body.stop_sequences).toEqual(['END'])
  })

  test('what changes nothing is left out in silence', () => {
    expect(write({ n: 1, presencePenalty: 0, topP: 1, temperature: 1 }, { sampling: 'never' }).warnings).toEqual([])
  })

  test('temperatures end at 1, and top_p gives way to them', () => {
    const { body, warnings } = write({ temperature: 1.5, topP: 0.9 })
    expect(body.temperature).toBe(1)
    expect(body).not.toHaveProperty('top_p')
    expect(warnings).toEqual(['changed_parameter temperature', 'dropped_parameter top_p'])
    expect(write({ topP: 0.9 }).body.top_p).toBe(0.9)
  })

  test('its own fields go as the caller wrote them', () => {
    const extra = {
      cache_control: { type: 'ephemeral' },
      service_tier: 'standard_only',
      output_config: { effort: 'low' },
      metadata: { user_id: 'u2', team: 'x' },
    }
    expect(write({ extra })).toMatchObject({ body: { ...extra, metadata: { user_id: 'u2' } }, warnings: [] })
  })
})
