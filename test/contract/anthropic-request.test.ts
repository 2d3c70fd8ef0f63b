import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMessagesBody } from '../../src/contract/anthropic-request.ts'
import { legalToolId, originalToolId } from '../../src/contract/anthropic-tool-ids.ts'
import { GatewayError } from '../../src/contract/errors.ts'

const known = { providers: new Set(['openai', 'anthropic']) }
const hi = { role: 'user', content: 'Hi' }
const least = { model: 'claude-haiku-5-5', max_tokens: 100, messages: [hi] }
const readAll = (fields: object) => readMessagesBody({ ...least, ...fields }, known)
const readBody = (fields: object) => readAll(fields).request
const turnsOf = (...messages: object[]) => readBody({ messages }).messages
const cached = { type: 'ephemeral' }

const refusalOf = (fields: object): GatewayError => {
  try {
    readBody(fields)
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown
    throw thrown
  }
  throw new Error('it was not refused')
}

test('a plain request has nothing that a request of the chat wire would not have', () => {
  expect(
    readAll({ system: 'Be brief.', stop_sequences: ['END'], temperature: 0.5, metadata: { user_id: 'u1' } }),
  ).toEqual({
    request: {
      model: { kind: 'named', model: 'claude-haiku-5-5', provider: undefined },
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      ],
      tools: [],
      maxOutputTokens: 100,
      temperature: 0.5,
      stop: ['END'],
      extra: {},
      requirements: expect.anything(),
      limits: expect.anything(),
      fallbacks: [],
      cache: { read: true, write: true, force: false },
      tags: { user: 'u1' },
    },
    stream: false,
    warnings: [],
    effortField: 'thinking',
  })
})

describe('a conversation', () => {
  test("the results of tools come before the rest of their turn, one message each, with their caller's marks", () => {
    expect(
      turnsOf(
        hi,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
            { type: 'redacted_thinking', data: 'xyz' },
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' }, cache_control: cached },
            { type: 'tool_use', id: 'toolu_2', name: 'read', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Here.' },
            { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no such file', is_error: true },
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [
                { type: 'text', text: 'A picture' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
              ],
              cache_control: cached,
            },
          ],
        },
      ).slice(1),
    ).toEqual([
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Let me look.' }],
        reasoning: [
          { kind: 'text', text: 'Hm.', signature: 'sig' },
          { kind: 'redacted', data: 'xyz' },
        ],
        toolCalls: [
          { id: 'toolu_1', name: 'read', argumentsJson: '{"path":"a"}', cacheControl: cached },
          { id: 'toolu_2', name: 'read', argumentsJson: '{}' },
        ],
      },
      { role: 'tool', toolCallId: 'toolu_2', content: [{ type: 'text', text: 'no such file' }], isError: true },
      {
        role: 'tool',
        toolCallId: 'toolu_1',
        content: [
          { type: 'text', text: 'A picture' },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' } },
        ],
        cacheControl: cached,
      },
      { role: 'user', content: [{ type: 'text', text: 'Here.' }] },
    ])
  })

  test('thoughts between texts keep their place', () => {
    const thought = (thinking: string) => ({ type: 'thinking', thinking, signature: '' })
    const said = (text: string) => ({ type: 'text', text })
    const [, first, second] = turnsOf(hi, {
      role: 'assistant',
      content: [thought('one'), said('a'), thought('two'), said('b')],
    })
    expect(first).toMatchObject({ reasoning: [{ text: 'one' }], content: [{ text: 'a' }] })
    expect(second).toMatchObject({ reasoning: [{ text: 'two' }], content: [{ text: 'b' }] })
  })

  test('documents: a PDF stays a file, a text becomes text under its title', () => {
    const content = [
      {
        type: 'document',
        title: 'Plan',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
        cache_control: cached,
      },
      { type: 'document', context: 'Old.', source: { type: 'url', url: 'https://example.org/a.pdf' } },
      {
        type: 'document',
        title: 'Notes',
        source: { type: 'text', media_type: 'text/plain', data: 'one two' },
        cache_control: cached,
      },
      { type: 'search_result', source: 'https://example.org', title: 'Found', content: [{ type: 'text', text: 'it' }] },
    ]
    expect(turnsOf({ role: 'user', content })[0]?.content).toEqual([
      {
        type: 'native',
        value: { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'Plan' } },
        cacheControl: cached,
      },
      { type: 'text', text: 'Old.' },
      { type: 'native', value: { type: 'file', file: { file_url: 'https://example.org/a.pdf' } } },
      { type: 'text', text: 'Document: Notes' },
      { type: 'text', text: 'one two', cacheControl: cached },
      { type: 'text', text: 'Search result: Found (https://example.org)' },
      { type: 'text', text: 'it' },
    ])
  })

  test('citations are not carried, which is told', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'x' }
    const messages = [{ role: 'user', content: [{ type: 'document', source, citations: { enabled: true } }] }]
    expect(readAll({ messages }).warnings).toMatchObject([
      { code: 'dropped_parameter', param: 'messages[0].content[0].citations' },
    ])
  })
})

test('tools: their schema, their marks, and what is not carried is told', () => {
  const { request, warnings } = readAll({
    tools: [
      {
        name: 'run',
        description: 'Runs',
        input_schema: { type: 'object' },
        strict: true,
        cache_control: cached,
        defer_loading: true,
      },
      { type: 'custom', name: 'stop', input_schema: { properties: {} } },
    ],
    tool_choice: { type: 'tool', name: 'run', disable_parallel_tool_use: true },
  })
  expect(request.tools).toEqual([
    { name: 'run', description: 'Runs', parameters: { type: 'object' }, strict: true, cacheControl: cached },
    { name: 'stop', parameters: { type: 'object', properties: {} } },
  ])
  expect(request).toMatchObject({ toolChoice: { name: 'run' }, parallelToolCalls: false })
  expect(warnings).toMatchObject([{ param: 'tools[0].defer_loading' }])
})

test.each([
  [{ type: 'auto' }, 'auto'],
  [{ type: 'any' }, 'required'],
  [{ type: 'none' }, 'none'],
])('tool_choice %o', (choice, read) => {
  expect(readBody({ tools: [{ name: 'a', input_schema: {} }], tool_choice: choice }).toolChoice).toBe(read)
})

test("what only Anthropic knows goes to Anthropic as it came; effort and form are everybody's", () => {
  const schema = { type: 'object' }
  const { request, effortField } = readAll({
    thinking: { type: 'adaptive', display: 'omitted' },
    output_config: { effort: 'high', format: { type: 'json_schema', schema }, later: 1 },
    top_k: 5,
    service_tier: 'auto',
    cache_control: cached,
    not_yet_known: { a: 1 },
  })
  expect(request).toMatchObject({
    reasoningEffort: 'high',
    responseFormat: { type: 'json_schema', schema },
    extraIn: 'anthropic',
    extra: {
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { later: 1 },
      top_k: 5,
      service_tier: 'auto',
      cache_control: cached,
      not_yet_known: { a: 1 },
    },
  })
  expect(effortField).toBe('output_config.effort')
})

test("the gateway's own fields are taken, and what beta headers would switch on is left out and told", () => {
  const { request, warnings } = readAll({
    model: 'auto',
    provider: 'openai',
    requirements: { low_cost: true, max_cost_usd: '0.01' },
    fallbacks: ['gpt-4o'],
    use_cache: false,
    context_management: { edits: [] },
    speed: 'standard',
    metadata: { user_id: 'u', team: 'blue' },
  })
  expect(request).toMatchObject({
    model: { kind: 'auto', provider: 'openai' },
    requirements: { lowCost: true },
    limits: { maxCostNanoUsd: 10_000_000n },
    fallbacks: [{ model: 'gpt-4o' }],
    cache: { read: false, write: false },
    tags: { user: 'u', metadata: { team: 'blue' } },
    extra: {},
  })
  expect(warnings).toMatchObject([{ param: 'context_management' }])
})

describe('is refused by the name of the field', () => {
  const content = (...blocks: object[]) => ({ messages: [{ role: 'user', content: blocks }] })
  test.each([
    ['no messages', { messages: [] }, 'messages'],
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    ['an empty turn', { messages: [{ role: 'user', content: [] }] }, 'messages[0].content'],
    [
      "a block of Anthropic's servers",
      {
        messages: [
          hi,
          { role: 'assistant', content: [{ type: 'server_tool_use', id: 'a', name: 'web_search', input: {} }] },
        ],
      },
      'messages[1].content[0].type',
    ],
    [
      'a file that lies at Anthropic',
      content({ type: 'document', source: { type: 'file', file_id: 'f' } }),
      'messages[0].content[0].source.type',
    ],
    [
      'an image at no address',
      content({ type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } }),
      'messages[0].content[0].source.url',
    ],
    [
      'an argument that is no object',
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: 'c' }] }] },
      'messages[0].content[0].input',
    ],
    ['a result of nothing', content({ type: 'tool_result', content: 'x' }), 'messages[0].content[0].tool_use_id'],
    ["a tool of Anthropic's own", { tools: [{ type: 'bash_20250124', name: 'bash' }] }, 'tools[0].type'],
    ['a tool without a schema', { tools: [{ name: 'a' }] }, 'tools[0].input_schema'],
    ['a choice among nothing', { tool_choice: { type: 'any' } }, 'tool_choice'],
    [
      'a choice of another tool',
      { tools: [{ name: 'a', input_schema: {} }], tool_choice: { type: 'tool', name: 'b' } },
      'tool_choice.name',
    ],
    ['a budget that is none', { thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
    ['an unknown effort', { output_config: { effort: 'huge' } }, 'output_config.effort'],
    ['too hot', { temperature: 1.1 }, 'temperature'],
    ['a container', { container: 'c_1' }, 'container'],
    ['servers to call', { mcp_servers: [{ type: 'url', url: 'https://x' }] }, 'mcp_servers'],
    ['a system prompt of pictures', { system: [{ type: 'image' }] }, 'system[0].type'],
  ])('%s', (_what, fields, param) => {
    const { code, detail, message } = refusalOf(fields)
    expect(code).toBe('invalid_request')
    expect(detail.param).toBe(param)
    expect(message).toContain(`"${param}"`)
  })
})

test('any id of a call becomes a legal one that says what it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (id) => {
      expect(legalToolId(id)).toMatch(/^[a-zA-Z0-9_-]+$/)
      expect(originalToolId(legalToolId(id))).toBe(id)
    }),
    { numRuns: 200, examples: [['gw_'], ['gw_a'], ['functions.run:0'], ['toolu_01Ab'], ['gw__0041']] },
  )
  expect(legalToolId('toolu_01Ab-x')).toBe('toolu_01Ab-x')
  expect(originalToolId('gw_not spelt')).toBe('gw_not spelt')
})
