import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'

// A turn in the middle of a coding agent's session, as such agents write it: https://docs.claude.com/en/docs/claude-code.

let it: TestApp
beforeAll(async () => {
  it = await startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
})
afterAll(() => it[Symbol.asyncDispose]())

const cached = { type: 'ephemeral' }
const tool = (name: string, properties: object) => ({
  name,
  description: `The tool ${name}`,
  input_schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    additionalProperties: false,
  },
})
const path = { file_path: { type: 'string' } }

const session = {
  max_tokens: 32_000,
  stream: true,
  system: [
    { type: 'text', text: 'You are an agent that works on code.' },
    { type: 'text', text: 'The folder is /project. Answer in short sentences.', cache_control: cached },
  ],
  tools: [
    tool('Read', path),
    tool('Write', { ...path, content: { type: 'string' } }),
    tool('Bash', { command: { type: 'string' }, timeout: { type: 'number' } }),
    { ...tool('Grep', { pattern: { type: 'string' } }), cache_control: cached },
  ],
  metadata: { user_id: 'user_0123_account__session_4567' },
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
}
const question = { role: 'user', content: [{ type: 'text', text: 'Why does the test fail?' }] }
const calls = [
  { type: 'tool_use', id: 'toolu_a1', name: 'Read', input: { file_path: '/project/a.ts' } },
  { type: 'tool_use', id: 'toolu_b2', name: 'Bash', input: { command: 'npm test' }, cache_control: cached },
]
const results = {
  role: 'user',
  content: [
    { type: 'tool_result', tool_use_id: 'toolu_a1', content: 'export const a = 1' },
    {
      type: 'tool_result',
      tool_use_id: 'toolu_b2',
      content: [{ type: 'text', text: 'expected 2' }],
      is_error: true,
      cache_control: cached,
    },
    { type: 'text', text: 'Go on from there.' },
  ],
}

const send = async (model: string, fields: object = {}) => {
  const before = it.upstream.requests.length
  const reply = await fetch(`${it.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
      authorization: 'Bearer any',
      'cache-control': 'no-store',
    },
    body: JSON.stringify({ model, ...session, messages: [question], ...fields }),
  })
  const said = await reply.text()
  expect(reply.status, said).toBe(200)
  expect(said.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true)
  const ended = said.split('\n\n').find((frame) => frame.startsWith('event: message_delta'))
  const warned = z
    .object({ gateway: z.object({ warnings: z.array(z.object({ param: z.string() })) }) })
    .parse(JSON.parse(ended?.slice(ended.indexOf('{')) ?? ''))
  return {
    upstream: it.upstream.requests[before],
    warned: [...new Set(warned.gateway.warnings.map(({ param }) => param))].filter((param) => param !== 'model'),
  }
}
/** The thoughts of the turn are the model's own: the sandbox refuses others as the vendor does. */
const turnOf = (thoughts: object[]) => ({
  role: 'assistant',
  content: [...thoughts, { type: 'text', text: 'I read the file and run the tests.' }, ...calls],
})
const thoughtBy = async (model: string): Promise<object[]> => {
  const asked = {
    model,
    max_tokens: 4_000,
    messages: [question],
    thinking: session.thinking,
    output_config: session.output_config,
  }
  const reply = await fetch(`${it.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  })
  const { content } = z.object({ content: z.array(z.looseObject({ type: z.string() })) }).parse(await reply.json())
  return content.filter(({ type }) => type === 'thinking')
}

test('at Anthropic every block, mark, thought and field arrives as it was sent', async () => {
  const thoughts = await thoughtBy('claude-opus-4-6')
  expect(thoughts).toHaveLength(1)
  const messages = [question, turnOf(thoughts), results]
  const { upstream, warned } = await send('claude-opus-4-6', { messages, top_k: 40 })
  const { context_management: _beta, ...sent } = session
  const [, failed] = results.content
  expect(upstream?.body).toEqual({
    ...sent,
    model: 'claude-opus-4-6',
    messages: [
      question,
      messages[1],
      // A text is a list of one text.
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_a1', content: [{ type: 'text', text: 'export const a = 1' }] },
          failed,
          { type: 'text', text: 'Go on from there.' },
        ],
      },
    ],
  })
  // Anthropic refuses top_k of a model that thinks.
  expect(warned).toEqual(['context_management', 'top_k'])
})

test('at an OpenAI-shaped provider: calls, results before the words, and what is missing is told', async () => {
  const { upstream, warned } = await send('openai-compatible:house-1', { messages: [question, turnOf([]), results] })
  expect(upstream?.body).toMatchObject({
    max_tokens: 32_000,
    messages: [
      {
        role: 'system',
        content: [{ text: 'You are an agent that works on code.' }, { text: expect.stringContaining('/project') }],
      },
      { role: 'user', content: 'Why does the test fail?' },
      {
        role: 'assistant',
        content: 'I read the file and run the tests.',
        tool_calls: [
          { id: 'toolu_a1', function: { name: 'Read', arguments: '{"file_path":"/project/a.ts"}' } },
          { id: 'toolu_b2', function: { name: 'Bash', arguments: '{"command":"npm test"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_a1', content: 'export const a = 1' },
      { role: 'tool', tool_call_id: 'toolu_b2', content: 'expected 2' },
      { role: 'user', content: 'Go on from there.' },
    ],
    tools: session.tools.map(({ name, description, input_schema: parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
  })
  expect(JSON.stringify(upstream?.body)).not.toMatch(/cache_control|thinking|output_config|context_management/)
  expect(warned.toSorted()).toEqual(['cache_control', 'context_management', 'messages', 'output_config.effort'])
})

test("at OpenAI's Responses the effort is an effort", async () => {
  const { upstream } = await send('gpt-6-luna', { messages: [question, turnOf([]), results] })
  expect(upstream?.path).toContain('/responses')
  expect(upstream?.body).toMatchObject({
    reasoning: { effort: 'high' },
    input: [
      {},
      {},
      { role: 'assistant' },
      { type: 'function_call', call_id: 'toolu_a1' },
      { type: 'function_call', call_id: 'toolu_b2' },
      { type: 'function_call_output', call_id: 'toolu_a1', output: 'export const a = 1' },
      { type: 'function_call_output', call_id: 'toolu_b2', output: 'expected 2' },
      { role: 'user' },
    ],
  })
})

test('at Gemini the system text, the calls and their results are where they belong', async () => {
  const { upstream, warned } = await send('gemini-3.8-flash', { messages: [question, turnOf([]), results] })
  expect(upstream?.body).toMatchObject({
    systemInstruction: { parts: [{ text: 'You are an agent that works on code.' }, {}] },
    contents: [
      { role: 'user', parts: [{ text: 'Why does the test fail?' }] },
      {
        role: 'model',
        parts: [
          { text: 'I read the file and run the tests.' },
          { functionCall: { name: 'Read', args: { file_path: '/project/a.ts' } } },
          { functionCall: { name: 'Bash', args: { command: 'npm test' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'Read' } },
          { functionResponse: { name: 'Bash' } },
          { text: 'Go on from there.' },
        ],
      },
    ],
    generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' } },
  })
  expect(warned).toContain('cache_control')
})

describe('thinking as one generation of models knows it', () => {
  const budget = { thinking: { type: 'enabled', budget_tokens: 10_000 }, output_config: undefined }
  const adaptive = { output_config: undefined }
  const off = { thinking: { type: 'disabled' }, output_config: undefined }
  test.each([
    ['claude-haiku-4-5', budget, { thinking: budget.thinking }, []],
    ['claude-opus-4-6', budget, { thinking: budget.thinking }, []],
    ['claude-haiku-4-5', { ...budget, max_tokens: 5_000 }, { thinking: { budget_tokens: 4_999 } }, ['thinking']],
    ['claude-haiku-4-5', { ...budget, max_tokens: 1_000 }, {}, ['thinking']],
    ['claude-opus-4-6', { ...budget, tool_choice: { type: 'any' } }, {}, ['thinking']],
    ['claude-haiku-5-5', budget, { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } }, ['thinking']],
    ['claude-haiku-4-5', adaptive, { thinking: { type: 'enabled', budget_tokens: 25_600 } }, ['thinking']],
    ['claude-haiku-5-5', adaptive, { thinking: { type: 'adaptive' } }, []],
    ['claude-haiku-5-5', off, { thinking: { type: 'disabled' } }, []],
    ['claude-opus-5-5', off, {}, ['thinking']],
    ['gpt-6-luna', budget, { reasoning: { effort: 'medium' } }, ['thinking']],
    ['gemini-2.5-flash', budget, { generationConfig: { thinkingConfig: { thinkingBudget: 8_192 } } }, ['thinking']],
  ])('%s given %o', async (model, fields, sent, told) => {
    const { upstream, warned } = await send(model, { ...fields, context_management: undefined })
    expect(upstream?.body).toMatchObject(sent)
    if (!('thinking' in sent)) expect(upstream?.body).not.toHaveProperty('thinking')
    expect(warned.filter((param) => param === 'thinking')).toEqual(told)
  })
})

test("a model is known by the day of its making, and a small one may be another vendor's", async () => {
  expect((await send('claude-haiku-4-5-20251001', { output_config: undefined })).upstream?.body).toMatchObject({
    model: 'claude-haiku-4-5',
  })
  expect((await send('claude-haiku-5-5-20261008')).upstream?.body).toMatchObject({ model: 'claude-haiku-5-5' })
  expect((await send('openai:gpt-6-luna')).upstream?.body).toMatchObject({ model: 'gpt-6-luna' })
})

test('a PDF arrives at each wire that reads one', async () => {
  const source = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQ=' }
  const content = [
    { type: 'document', title: 'Plan', source, cache_control: cached },
    { type: 'text', text: 'Sum it up.' },
  ]
  const messages = [{ role: 'user', content }]
  const bodyAt = async (model: string) => (await send(model, { messages, output_config: undefined })).upstream?.body
  expect(await bodyAt('claude-haiku-5-5')).toMatchObject({ messages: [{ content }] })
  expect(await bodyAt('gpt-6-luna')).toMatchObject({
    input: [
      {},
      {
        content: [
          { type: 'input_file', filename: 'Plan', file_data: expect.stringMatching(/^data:application\/pdf/) },
          {},
        ],
      },
    ],
  })
  expect(await bodyAt('gemini-3.8-flash')).toMatchObject({
    contents: [{ parts: [{ inlineData: { mimeType: 'application/pdf', data: source.data } }, {}] }],
  })
})

test('thoughts that OpenAI sealed go back to OpenAI with the results of its calls, and to nobody else', async () => {
  const tools = [{ ...tool('get_weather', { city: { type: 'string' } }), description: 'Weather of a city' }]
  const asked = { max_tokens: 4_000, tools, output_config: { effort: 'high' } }
  const weather = { role: 'user', content: 'What is the weather in Rome?' }
  const reply = await fetch(`${it.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, model: 'gpt-6-luna', tool_choice: { type: 'any' }, messages: [weather] }),
  })
  const { content } = z
    .object({ content: z.array(z.looseObject({ type: z.string(), id: z.string().optional() })) })
    .parse(await reply.json())
  expect(content[0]).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^responses:/) })
  const results = content.flatMap(({ type, id }) =>
    type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: id, content: 'Sunny' }] : [],
  )
  const messages = [weather, { role: 'assistant', content }, { role: 'user', content: results }]
  const again = await send('gpt-6-luna', { ...asked, messages })
  expect(again.upstream?.body).toMatchObject({
    input: expect.arrayContaining([
      expect.objectContaining({ type: 'reasoning', encrypted_content: expect.any(String) }),
    ]),
  })
  const elsewhere = await send('claude-opus-4-6', { ...asked, thinking: undefined, messages })
  expect(JSON.stringify(elsewhere.upstream?.body)).not.toMatch(/responses:|encrypted_content/)
})
