import { describe, expect, test } from 'vitest'
import type { ChatRequest, ReasoningBlock } from '../../src/contract/chat.ts'
import { GatewayError } from '../../src/contract/errors.ts'
import { isForeignThought, sealThought, unsealThought } from '../../src/contract/responses-reasoning.ts'
import { readResponsesBody } from '../../src/contract/responses-request.ts'

const known = { providers: new Set(['openai', 'anthropic']) }

const readAll = (fields: object) => readResponsesBody({ model: 'gpt-6-luna', input: 'Hi', ...fields }, known)
const read = (fields: object): ChatRequest => readAll(fields).request
const messagesOf = (input: unknown) => read({ input }).messages

const refusalOf = (fields: object): { param: string | undefined; message: string } => {
  try {
    readAll(fields)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request')
      return { param: error.detail.param, message: error.message }
    throw error
  }
  throw new Error('was not refused')
}

const says = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] })
const calls = (id: string) => ({ type: 'function_call', call_id: id, name: 'add', arguments: '{}' })
const results = (id: string) => ({ type: 'function_call_output', call_id: id, output: '1' })
const thinks = (text: string, encrypted?: string) => ({
  type: 'reasoning',
  id: 'rs_1',
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
  encrypted_content: encrypted,
})
const text = (said: string) => ({ type: 'text', text: said })
const call = (id: string) => ({ id, name: 'add', argumentsJson: '{}' })

describe('the body', () => {
  test('of one text becomes a request with nothing added', () => {
    expect(readResponsesBody({ model: 'gpt-6-luna', input: 'Hi' }, known)).toMatchObject({
      request: {
        model: { kind: 'named', model: 'gpt-6-luna' },
        messages: [{ role: 'user', content: [text('Hi')] }],
        tools: [],
        extra: {},
        tags: {},
      },
      stream: false,
      origins: [{ at: 'input', parts: null }],
      warnings: [],
    })
  })

  test('has its own words for what a chat says too', () => {
    const schema = { type: 'object' }
    expect(
      read({
        instructions: 'Be brief.',
        max_output_tokens: 50,
        reasoning: { effort: 'low', summary: 'auto', context: null },
        text: { format: { type: 'json_schema', name: 'answer', schema, strict: true }, verbosity: 'low' },
        tools: [{ type: 'function', name: 'add', parameters: null, strict: null, allowed_callers: ['direct'] }],
        tool_choice: { type: 'function', name: 'add' },
        parallel_tool_calls: false,
        include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
        user: 'ada',
        metadata: { team: 'a' },
        service_tier: 'flex',
        requirements: { low_cost: true },
        fallbacks: ['gpt-5.6-sol'],
        use_cache: false,
      }),
    ).toMatchObject({
      messages: [
        { role: 'system', content: [text('Be brief.')] },
        { role: 'user', content: [text('Hi')] },
      ],
      maxOutputTokens: 50,
      reasoningEffort: 'low',
      responseFormat: { type: 'json_schema', name: 'answer', schema, strict: true },
      tools: [{ name: 'add' }],
      toolChoice: { name: 'add' },
      parallelToolCalls: false,
      logprobs: true,
      extra: {
        reasoning: { summary: 'auto' },
        verbosity: 'low',
        user: 'ada',
        metadata: { team: 'a' },
        service_tier: 'flex',
      },
      requirements: { lowCost: true },
      fallbacks: [{ kind: 'named', model: 'gpt-5.6-sol' }],
      cache: { read: false, write: false },
      tags: { user: 'ada', metadata: { team: 'a' } },
    })
  })

  test('may offer some of its tools: the others are not told to the model, and the reply repeats them all', () => {
    const tools = ['add', 'sub', 'mul'].map((name) => ({ type: 'function', name }))
    const some = { type: 'allowed_tools', mode: 'required', tools: [tools[0], tools[2]] }
    const { request, echo } = readAll({ tools, tool_choice: some })
    expect(request).toMatchObject({ tools: [{ name: 'add' }, { name: 'mul' }], toolChoice: 'required' })
    expect(echo).toMatchObject({ tools, tool_choice: some })
  })

  test.each([
    [{ store: true }, 'store'],
    [{ truncation: 'auto' }, 'truncation'],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management'],
    [{ tools: [{ type: 'function', name: 'add', output_schema: {} }] }, 'tools[0].output_schema'],
    [
      {
        input: [
          { role: 'assistant', content: 'Well', phase: 'commentary' },
          { role: 'user', content: 'So' },
        ],
      },
      'input[0].phase',
    ],
    [{ input: [{ role: 'user', content: 'Hi' }, thinks('Hm')] }, 'input[1]'],
    [{ input: [{ role: 'user', content: 'Hi' }, thinks('Hm', 'gAAAA'), says('Well')] }, 'input[1].encrypted_content'],
  ])('with %j is told that %s is left out', (fields, param) => {
    expect(readAll(fields).warnings).toMatchObject([{ code: 'dropped_parameter', param }])
  })

  test.each([
    [{ input: undefined }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [thinks('Hm')] }, 'input'],
    [{ input: [{ type: 'item_reference', id: 'rs_1' }] }, 'input[0]'],
    [{ input: [{ id: 'rs_1' }] }, 'input[0]'],
    [{ input: [{ type: 'web_search_call', id: 'ws_1' }] }, 'input[0].type'],
    [{ input: [{ type: 'custom_tool_call_output', call_id: 'c' }] }, 'input[0].type'],
    [{ input: [{ role: 'robot', content: 'Hi' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: [text('Hi')] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, 'input[0].content[0].file_id'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://a.example/b.pdf' }] }] },
      'input[0].content[0].file_url',
    ],
    [{ input: [{ ...results('c1'), output: [{ type: 'output_text', text: '1' }] }] }, 'input[0].output[0].type'],
    [{ input: [{ ...results('c1'), call_id: null }] }, 'input[0].call_id'],
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: { id: 'conv_1' } }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ background: true }, 'background'],
    [{ tools: [{ type: 'function', name: 'add' }, { type: 'web_search' }] }, 'tools[1].type'],
    [{ tools: [{ type: 'custom', name: 'add' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', name: 'add', defer_loading: true }] }, 'tools[0].defer_loading'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [{ type: 'function', name: 'add' }], tool_choice: { type: 'mcp' } }, 'tool_choice.type'],
    [
      {
        tools: [{ type: 'function', name: 'add' }],
        tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'sub' }] },
      },
      'tool_choice.tools[0]',
    ],
    [{ include: ['everything'] }, 'include[0]'],
    [{ text: { format: { type: 'grammar' } } }, 'text.format.type'],
    [{ text: { tone: 'kind' } }, 'text.tone'],
    [{ messages: [] }, 'messages'],
    [{ max_tokens: 5 }, 'max_tokens'],
    [{ stop: 'END' }, 'stop'],
  ])('%j is refused by the name of %s', (fields, param) => {
    expect(refusalOf(fields).param).toBe(param)
  })

  test.each([
    [{ previous_response_id: 'resp_1' }, 'send the whole conversation as "input"'],
    [{ input: [{ type: 'item_reference', id: 'rs_1' }] }, '"store": false'],
    [{ max_tokens: 5 }, '"max_output_tokens"'],
    [{ background: true }, 'ask for a stream'],
  ])('%j is told what to do instead', (fields, advice) => {
    expect(refusalOf(fields).message).toContain(advice)
  })
})

describe('items', () => {
  test('of the assistant between two turns are one message', () => {
    expect(
      messagesOf([
        { role: 'user', content: 'Hi' },
        thinks('Hm', 'signed:s'),
        says('Well'),
        calls('c1'),
        calls('c2'),
        results('c1'),
        results('c2'),
      ]),
    ).toEqual([
      { role: 'user', content: [text('Hi')] },
      {
        role: 'assistant',
        content: [text('Well')],
        reasoning: [{ kind: 'text', text: 'Hm', signature: 's' }],
        toolCalls: [call('c1'), call('c2')],
      },
      { role: 'tool', toolCallId: 'c1', content: [text('1')] },
      { role: 'tool', toolCallId: 'c2', content: [text('1')] },
    ])
  })

  test('of two messages of the assistant stay two, and calls that were answered begin a new turn', () => {
    const input = [says('A'), says('B'), calls('c1'), results('c1'), thinks('Hm', 'signed:s'), says('C')]
    expect(messagesOf(input)).toMatchObject([
      { content: [text('A')], toolCalls: [] },
      { content: [text('B')], toolCalls: [call('c1')] },
      { role: 'tool' },
      { reasoning: [{ signature: 's' }], content: [text('C')], toolCalls: [] },
    ])
  })

  test('that come between a call and its result do not part them', () => {
    const input = [calls('c1'), thinks('Hm', 'signed:s'), says('Wait'), calls('c2'), results('c2'), results('c1')]
    expect(messagesOf(input)).toMatchObject([
      { content: [text('Wait')], reasoning: [{ signature: 's' }], toolCalls: [call('c1'), call('c2')] },
      { role: 'tool', toolCallId: 'c2' },
      { role: 'tool', toolCallId: 'c1' },
    ])
  })

  test('have images, files and marks of prefixes in them', () => {
    const content = [
      { type: 'input_text', text: 'See', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'low' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' },
    ]
    expect(messagesOf([{ role: 'user', content }])).toMatchObject([
      {
        content: [
          { type: 'text', promptCacheBreakpoint: { mode: 'explicit' } },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' }, detail: 'low' },
          {
            type: 'native',
            value: { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
          },
        ],
      },
    ])
  })

  test('of a call keep what its maker wants back, and not what only a reply has', () => {
    const extra_content = { google: { thought_signature: 'sig' } }
    const input = [{ ...calls('c1'), id: 'fc_1', status: 'completed', extra_content }, results('c1')]
    expect(messagesOf(input)).toMatchObject([{ toolCalls: [{ ...call('c1'), extra: { extra_content } }] }, {}])
  })
})

describe('thoughts', () => {
  test.each<ReasoningBlock>([
    { kind: 'text', text: 'Hm', signature: 'c2ln' },
    { kind: 'text', text: '', signature: 'gemini:c2ln' },
    { kind: 'text', text: 'Hm', signature: '' },
    { kind: 'text', text: 'Hm' },
    { kind: 'redacted', data: 'openrouter:{}' },
  ])('%j come back as they went', (block) => {
    const encrypted = sealThought(block)
    expect(unsealThought(block.kind === 'text' ? block.text : '', encrypted)).toEqual(block)
    expect(isForeignThought(encrypted)).toBe(false)
  })

  test('of another service keep their text alone', () => {
    expect(unsealThought('Hm', 'gAAAAAB')).toEqual({ kind: 'text', text: 'Hm' })
    expect(unsealThought('', 'gAAAAAB')).toBeNull()
    expect(isForeignThought('gAAAAAB')).toBe(true)
  })
})
