import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../src/contract/chat.ts'
import { GatewayError } from '../../src/contract/errors.ts'
import { readChatBody } from '../../src/contract/openai-request.ts'

const known = { providers: new Set(['openai', 'anthropic', 'openrouter']) }
const hello = [{ role: 'user', content: 'Hi' }]

const read = (fields: object): ChatRequest =>
  readChatBody({ model: 'gpt-6-luna', messages: hello, ...fields }, known).request

const refusal = (body: unknown): { param: string | undefined; message: string } => {
  try {
    readChatBody(body, known)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request')
      return { param: error.detail.param, message: error.message }
    throw error
  }
  throw new Error('was not refused')
}
const refusalOf = (fields: object) => refusal({ model: 'gpt-6-luna', messages: hello, ...fields })

describe('the body', () => {
  test('of one question becomes a request with nothing added', () => {
    expect(readChatBody({ model: 'gpt-6-luna', messages: hello }, known)).toEqual({
      request: {
        model: { kind: 'named', model: 'gpt-6-luna' },
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        tools: [],
        extra: {},
        requirements: {},
        limits: {},
        fallbacks: [],
        cache: { read: true, write: true, force: false },
        tags: {},
      },
      stream: false,
      includeUsage: false,
      spelling: new Map(),
    })
  })

  test('keeps unknown fields for upstream, untouched, and never its own', () => {
    const { extra } = read({
      service_tier: 'flex',
      store: true,
      logit_bias: { 50256: -100 },
      vendor: { deep: [null, 1] },
      constructor: 1,
      user: 'u1',
      metadata: { team: 'a' },
      requirements: { low_cost: true },
      provider: 'openai',
      fallbacks: ['auto'],
      use_cache: false,
      cache_ttl: 5,
      stream_options: { include_usage: true },
      temperature: 1,
    })
    expect(extra).toEqual({
      service_tier: 'flex',
      store: true,
      logit_bias: { 50256: -100 },
      vendor: { deep: [null, 1] },
      constructor: 1,
      user: 'u1',
      metadata: { team: 'a' },
    })
  })

  test('takes null for unset, as clients write it', () => {
    const request = read({
      temperature: null,
      tools: null,
      stop: null,
      max_tokens: null,
      requirements: null,
      user: null,
    })
    expect(request).toMatchObject({ tools: [], requirements: {} })
    expect(request.temperature).toBeUndefined()
  })

  test('marks the bill with user and metadata', () => {
    expect(read({ user: 'u1', metadata: { team: 'a' } }).tags).toEqual({ user: 'u1', metadata: { team: 'a' } })
  })

  test.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6 }, 6],
    [{ max_tokens: 7, max_completion_tokens: 7 }, 7],
  ])('reads the cap on output from %o', (fields, cap) => {
    expect(read(fields).maxOutputTokens).toBe(cap)
  })

  test.each([
    [{ reasoning_effort: 'low' }, 'low', {}],
    [{ reasoning: { effort: 'high' } }, 'high', {}],
    [{ reasoning: { effort: 'high', max_tokens: 9 } }, 'high', { reasoning: { max_tokens: 9 } }],
    [{ reasoning: { enabled: true } }, undefined, { reasoning: { enabled: true } }],
  ])('reads the effort from %o', (fields, effort, extra) => {
    expect(read(fields)).toMatchObject({ extra })
    expect(read(fields).reasoningEffort).toBe(effort)
  })

  test('streams only when asked, and reports usage only in a stream', () => {
    const options = { stream_options: { include_usage: true } }
    const modes = [{}, { stream: true }, { stream: true, ...options }, options].map((fields) => {
      const { stream, includeUsage } = readChatBody({ model: 'm', messages: hello, ...fields }, known)
      return [stream, includeUsage]
    })
    expect(modes).toEqual([
      [false, false],
      [true, false],
      [true, true],
      [false, false],
    ])
  })

  test.each<[unknown, string | undefined, string]>([
    [[], undefined, 'The body must be a JSON object with "model" and "messages".'],
    [{ messages: hello }, 'model', '"model" is missing: send a string.'],
    [{ model: 'm' }, 'messages', '"messages" is missing: send an array.'],
    [{ model: 'm', messages: [] }, 'messages', '"messages" must not be empty.'],
    [{ model: 'm', messages: 'Hi' }, 'messages', '"messages" must be an array, not a string.'],
    [{ model: 'm', messages: [7] }, 'messages[0]', '"messages[0]" must be an object, not a number.'],
  ])('%j is refused', (body, param, message) => {
    expect(refusal(body)).toEqual({ param, message })
  })

  test.each<[object, string, string]>([
    [{ temperature: 2.1 }, 'temperature', '"temperature" must be at most 2.'],
    [{ temperature: 'hot' }, 'temperature', '"temperature" must be a number, not a string.'],
    [{ top_p: -0.1 }, 'top_p', '"top_p" must be at least 0.'],
    [{ n: 129 }, 'n', '"n" must be at most 128.'],
    [{ n: 1.5 }, 'n', '"n" must be an integer, not a fraction.'],
    [{ max_tokens: 0 }, 'max_tokens', '"max_tokens" must be at least 1.'],
    [
      { max_tokens: 1, max_completion_tokens: 2 },
      'max_tokens',
      '"max_tokens" differs from "max_completion_tokens": send one of them.',
    ],
    [{ stop: Array(17).fill('x') }, 'stop', '"stop" must be a string, or an array of at most 16 strings.'],
    [{ top_logprobs: 21 }, 'top_logprobs', '"top_logprobs" must be at most 20.'],
    [{ presence_penalty: 3 }, 'presence_penalty', '"presence_penalty" must be at most 2.'],
    [
      { reasoning_effort: 'lots' },
      'reasoning_effort',
      '"reasoning_effort" must be "none", "minimal", "low", "medium", "high", "xhigh" or "max".',
    ],
    [
      { reasoning_effort: 'low', reasoning: { effort: 'high' } },
      'reasoning_effort',
      '"reasoning_effort" differs from "reasoning.effort": send one of them.',
    ],
    [
      { modalities: ['text', 'audio'] },
      'modalities[1]',
      '"modalities[1]" must be "text": the gateway answers in text only.',
    ],
    [{ metadata: { team: 7 } }, 'metadata.team', '"metadata.team" must be a string, not a number.'],
    [{ stream: 'yes' }, 'stream', '"stream" must be a boolean, not a string.'],
    [{ cache_ttl: -1 }, 'cache_ttl', '"cache_ttl" must be at least 0.'],
    [{ fallbacks: [''] }, 'fallbacks[0]', '"fallbacks[0]" must not be empty.'],
    [
      { fallbacks: ['openai:'] },
      'fallbacks[0]',
      '"fallbacks[0]" is empty: send a model id, "provider:model" or "auto".',
    ],
  ])('%j is refused with the field and what to send', (fields, param, message) => {
    expect(refusalOf(fields)).toEqual({ param, message })
  })

  test('nested a hundred thousand levels deep is refused without a stack overflow', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    expect(refusalOf({ deep }).message).toBe('The body nests deeper than 200 levels.')
  })

  test('with more values than can be walked while others wait is refused', () => {
    const many = 'The body has more than 100000 elements and members.'
    expect(refusalOf({ extra: Array.from({ length: 100_000 }, () => 0) }).message).toBe(many)
    expect(
      refusalOf({ extra: Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n])) }).message,
    ).toBe(many)
    expect(read({ extra: Array.from({ length: 90_000 }, () => 0) }).extra['extra']).toHaveLength(90_000)
  })

  test.each([
    ['model', { model: 'm'.repeat(257) }, '"model" must have at most 256 characters.'],
    ['fallbacks[1]', { fallbacks: ['auto', 'm'.repeat(257)] }, '"fallbacks[1]" must have at most 256 characters.'],
    ['user', { user: 'u'.repeat(513) }, '"user" must have at most 512 characters.'],
  ])('writes %s on the receipt only as long as it may be', (param, fields, message) => {
    expect(refusalOf(fields)).toEqual({ param, message })
  })

  test('with a __proto__ key anywhere is refused', () => {
    const hostile: unknown = JSON.parse('{"model":"m","messages":[],"vendor":[{"__proto__":{"polluted":1}}]}')
    expect(refusal(hostile).message).toContain('__proto__')
  })
})

describe('messages', () => {
  const one = (message: object) => read({ messages: [message] }).messages[0]

  test('of every role are read in order', () => {
    const { messages } = read({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'system', content: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: 'Weather?', name: 'ann' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"a"' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'Sun' }] },
      ],
    })
    expect(messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'system', content: [{ type: 'text', text: 'Be kind.', cacheControl: { type: 'ephemeral' } }] },
      { role: 'user', content: [{ type: 'text', text: 'Weather?' }], name: 'ann' },
      {
        role: 'assistant',
        content: [],
        reasoning: [],
        toolCalls: [{ id: 'c1', name: 'weather', argumentsJson: '{"a"' }],
      },
      { role: 'tool', toolCallId: 'c1', content: [{ type: 'text', text: 'Sun' }] },
    ])
  })

  test.each([
    [
      { url: 'https://example.com/a.png', detail: 'low' },
      { kind: 'url', url: 'https://example.com/a.png' },
    ],
    ['http://example.com/a.png', { kind: 'url', url: 'http://example.com/a.png' }],
    [{ url: 'data:image/PNG;base64,AAAA' }, { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }],
  ])('take the image %j', (image_url, source) => {
    expect(one({ role: 'user', content: [{ type: 'image_url', image_url }] })).toMatchObject({
      content: [{ type: 'image', source }],
    })
  })

  test('carry audio and files as they are', () => {
    const part = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
    expect(one({ role: 'user', content: [part] })).toEqual({ role: 'user', content: [{ type: 'native', value: part }] })
  })

  test('give back what a model thought, with its signatures', () => {
    const thought = one({
      role: 'assistant',
      content: 'Four.',
      reasoning_content: 'two and two',
      reasoning_details: [
        { type: 'reasoning.text', text: 'two and two', signature: 'sig' },
        { type: 'reasoning.encrypted', data: 'xyz' },
        { type: 'reasoning.summary', summary: 'sums' },
        { type: 'reasoning.unheard-of' },
      ],
    })
    expect(thought).toMatchObject({
      reasoning: [
        { kind: 'text', text: 'two and two', signature: 'sig' },
        { kind: 'redacted', data: 'xyz' },
        { kind: 'text', text: 'sums' },
      ],
    })
  })

  test('read plain reasoning where there are no details', () => {
    expect(one({ role: 'assistant', content: 'Four.', reasoning_content: 'hm' })).toMatchObject({
      reasoning: [{ kind: 'text', text: 'hm' }],
    })
  })

  test("keep a tool call's own fields for the provider that wants them back", () => {
    const call = {
      id: 'c1',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      extra_content: { google: { thought_signature: 's' } },
    }
    expect(one({ role: 'assistant', content: null, tool_calls: [call] })).toMatchObject({
      toolCalls: [{ id: 'c1', extra: { extra_content: { google: { thought_signature: 's' } } } }],
    })
  })

  test('join refusals, whether a field or parts', () => {
    expect(one({ role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] })).toMatchObject({
      refusal: 'No.',
      content: [],
    })
    expect(one({ role: 'assistant', refusal: 'Never.' })).toMatchObject({ refusal: 'Never.', content: [] })
  })

  test('pair old function calls with their results, also when one name is called twice', () => {
    const call = (name: string) => ({ role: 'assistant', content: null, function_call: { name, arguments: '{}' } })
    const result = (name: string) => ({ role: 'function', name, content: name })
    const { messages } = read({ messages: [call('a'), call('b'), call('a'), result('b'), result('a'), result('a')] })
    const calls = messages.flatMap((message) =>
      message.role === 'assistant' ? message.toolCalls.map(({ id }) => id) : [],
    )
    const results = messages.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []))
    expect(new Set(calls).size).toBe(3)
    expect(results).toEqual([calls[1], calls[0], calls[2]])
  })

  test.each<[object, string, string]>([
    [
      { role: 'usr', content: 'x' },
      'role',
      'must be "system", "developer", "user", "assistant", "tool" or "function".',
    ],
    [{ role: 'user' }, 'content', 'must be a string or an array of content parts.'],
    [{ role: 'user', content: [] }, 'content', 'must not be empty.'],
    [{ role: 'user', content: [{ text: 'x' }] }, 'content[0].type', 'is missing: send a string.'],
    [{ role: 'user', content: [{ type: 'text' }] }, 'content[0].text', 'is missing: send a string.'],
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'input_text', text: 'b' },
        ],
      },
      'content[1].type',
      'is of another API: send "text" instead of "input_text".',
    ],
    [
      { role: 'system', content: [{ type: 'image_url', image_url: { url: 'x' } }] },
      'content[0].type',
      'must be "text".',
    ],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
      'content[0].image_url.url',
      'must be an http(s) URL, or a data URL such as "data:image/png;base64,…".',
    ],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:text/html;base64,AAAA' } }] },
      'content[0].image_url.url',
      'must be an http(s) URL, or a data URL such as "data:image/png;base64,…".',
    ],
    [{ role: 'user', content: [{ type: 'image_url' }] }, 'content[0].image_url', 'is missing: send an object.'],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/', detail: 'original' } }] },
      'content[0].image_url.detail',
      'must be "auto", "low" or "high".',
    ],
    [
      { role: 'assistant', content: 'Hi', audio: { id: 'audio_1' } },
      'audio',
      'is not taken: send what was said as "content".',
    ],
    [
      { role: 'assistant', content: null },
      'content',
      'is missing: an assistant message needs content, a refusal or tool calls.',
    ],
    [
      { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f' } }] },
      'tool_calls[0].function.arguments',
      'is missing: send a string.',
    ],
    [{ role: 'tool', content: 'x' }, 'tool_call_id', 'is missing: send a string.'],
    [
      { role: 'function', name: 'f', content: 'x' },
      'name',
      'answers no "function_call" of an assistant message before it.',
    ],
  ])('%j are refused at the path of the fault', (message, path, complaint) => {
    const param = `messages[1].${path}`
    expect(refusalOf({ messages: [...hello, message] })).toEqual({ param, message: `"${param}" ${complaint}` })
  })
})

describe('tools', () => {
  const weather = {
    type: 'function',
    function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object' }, strict: true },
  }

  test('are read with schema, strictness and cache mark', () => {
    expect(
      read({ tools: [{ ...weather, cache_control: { type: 'ephemeral' } }], parallel_tool_calls: false }),
    ).toMatchObject({
      tools: [
        {
          name: 'weather',
          description: 'Tells it.',
          parameters: { type: 'object' },
          strict: true,
          cacheControl: { type: 'ephemeral' },
        },
      ],
      parallelToolCalls: false,
    })
  })

  test.each([
    ['auto', 'auto'],
    ['required', 'required'],
    [{ type: 'function', function: { name: 'weather' } }, { name: 'weather' }],
    [null, undefined],
  ])('tool_choice %j', (tool_choice, read_) => {
    expect(read({ tools: [weather], tool_choice }).toolChoice).toEqual(read_)
  })

  test('in their old form are taken too', () => {
    const request = read({ functions: [weather.function], function_call: { name: 'weather' } })
    expect(request).toMatchObject({ tools: [{ name: 'weather' }], toolChoice: { name: 'weather' } })
  })

  test('that are none leave nothing to choose', () => {
    const request = read({ tools: [], tool_choice: 'none', parallel_tool_calls: true })
    expect(request.toolChoice).toBeUndefined()
    expect(request.parallelToolCalls).toBeUndefined()
  })

  test.each<[object, string]>([
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, 'tools[0].function.name'],
    [{ tools: [weather], functions: [weather.function] }, 'functions'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [weather], tool_choice: 'any' }, 'tool_choice'],
    [{ tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } }, 'tool_choice'],
    [{ tools: [weather], tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type'],
  ])('%j are refused', (fields, param) => {
    expect(refusalOf(fields).param).toBe(param)
  })
})

describe('response_format', () => {
  test('is read with its schema', () => {
    const json_schema = { name: 'city', schema: { type: 'object' }, strict: true, description: null }
    expect(read({ response_format: { type: 'json_schema', json_schema } }).responseFormat).toEqual({
      type: 'json_schema',
      name: 'city',
      schema: { type: 'object' },
      strict: true,
    })
    expect(read({ response_format: { type: 'json_object' } }).responseFormat).toEqual({ type: 'json_object' })
  })

  test.each<[unknown, string]>([
    [{ type: 'xml' }, 'response_format.type'],
    [{ type: 'json_schema' }, 'response_format.json_schema'],
    [{ type: 'json_schema', json_schema: { name: 'a b', schema: {} } }, 'response_format.json_schema.name'],
    [{ type: 'json_schema', json_schema: { name: 'a' } }, 'response_format.json_schema.schema'],
    ['json', 'response_format'],
  ])('%j is refused', (response_format, param) => {
    expect(refusalOf({ response_format }).param).toBe(param)
  })
})

test('any JSON is read or refused as invalid_request, never anything else', () => {
  const field = fc.constantFrom(
    'model',
    'messages',
    'tools',
    'tool_choice',
    'response_format',
    'stop',
    'requirements',
    'provider',
    'fallbacks',
    'reasoning',
    'functions',
    'metadata',
    'max_tokens',
    'stream_options',
    'n',
  )
  const role = fc.constantFrom('system', 'user', 'assistant', 'tool', 'function', 'developer')
  const message = fc.record(
    {
      role,
      content: fc.oneof(fc.string(), fc.jsonValue()),
      tool_calls: fc.jsonValue(),
      name: fc.jsonValue(),
      function_call: fc.jsonValue(),
      reasoning_details: fc.jsonValue(),
      tool_call_id: fc.jsonValue(),
    },
    { requiredKeys: ['role'] },
  )
  const body = fc
    .tuple(fc.dictionary(fc.oneof(field, fc.string()), fc.jsonValue()), fc.array(message), fc.boolean())
    .map(([fields, messages, sound]) => (sound ? { ...fields, model: 'gpt-6-luna', messages } : fields))
  fc.assert(
    fc.property(body, (value) => {
      // As it arrives: the generator may make what JSON cannot hold, such as -0.
      const arrived: unknown = JSON.parse(JSON.stringify(value))
      try {
        readChatBody(arrived, known)
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError)
        expect(error).toHaveProperty('code', 'invalid_request')
      }
    }),
    { numRuns: 1_000 },
  )
})
