import type { ResponseCreateParams, ResponseInput, Tool } from 'openai/resources/responses/responses'
import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message, ReasoningBlock, ResponseFormat } from '../../../src/contract/chat.ts'
import { GatewayError } from '../../../src/contract/errors.ts'
import { writeRequest } from '../../../src/providers/openai-responses/request.ts'
import { makeCall, makeCard, makeRequest, makeRow } from '../calls.ts'

type CardFields = NonNullable<Parameters<typeof makeCard>[0]>
type Flags = NonNullable<Parameters<typeof makeRow>[0]>['wire']

/** Expectations have the types of OpenAI's own SDK: what is expected is what OpenAI documents. */
type Body = ResponseCreateParams

const write = (fields: Partial<ChatRequest> = {}, wire: CardFields['wire'] = {}, flags: Flags = {}) => {
  const row = makeRow({ wire: { ...flags } })
  const call = makeCall({ request: makeRequest(fields), card: makeCard({ wire }), row, stream: false })
  const { body, warnings } = writeRequest(call)
  return { body, warnings: warnings.map(({ code, param }) => `${code} ${param}`) }
}

const text = (words: string) => ({ type: 'text' as const, text: words })
const user = (words: string): Message => ({ role: 'user', content: [text(words)] })
const says = (words: string, more: Partial<Extract<Message, { role: 'assistant' }>> = {}): Message => ({
  role: 'assistant',
  content: words === '' ? [] : [text(words)],
  reasoning: [],
  toolCalls: [],
  ...more,
})
const input = (...messages: Message[]): unknown => write({ messages }).body.input
const hi: ResponseInput = [{ role: 'user', content: 'Hi' }]

test('a plain request stores nothing and asks for thoughts in a form that can be given back', () => {
  const body: Body = {
    model: 'rocket-1',
    input: hi,
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: false,
  }
  expect(write()).toEqual({ body, warnings: [] })
})

test('a model that does not reason is not asked for its thoughts', () => {
  const card = makeCard({ capabilities: { tools: true, jsonSchema: true, vision: true, reasoning: false } })
  expect(writeRequest(makeCall({ card })).body).not.toHaveProperty('include')
})

describe('the conversation', () => {
  test('instructions keep their place and have the role that the model knows', () => {
    const messages: Message[] = [
      { role: 'system', content: [text('A')] },
      user('Hi'),
      { role: 'system', content: [text('B'), text('C')] },
    ]
    const items: ResponseInput = [
      { role: 'developer', content: 'A' },
      { role: 'user', content: 'Hi' },
      {
        role: 'developer',
        content: [
          { type: 'input_text', text: 'B' },
          { type: 'input_text', text: 'C' },
        ],
      },
    ]
    expect(write({ messages }, { systemRole: 'developer' }).body.input).toEqual(items)
    expect(write({ messages }).body.input).toMatchObject([{ role: 'system' }, {}, { role: 'system' }])
  })

  test('images and files are parts of their own', () => {
    const items: ResponseInput = [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'See' },
          { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'low' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' },
          { type: 'input_file', file_id: 'file-1' },
        ],
      },
    ]
    const content: Message['content'] = [
      text('See'),
      { type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' }, detail: 'low' },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      {
        type: 'native',
        value: { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
      },
      { type: 'native', value: { type: 'file', file: { file_id: 'file-1' } } },
    ]
    expect(input({ role: 'user', content })).toEqual(items)
  })

  test('a part that the wire has no word for is refused: an answer without it would mislead', () => {
    const audio: Message = { role: 'user', content: [{ type: 'native', value: { type: 'input_audio' } }] }
    expect(() => input(audio)).toThrow(GatewayError)
    expect(() => input(audio)).toThrow(/not content of type "input_audio"/)
  })

  test('a turn of the assistant is its text and its calls, and results are linked to calls', () => {
    const messages: Message[] = [
      user('Hi'),
      says('Adding.', {
        toolCalls: [
          { id: 'call_1', name: 'add', argumentsJson: '{"a":1}' },
          { id: 'call_2', name: 'now', argumentsJson: '' },
        ],
      }),
      { role: 'tool', toolCallId: 'call_2', content: [text('12:00')] },
      {
        role: 'tool',
        toolCallId: 'call_1',
        content: [text('1'), { type: 'image', source: { kind: 'url', url: 'https://x.test/1.png' } }],
      },
    ]
    const items: ResponseInput = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Adding.' },
      { type: 'function_call', call_id: 'call_1', name: 'add', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'call_2', name: 'now', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_2', output: '12:00' },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: '1' },
          { type: 'input_image', image_url: 'https://x.test/1.png', detail: 'auto' },
        ],
      },
    ]
    expect(input(...messages)).toEqual(items)
  })

  test('ids that are longer than the wire takes are shortened, calls and results alike, and none comes twice', () => {
    const long = `fc_${'a'.repeat(80)}`
    const turn = (id: string): Message[] => [
      says('', { toolCalls: [{ id, name: 'add', argumentsJson: '{}' }] }),
      { role: 'tool', toolCallId: id, content: [text('3')] },
    ]
    const ids = [
      ...JSON.stringify(input(...turn(long), ...turn('call_0'), ...turn('call_0'))).matchAll(/call_id":"([^"]+)/g),
    ].map(([, id]) => id)
    expect(ids[0]).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(ids.filter((_, index) => index % 2 === 0)).toEqual(ids.filter((_, index) => index % 2 === 1))
    expect(new Set(ids).size).toBe(3)
    expect(ids).toContain('call_0')
  })

  test('a refusal goes back as one, beside what was said', () => {
    expect(input(user('Hi'), says('', { refusal: 'No.' }), user('Please'))).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { role: 'user', content: 'Please' },
    ])
    expect(input(says('Well.', { refusal: 'No.' }))).toMatchObject([
      { content: [{ type: 'output_text', text: 'Well.' }, { type: 'refusal' }] },
    ])
  })

  test('names of speakers are left out aloud', () => {
    const { body, warnings } = write({ messages: [{ role: 'user', name: 'Ann', content: [text('Hi')] }] })
    expect(body.input).toEqual(hi)
    expect(warnings).toEqual(['dropped_parameter messages'])
  })
})

describe('thoughts go back', () => {
  const sealed = (row: string) => `responses:${JSON.stringify({ row, id: 'rs_1', encrypted_content: 'gAAA' })}`
  const thought = (signature?: string): ReasoningBlock => ({ kind: 'text', text: 'Hm.', signature })

  test('to who encrypted them, before what they led to', () => {
    const items: ResponseInput = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAA' },
      { role: 'assistant', content: 'Yes.' },
    ]
    expect(input(says('Yes.', { reasoning: [thought(sealed('acme'))] }))).toEqual(items)
    const silent: ReasoningBlock = { kind: 'text', text: '', signature: sealed('acme') }
    expect(input(says('Yes.', { reasoning: [silent] }))).toMatchObject([{ type: 'reasoning', summary: [] }, {}])
  })

  test.each<[string, ReasoningBlock]>([
    ['thoughts that nobody signed', thought()],
    ['thoughts of another provider', thought(sealed('other'))],
    ['thoughts with a signature of another kind', thought('EqRkLmNoPq==')],
    ['thoughts with broken JSON as signature', thought('{"row":"acme"')],
    ['thoughts that only another provider can read', { kind: 'redacted', data: 'AAAA' }],
  ])('but not %s', (_what, block) => {
    expect(input(says('Yes.', { reasoning: [block] }))).toEqual([{ role: 'assistant', content: 'Yes.' }])
  })

  test('and not where nothing followed them, which is refused', () => {
    expect(input(user('Hi'), says('', { reasoning: [thought(sealed('acme'))] }))).toEqual(hi)
  })
})

describe('tools', () => {
  const add = { name: 'add', description: 'Adds.', parameters: { type: 'object', properties: { a: {} } } }

  test('are flat, and strict only where that is asked for', () => {
    const tools: Tool[] = [
      { type: 'function', ...add, strict: true },
      { type: 'function', name: 'now', parameters: { type: 'object', properties: {} }, strict: false },
    ]
    expect(write({ tools: [{ ...add, strict: true }, { name: 'now' }] }).body.tools).toEqual(tools)
  })

  test.each(['auto', 'none', 'required'] as const)('may be chosen as %s', (toolChoice) => {
    expect(write({ tools: [add], toolChoice }).body.tool_choice).toBe(toolChoice)
  })

  test('may be forced one by name, and called one at a time', () => {
    const choice: Body['tool_choice'] = { type: 'function', name: 'add' }
    const { body, warnings } = write({ tools: [add], toolChoice: { name: 'add' }, parallelToolCalls: false })
    expect(body).toMatchObject({ tool_choice: choice, parallel_tool_calls: false })
    expect(warnings).toEqual([])
    const refused = write({ tools: [add], parallelToolCalls: false }, { parallelToolCalls: false })
    expect(refused.body).not.toHaveProperty('parallel_tool_calls')
    expect(refused.warnings).toEqual(['dropped_parameter parallel_tool_calls'])
  })
})

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } } }
  const format: ResponseFormat = { type: 'json_schema', name: 'sum', description: 'A sum.', schema, strict: true }

  test('is a schema, JSON, or text', () => {
    const written: Body['text'] = {
      format: { type: 'json_schema', name: 'sum', description: 'A sum.', schema, strict: true },
    }
    expect(write({ responseFormat: format }).body.text).toEqual(written)
    expect(write({ responseFormat: { type: 'json_object' } }).body.text).toEqual({ format: { type: 'json_object' } })
    expect(write({ responseFormat: { type: 'text' } }).body).not.toHaveProperty('text')
  })

  test('is told in words where schemas are not taken', () => {
    const { body, warnings } = write({ responseFormat: format }, { jsonSchema: false })
    expect(body.text).toEqual({ format: { type: 'json_object' } })
    expect(JSON.stringify(body.input)).toContain('fits this JSON schema')
    expect(warnings).toEqual(['changed_parameter response_format'])
  })

  test('has the verbosity beside it', () => {
    const { body } = write({ responseFormat: { type: 'json_object' }, extra: { verbosity: 'low' } })
    const written: Body['text'] = { verbosity: 'low', format: { type: 'json_object' } }
    expect(body.text).toEqual(written)
    expect(body).not.toHaveProperty('verbosity')
  })
})

describe('reasoning', () => {
  test('has the effort, and what else the caller says about it', () => {
    const reasoning: Body['reasoning'] = { effort: 'high', summary: 'auto' }
    expect(write({ reasoningEffort: 'high', extra: { reasoning: { summary: 'auto' } } }).body.reasoning).toEqual(
      reasoning,
    )
    expect(write({ reasoningEffort: 'high' }, { effortLevels: { high: 'max' } }).body.reasoning).toEqual({
      effort: 'max',
    })
    expect(write().body).not.toHaveProperty('reasoning')
  })

  test('takes sampling only where the model does', () => {
    const sampling = { temperature: 0.5, topP: 0.9 }
    expect(write(sampling).body).toMatchObject({ temperature: 0.5, top_p: 0.9 })
    const { body, warnings } = write(sampling, { sampling: 'never' })
    expect(body).not.toHaveProperty('temperature')
    expect(warnings).toEqual(['dropped_parameter temperature', 'dropped_parameter top_p'])
  })
})

describe('log probabilities', () => {
  test('are included where they are asked for', () => {
    const include: Body['include'] = ['reasoning.encrypted_content', 'message.output_text.logprobs']
    expect(write({ logprobs: true, topLogprobs: 3 }).body).toMatchObject({ include, top_logprobs: 3 })
    expect(write({ logprobs: false, topLogprobs: 3 }).body).not.toHaveProperty('top_logprobs')
  })

  test('are left out aloud where the model gives none', () => {
    const { body, warnings } = write({ logprobs: true }, { sampling: 'never' })
    expect(body.include).toEqual(['reasoning.encrypted_content'])
    expect(warnings).toEqual(['dropped_parameter logprobs'])
  })
})

describe('the longest answer', () => {
  test('has its own name', () => {
    expect(write({ maxOutputTokens: 100 }).body).toMatchObject({ max_output_tokens: 100 })
    expect(write().body).not.toHaveProperty('max_output_tokens')
  })

  test('is never below what the wire takes, aloud', () => {
    const { body, warnings } = write({ maxOutputTokens: 5 })
    expect(body.max_output_tokens).toBe(16)
    expect(warnings).toEqual(['changed_parameter max_tokens'])
  })
})

describe('what the wire does not take is left out aloud', () => {
  test.each<[string, Partial<ChatRequest>, string]>([
    ['several answers', { n: 2 }, 'n'],
    ['a seed', { seed: 7 }, 'seed'],
    ['stop sequences', { stop: ['.'] }, 'stop'],
    ['penalties', { presencePenalty: 1 }, 'presence_penalty'],
    ['biases', { extra: { logit_bias: { 1: 2 } } }, 'logit_bias'],
    ['predictions', { extra: { prediction: { type: 'content', content: 'x' } } }, 'prediction'],
    ['being stored', { extra: { store: true } }, 'store'],
    ['answers of others', { extra: { previous_response_id: 'resp_1' } }, 'previous_response_id'],
    ['a conversation at the provider', { extra: { conversation: 'conv_1' } }, 'conversation'],
    ['being answered later', { extra: { background: true } }, 'background'],
    ['another bound than the gateway counts with', { extra: { max_output_tokens: 9 } }, 'max_output_tokens'],
    [
      'marks of what to cache',
      { messages: [{ role: 'user', content: [{ ...text('Hi'), cacheControl: { type: 'ephemeral' } }] }] },
      'cache_control',
    ],
  ])('%s', (_what, fields, param) => {
    const { body, warnings } = write(fields)
    const plain: Body = {
      model: 'rocket-1',
      input: hi,
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: false,
    }
    expect(body).toEqual(plain)
    expect(warnings).toEqual([`dropped_parameter ${param}`])
  })

  test('but not what says nothing: one answer, no penalty, not being stored', () => {
    expect(write({ n: 1, presencePenalty: 0, extra: { store: false } }).warnings).toEqual([])
  })
})

describe('fields that the gateway does not know', () => {
  const known = {
    metadata: { team: 'blue' },
    user: 'u1',
    prompt_cache_key: 'k',
    safety_identifier: 's',
    service_tier: 'flex',
  } as const

  test('go on as they came', () => {
    const sent: Partial<Body> = { ...known, truncation: 'auto' }
    const { body, warnings } = write({ extra: { ...known, truncation: 'auto', brand_new: [1] } })
    expect(body).toMatchObject({ ...sent, brand_new: [1] })
    expect(warnings).toEqual([])
  })

  test('are left out where only OpenAI takes them, marks of the bill silently', () => {
    const { body, warnings } = write({ extra: { ...known, verbosity: 'low' } }, {}, { openaiExtras: false })
    for (const name of [...Object.keys(known), 'verbosity', 'text']) expect(body).not.toHaveProperty(name)
    expect(warnings).toEqual(
      ['prompt_cache_key', 'safety_identifier', 'service_tier', 'verbosity'].map((name) => `dropped_parameter ${name}`),
    )
  })

  test('and more to include is added', () => {
    expect(write({ extra: { include: ['web_search_call.action.sources'] } }).body.include).toEqual([
      'web_search_call.action.sources',
      'reasoning.encrypted_content',
    ])
  })
})
