import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message, Tool } from '../../../src/contract/chat.ts'
import type { JsonObject } from '../../../src/contract/json.ts'
import { writeRequest } from '../../../src/providers/openai-chat/request.ts'
import { makeCall, makeCard, makeRequest, makeRow } from '../calls.ts'

interface Setting {
  wire?: NonNullable<Parameters<typeof makeCard>[0]>['wire']
  row?: NonNullable<Parameters<typeof makeRow>[0]>['wire']
  stream?: boolean
}

const write = (fields: Partial<ChatRequest> = {}, { wire = {}, row = {}, stream = false }: Setting = {}) => {
  const call = makeCall({ request: makeRequest(fields), card: makeCard({ wire }), row: makeRow({ wire: row }), stream })
  const { body, warnings } = writeRequest(call)
  return { body, warnings: warnings.map(({ code, param }) => `${code} ${param}`) }
}

const messagesOf = (messages: Message[], setting?: Setting): unknown => write({ messages }, setting).body.messages

const text = (words: string) => ({ type: 'text' as const, text: words })
const user = (words: string): Message => ({ role: 'user', content: [text(words)] })
const calls = (...ids: string[]): Message => ({
  role: 'assistant',
  content: [],
  reasoning: [],
  toolCalls: ids.map((id) => ({ id, name: 'add', argumentsJson: '{"a":1}' })),
})
const result = (toolCallId: string, words: string): Message => ({ role: 'tool', toolCallId, content: [text(words)] })
const add: Tool = {
  name: 'add',
  description: 'Adds.',
  parameters: { type: 'object', properties: { a: {} } },
  strict: true,
}

test('a plain request is what the wire documents, and nothing that was not asked for', () => {
  expect(write()).toEqual({
    body: { model: 'rocket-1', messages: [{ role: 'user', content: 'Hi' }], stream: false },
    warnings: [],
  })
})

test('every parameter has its field', () => {
  const { body, warnings } = write({
    maxOutputTokens: 50,
    temperature: 0.5,
    topP: 0.9,
    presencePenalty: 0.1,
    frequencyPenalty: -0.2,
    stop: ['END'],
    n: 2,
    seed: 7,
    logprobs: true,
    topLogprobs: 3,
    reasoningEffort: 'high',
  })
  expect(warnings).toEqual([])
  expect(body).toMatchObject({
    max_completion_tokens: 50,
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: 0.1,
    frequency_penalty: -0.2,
    stop: ['END'],
    n: 2,
    seed: 7,
    logprobs: true,
    top_logprobs: 3,
    reasoning_effort: 'high',
  })
})

describe('messages', () => {
  test('system goes by the role that the model knows', () => {
    const messages: Message[] = [{ role: 'system', content: [text('Be brief.')] }, user('Hi')]
    expect(messagesOf(messages)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ])
    expect(messagesOf(messages, { wire: { systemRole: 'developer' } })).toMatchObject([{ role: 'developer' }, {}])
  })

  test('several parts stay parts; images go by address or as data; foreign parts go as they came', () => {
    const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
    const content = [
      text('Look'),
      { type: 'image' as const, source: { kind: 'url' as const, url: 'https://x.test/a.png' }, detail: 'low' as const },
      { type: 'image' as const, source: { kind: 'base64' as const, mediaType: 'image/png', data: 'iVBO' } },
      { type: 'native' as const, value: audio },
    ]
    expect(messagesOf([{ role: 'user', content, name: 'ann' }])).toEqual([
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
          audio,
        ],
      },
    ])
  })

  test('tool calls and their results go as the model made them', () => {
    const caller: Message = {
      role: 'assistant',
      content: [],
      reasoning: [],
      toolCalls: [
        {
          id: 'c1',
          name: 'add',
          argumentsJson: '{broken',
          extra: { extra_content: { google: { thought_signature: 's' } } },
        },
        { id: 'c2', name: 'now', argumentsJson: '' },
      ],
    }
    expect(messagesOf([user('Hi'), caller, result('c1', '3'), result('c2', '')])).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'add', arguments: '{broken' },
            extra_content: { google: { thought_signature: 's' } },
          },
          { id: 'c2', type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '3' },
      { role: 'tool', tool_call_id: 'c2', content: '' },
    ])
  })

  test('images that tools gave follow the last result, in a turn of the user', () => {
    const picture = { type: 'image' as const, source: { kind: 'url' as const, url: 'https://x.test/a.png' } }
    const messages: Message[] = [
      calls('c1', 'c2'),
      { role: 'tool', toolCallId: 'c1', content: [picture] },
      result('c2', '4'),
    ]
    expect(messagesOf(messages)).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'c1', content: 'The images follow.' },
      { role: 'tool', tool_call_id: 'c2', content: '4' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Images from tool call c1:' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
        ],
      },
    ])
  })

  test('a refusal has its field at OpenAI and is text elsewhere', () => {
    const refused: Message = { role: 'assistant', content: [], refusal: 'No.', reasoning: [], toolCalls: [] }
    expect(messagesOf([refused])).toEqual([{ role: 'assistant', content: null, refusal: 'No.' }])
    expect(messagesOf([refused], { row: { openaiExtras: false } })).toEqual([{ role: 'assistant', content: 'No.' }])
  })
})

describe('thoughts in the history', () => {
  const thinker = (hasCalls: boolean): Message => ({
    role: 'assistant',
    content: [],
    toolCalls: hasCalls ? [{ id: 'c1', name: 'add', argumentsJson: '{}' }] : [],
    reasoning: [{ kind: 'text', text: 'Two and two', signature: 'sig' }],
  })

  test('stay here by default', () => {
    expect(messagesOf([thinker(true)])).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{}' } }],
      },
    ])
  })

  test('go back as reasoning_content on turns with tool calls where the model needs them, empty if need be', () => {
    const setting = { wire: { reasoningContentInHistory: true } }
    expect(messagesOf([thinker(true)], setting)).toMatchObject([{ reasoning_content: 'Two and two' }])
    expect(messagesOf([calls('c1')], setting)).toMatchObject([{ reasoning_content: '' }])
    expect(messagesOf([thinker(false)], setting)).not.toMatchObject([{ reasoning_content: expect.anything() }])
  })

  test('go back to OpenRouter as they came', () => {
    const encrypted = { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', id: 'rs_1', index: 1 }
    const message: Message = {
      role: 'assistant',
      content: [text('4')],
      toolCalls: [],
      reasoning: [
        { kind: 'text', text: 'Two', signature: 'sig' },
        { kind: 'redacted', data: `openrouter:${JSON.stringify(encrypted)}` },
        { kind: 'redacted', data: 'opaque' },
      ],
    }
    expect(messagesOf([message], { row: { openrouterExtras: true } })).toMatchObject([
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'Two', signature: 'sig', index: 0 },
          encrypted,
          { type: 'reasoning.encrypted', data: 'opaque', index: 2 },
        ],
      },
    ])
    // A signature in JSON was wrapped by another dialect, for another provider.
    for (const signature of [undefined, 'responses:{"row":"openai","encrypted_content":"gAAA"}']) {
      const unsigned: Message = { ...message, reasoning: [{ kind: 'text', text: 'Two', signature }] }
      expect(messagesOf([unsigned], { row: { openrouterExtras: true } })).toEqual([
        { role: 'assistant', content: '4', reasoning: 'Two' },
      ])
    }
  })
})

describe('tools', () => {
  test('go with their schema, choice and parallelism', () => {
    const { body } = write({ tools: [add, { name: 'now' }], toolChoice: { name: 'add' }, parallelToolCalls: false })
    expect(body).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'add', description: 'Adds.', parameters: add.parameters, strict: true } },
        { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
      ],
      tool_choice: { type: 'function', function: { name: 'add' } },
      parallel_tool_calls: false,
    })
    expect(write({ tools: [add], toolChoice: 'required' }).body.tool_choice).toBe('required')
  })

  test('without any, nothing is said of choosing among them', () => {
    const { body } = write({ toolChoice: 'auto', parallelToolCalls: true })
    expect(Object.keys(body)).toEqual(['model', 'messages', 'stream'])
  })

  test('parallelism is left out, aloud, where it is not taken', () => {
    const { body, warnings } = write({ tools: [add], parallelToolCalls: true }, { wire: { parallelToolCalls: false } })
    expect(body).not.toHaveProperty('parallel_tool_calls')
    expect(warnings).toEqual(['dropped_parameter parallel_tool_calls'])
  })
})

describe('formats', () => {
  const format = { type: 'json_schema' as const, name: 'point', schema: { type: 'object' }, strict: true }

  test('a schema goes natively where model and provider take it', () => {
    expect(write({ responseFormat: format }).body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'point', schema: { type: 'object' }, strict: true },
    })
    expect(write({ responseFormat: { type: 'json_object' } }).body.response_format).toEqual({ type: 'json_object' })
    expect(write({ responseFormat: { type: 'text' } }).body).not.toHaveProperty('response_format')
  })

  test.each([
    ['the model', { wire: { jsonSchema: false } }],
    ['the provider', { row: { jsonSchema: false } }],
  ])('a schema is told in words where %s takes none', (_who, setting) => {
    const messages: Message[] = [{ role: 'system', content: [text('Be brief.')] }, user('Hi')]
    const { body, warnings } = write({ responseFormat: format, messages }, setting)
    expect(body.response_format).toEqual({ type: 'json_object' })
    expect(JSON.stringify(body.messages)).toContain('Be brief.')
    expect(JSON.stringify(body.messages)).toContain('JSON schema')
    expect(warnings).toEqual(['changed_parameter response_format'])
    expect(write({ responseFormat: format }, setting).body.messages).toMatchObject([
      { role: 'system' },
      { role: 'user' },
    ])
  })
})

describe('what a provider calls things', () => {
  test('a stream asks for usage where that is understood', () => {
    expect(write({}, { stream: true }).body.stream_options).toEqual({ include_usage: true })
    expect(write({}, { stream: true, row: { usageInStreaming: false } }).body).not.toHaveProperty('stream_options')
  })

  test('penalties that a row does not know go unsaid aloud, neutral ones quietly', () => {
    const row = { penalties: false }
    const { body, warnings } = write({ temperature: 0.5, presencePenalty: 1, frequencyPenalty: 0 }, { row })
    expect(body).toMatchObject({ temperature: 0.5 })
    expect(body).not.toHaveProperty('presence_penalty')
    expect(body).not.toHaveProperty('frequency_penalty')
    expect(warnings).toEqual(['dropped_parameter presence_penalty'])
  })

  test('the seed has the name that the row gives it, or goes unsaid aloud', () => {
    expect(write({ seed: 7 }, { row: { seedField: 'random_seed' } }).body).toMatchObject({ random_seed: 7 })
    const { body, warnings } = write({ seed: 7 }, { row: { seedField: null } })
    expect(body).not.toHaveProperty('seed')
    expect(warnings).toEqual(['dropped_parameter seed'])
  })

  test('OpenRouter is told the effort in its own field', () => {
    const fields: Partial<ChatRequest> = { reasoningEffort: 'low', extra: { reasoning: { exclude: true } } }
    const { body } = write(fields, { row: { openrouterExtras: true } })
    expect(body.reasoning).toEqual({ exclude: true, effort: 'low' })
    expect(body).not.toHaveProperty('reasoning_effort')
  })

  test('cache marks go to OpenRouter and are dropped aloud elsewhere', () => {
    const cacheControl = { type: 'ephemeral' }
    const messages: Message[] = [{ role: 'user', content: [{ type: 'text', text: 'Long', cacheControl }] }]
    expect(messagesOf(messages, { row: { openrouterExtras: true } })).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Long', cache_control: cacheControl }] },
    ])
    expect(write({ messages })).toMatchObject({
      body: { messages: [{ content: 'Long' }] },
      warnings: ['dropped_parameter cache_control'],
    })
  })
})

describe('fields that the gateway does not know', () => {
  const extra: JsonObject = {
    top_k: 4,
    chat_template_kwargs: { thinking: false },
    store: true,
    user: 'u1',
    metadata: { a: 'b' },
  }

  test('go to OpenAI untouched', () => {
    expect(write({ extra })).toMatchObject({ body: extra, warnings: [] })
  })

  test('go elsewhere without those that only OpenAI takes', () => {
    const { body, warnings } = write({ extra }, { row: { openaiExtras: false } })
    expect(body).toMatchObject({ top_k: 4, chat_template_kwargs: { thinking: false } })
    for (const name of ['store', 'user', 'metadata']) expect(body).not.toHaveProperty(name)
    expect(warnings).toEqual(['dropped_parameter store'])
  })

  test('never replace what the gateway writes', () => {
    const { body } = write({ extra: { model: 'other', stream: true, messages: [], temperature: 2 }, temperature: 0 })
    expect(body).toMatchObject({ model: 'rocket-1', stream: false, temperature: 0, messages: [{ role: 'user' }] })
  })
})
