import { FunctionCallingConfigMode, HarmBlockThreshold, HarmCategory, ThinkingLevel } from '@google/genai'
import { describe, expect, test } from 'vitest'
import type { ContentPart, ResponseFormat, Tool } from '../../../src/contract/chat.ts'
import { GatewayError } from '../../../src/contract/errors.ts'
import { expectBody, hi, plainBody, result, says, system, text, user, write } from './write.ts'

test('a plain request says nothing of what was not asked', () => {
  expectBody(write().body, { contents: hi })
  expect(write().warnings).toEqual([])
})

describe('the conversation', () => {
  test('instructions stand apart, and later ones join them aloud', () => {
    const { body, warnings } = write({ messages: [system('A'), user('Hi'), says('Yes?'), system('B'), user('Go')] })
    expectBody(body, {
      systemInstruction: { parts: [{ text: 'A' }, { text: 'B' }] },
      contents: [...hi, { role: 'model', parts: [{ text: 'Yes?' }] }, { role: 'user', parts: [{ text: 'Go' }] }],
    })
    expect(warnings).toEqual(['changed_parameter messages'])
    expect(write({ messages: [system('A'), system('B'), user('Hi')] }).warnings).toEqual([])
  })

  test('instructions alone are said by the user', () => {
    const { body, warnings } = write({ messages: [system('Hi')] })
    expectBody(body, { contents: hi })
    expect(warnings).toEqual(['changed_parameter messages'])
  })

  test('turns of one side become one, and a model that begins is asked to go on', () => {
    const { body, warnings } = write({ messages: [says('A'), says('B'), user('C'), user('D')] })
    expectBody(body, {
      contents: [
        { role: 'user', parts: [{ text: 'Continue.' }] },
        { role: 'model', parts: [{ text: 'A' }, { text: 'B' }] },
        { role: 'user', parts: [{ text: 'C' }, { text: 'D' }] },
      ],
    })
    expect(warnings).toEqual(['changed_parameter messages'])
  })

  test('a turn in which nothing is said stays a turn', () => {
    expectBody(write({ messages: [user('')] }).body, { contents: [{ role: 'user', parts: [{ text: '' }] }] })
  })

  test('a refusal was text when it was said', () => {
    const said = { role: 'assistant' as const, content: [], refusal: 'No.', reasoning: [], toolCalls: [] }
    expect(write({ messages: [user('Hi'), said, user('Why?')] }).body.contents).toMatchObject([
      {},
      { role: 'model', parts: [{ text: 'No.' }] },
      {},
    ])
  })
})

describe('what users show', () => {
  const partsOf = (...parts: ContentPart[]): unknown => {
    const { body } = write({ messages: [user(...parts)] })
    return Array.isArray(body.contents) ? body.contents[0] : undefined
  }
  const png: ContentPart = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO' } }
  const at = (url: string): ContentPart => ({ type: 'image', source: { kind: 'url', url } })
  const native = (value: ContentPart & { type: 'native' } extends { value: infer Value } ? Value : never) => ({
    type: 'native' as const,
    value,
  })

  test('images go along, and addresses for Google to look at', () => {
    expect(partsOf(text('See'), png, at('https://a.example/b/Cat.JPG?x=1'), at('https://a.example/cat'))).toEqual({
      role: 'user',
      parts: [
        { text: 'See' },
        { inlineData: { mimeType: 'image/png', data: 'iVBO' } },
        { fileData: { fileUri: 'https://a.example/b/Cat.JPG?x=1', mimeType: 'image/jpeg' } },
        { fileData: { fileUri: 'https://a.example/cat' } },
      ],
    })
  })

  test('documents, other files and sound go along', () => {
    const file = (mime: string) =>
      native({ type: 'file', file: { file_data: `data:${mime};base64,JVBE`, filename: 'a' } })
    const sound = native({ type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } })
    expect(partsOf(file('application/pdf'), file('text/csv'), sound)).toEqual({
      role: 'user',
      parts: [
        { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
        { inlineData: { mimeType: 'text/csv', data: 'JVBE' } },
        { inlineData: { mimeType: 'audio/wav', data: 'UklG' } },
      ],
    })
  })

  test.each([
    { type: 'file', file: { file_id: 'file-123' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'flac' } },
    { type: 'hologram' },
  ])('content without a word on this wire is refused by its name: %j', (value) => {
    const refused = () => partsOf(text('See'), native(value))
    expect(refused).toThrow(GatewayError)
    expect(refused).toThrow(new RegExp(value.type))
  })
})

describe('tools', () => {
  const add: Tool = {
    name: 'add',
    description: 'Adds.',
    parameters: { type: 'object', properties: { a: { type: 'number' } } },
  }
  const functionDeclarations = [
    { name: 'add', description: 'Adds.', parametersJsonSchema: add.parameters },
    { name: 'now' },
  ]
  const tools = [add, { name: 'now' }]
  const { AUTO, ANY, NONE, VALIDATED } = FunctionCallingConfigMode

  test('are declared by their JSON schema', () => {
    expectBody(write({ tools }).body, { contents: hi, tools: [{ functionDeclarations }] })
  })

  test.each([
    ['auto', { mode: AUTO }],
    ['none', { mode: NONE }],
    ['required', { mode: ANY }],
    [{ name: 'add' }, { mode: ANY, allowedFunctionNames: ['add'] }],
  ] as const)('choice %j', (toolChoice, config) => {
    const functionCallingConfig = {
      mode: config.mode,
      ...('allowedFunctionNames' in config && { allowedFunctionNames: ['add'] }),
    }
    expectBody(write({ tools, toolChoice }).body, {
      contents: hi,
      tools: [{ functionDeclarations }],
      toolConfig: { functionCallingConfig },
    })
  })

  test('strict ones are validated where the model may choose; being made to call validates anyway', () => {
    const strict = [{ ...add, strict: true }]
    const modeOf = (toolChoice?: 'auto' | 'none' | 'required') =>
      write({ tools: strict, ...(toolChoice && { toolChoice }) }).body
    for (const toolChoice of [undefined, 'auto'] as const)
      expect(modeOf(toolChoice).toolConfig).toEqual({ functionCallingConfig: { mode: VALIDATED } })
    expect(modeOf('none').toolConfig).toEqual({ functionCallingConfig: { mode: NONE } })
    expect(modeOf('required').toolConfig).toEqual({ functionCallingConfig: { mode: ANY } })
  })

  test('cannot be kept from being called in parallel, which is told', () => {
    expect(write({ tools, parallelToolCalls: false }).warnings).toEqual(['dropped_parameter parallel_tool_calls'])
    expect(write({ tools, parallelToolCalls: true }).warnings).toEqual([])
  })

  test('a call and its result', () => {
    const { body } = write({
      messages: [user('Hi'), says('Well.', { id: 'c1' }), result('c1', '12345678901234567890')],
    })
    expectBody(body, {
      contents: [
        ...hi,
        { role: 'model', parts: [{ text: 'Well.' }, { functionCall: { id: 'c1', name: 'add', args: { a: 1 } } }] },
        {
          role: 'user',
          // A text, so that no digit is lost.
          parts: [{ functionResponse: { id: 'c1', name: 'add', response: { output: '12345678901234567890' } } }],
        },
      ],
    })
  })

  test('pictures of a result follow the results', () => {
    const picture: ContentPart = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO' } }
    const shown = { role: 'tool' as const, toolCallId: 'c1', content: [text('Seen.'), picture] }
    const { body } = write({
      messages: [user('Hi'), says('', { id: 'c1' }, { id: 'c2' }), shown, result('c2', 'no', true)],
    })
    expect(body.contents).toMatchObject([
      {},
      {},
      {
        parts: [
          { functionResponse: { id: 'c1', response: { output: 'Seen.' } } },
          { functionResponse: { id: 'c2', response: { error: 'no' } } },
          { text: 'From the tool call c1:' },
          { inlineData: { data: 'iVBO' } },
        ],
      },
    ])
  })

  test('arguments that are no object are carried in one, aloud', () => {
    const broken = {
      role: 'assistant' as const,
      content: [],
      reasoning: [],
      toolCalls: [{ id: 'c1', name: 'add', argumentsJson: '{"a":' }],
    }
    const { body, warnings } = write({ messages: [user('Hi'), broken, result('c1', '1')] })
    expect(JSON.stringify(body)).toContain(JSON.stringify({ text: '{"a":' }))
    expect(warnings).toEqual(['changed_parameter messages'])
  })
})

describe('JSON', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  const responseFormat: ResponseFormat = { type: 'json_schema', name: 'x', schema }
  const tools = [{ name: 'now' }]

  test('by a schema, and without one', () => {
    const asJson = { responseMimeType: 'application/json' }
    expectBody(write({ responseFormat }).body, plainBody({ ...asJson, responseJsonSchema: schema }))
    expectBody(write({ responseFormat: { type: 'json_object' } }).body, plainBody(asJson))
    expectBody(write({ responseFormat: { type: 'text' } }).body, plainBody())
  })

  test.each([
    ['the model', { wire: { jsonSchema: false } }],
    ['the provider', { row: { jsonSchema: false } }],
  ])('is told in words where %s takes no schema', (_who, about) => {
    const { body, warnings } = write({ responseFormat }, about)
    expect(body.generationConfig).toEqual({ responseMimeType: 'application/json' })
    expect(JSON.stringify(body.systemInstruction)).toContain(JSON.stringify(JSON.stringify(schema)).slice(1, -1))
    expect(warnings).toEqual(['changed_parameter response_format'])
  })

  test('beside tools is asked for where the model takes both, else in words and aloud', () => {
    expect(write({ responseFormat, tools })).toMatchObject({
      body: { generationConfig: { responseJsonSchema: schema } },
      warnings: [],
    })
    for (const format of [responseFormat, { type: 'json_object' } as const]) {
      const { body, warnings } = write({ responseFormat: format, tools }, { wire: { jsonWithTools: false } })
      expect(body).not.toHaveProperty('generationConfig')
      expect(JSON.stringify(body.systemInstruction)).toContain('JSON')
      expect(warnings).toEqual(['changed_parameter response_format'])
    }
  })

  test('is not asked for where a tool must be called', () => {
    expect(write({ responseFormat, tools, toolChoice: { name: 'now' } }).body).not.toHaveProperty('generationConfig')
  })
})

describe('thinking', () => {
  test('is not spoken of unless it was asked for', () => {
    for (const thinking of ['none', 'budget', 'level'] as const)
      expectBody(write({}, { wire: { thinking } }).body, plainBody())
  })

  test.each([
    ['low', ThinkingLevel.LOW],
    ['high', ThinkingLevel.HIGH],
  ] as const)('by a level: %s', (reasoningEffort, thinkingLevel) => {
    const { body, warnings } = write({ reasoningEffort }, { wire: { thinking: 'level' } })
    expectBody(body, plainBody({ thinkingConfig: { includeThoughts: true, thinkingLevel } }))
    expect(warnings).toEqual([])
  })

  test('by a level that the model has, aloud', () => {
    const { body, warnings } = write({ reasoningEffort: 'max' }, { wire: { thinking: 'level' } })
    expectBody(body, plainBody({ thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.HIGH } }))
    expect(warnings).toEqual(['changed_parameter reasoning_effort'])
  })

  test.each([
    ['none', { thinkingBudget: 0 }],
    ['low', { includeThoughts: true, thinkingBudget: 1024 }],
    ['medium', { includeThoughts: true, thinkingBudget: 8192 }],
    ['high', { includeThoughts: true, thinkingBudget: 24_576 }],
  ] as const)('by a budget: %s', (reasoningEffort, thinkingConfig) => {
    const wire = {
      thinking: 'budget',
      effortLevels: { none: 'none', low: 'low', medium: 'medium', high: 'high' },
    } as const
    expectBody(write({ reasoningEffort }, { wire }).body, plainBody({ thinkingConfig }))
  })

  test('not at all where the model cannot, aloud', () => {
    const { body, warnings } = write({ reasoningEffort: 'low' }, { wire: { effortLevels: {} } })
    expectBody(body, plainBody())
    expect(warnings).toEqual(['dropped_parameter reasoning_effort'])
  })

  test.each([
    { generationConfig: { thinkingConfig: { thinkingBudget: 7 } } },
    { extra_body: { google: { thinking_config: { thinkingBudget: 7 } } } },
  ])('in the caller’s own words goes before the effort: %j', (extra) => {
    expectBody(write({ extra, reasoningEffort: 'low' }).body, plainBody({ thinkingConfig: { thinkingBudget: 7 } }))
  })
})

describe('the rest', () => {
  test('what this wire has is sent in its words', () => {
    const { body, warnings } = write({
      n: 2,
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.6,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      logprobs: true,
      topLogprobs: 3,
      seed: 7,
      stop: ['END'],
      extra: { top_k: 5 },
    })
    expectBody(
      body,
      plainBody({
        candidateCount: 2,
        maxOutputTokens: 9,
        temperature: 0.5,
        topP: 0.6,
        topK: 5,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        responseLogprobs: true,
        logprobs: 3,
        seed: 7,
        stopSequences: ['END'],
      }),
    )
    expect(warnings).toEqual([])
  })

  test('Google’s own fields are for callers who know them, and what the caller said in OpenAI’s words goes before', () => {
    const safetySettings = [
      { category: HarmCategory.HARM_CATEGORY_HARASSMENT, threshold: HarmBlockThreshold.BLOCK_NONE },
    ]
    const { body, warnings } = write({
      maxOutputTokens: 9,
      extra: {
        safetySettings: [{ ...safetySettings[0] }],
        extra_body: { google: { cached_content: 'cachedContents/1' } },
        generationConfig: { maxOutputTokens: 99, responseModalities: ['TEXT'] },
      },
    })
    expect(body).toEqual({
      contents: hi,
      safetySettings,
      cachedContent: 'cachedContents/1',
      generationConfig: { maxOutputTokens: 9, responseModalities: ['TEXT'] },
    })
    expect(warnings).toEqual([])
  })

  test('what nobody has a word for is left out aloud; marks on the caller’s bill are left out in silence', () => {
    const { body, warnings } = write({ extra: { logit_bias: { 1: 2 }, store: true, user: 'u', metadata: { a: 'b' } } })
    expectBody(body, plainBody())
    expect(warnings).toEqual(['dropped_parameter logit_bias', 'dropped_parameter store'])
  })

  test('sampling is left out aloud where the model takes none', () => {
    const asked = { temperature: 0.5, topP: 0.5, presencePenalty: 1, logprobs: true, extra: { top_k: 5 } }
    const { body, warnings } = write(asked, { wire: { sampling: 'never' } })
    expectBody(body, plainBody())
    expect(warnings.toSorted()).toEqual(
      ['logprobs', 'presence_penalty', 'temperature', 'top_k', 'top_p'].map((name) => `dropped_parameter ${name}`),
    )
  })

  test('penalties and seeds are left out aloud where the provider takes none', () => {
    const { body, warnings } = write({ presencePenalty: 1, seed: 7 }, { row: { penalties: false, seedField: null } })
    expectBody(body, plainBody())
    expect(warnings).toEqual(['dropped_parameter presence_penalty', 'dropped_parameter seed'])
  })

  test('a seed of more than 32 bits is folded, always to the same, aloud', () => {
    const seedOf = (seed: number) => write({ seed }).body.generationConfig
    expect(seedOf(2 ** 40)).toEqual(seedOf(2 ** 40))
    expect(seedOf(2 ** 40)).not.toEqual(seedOf(2 ** 40 + 1))
    expect(write({ seed: 2 ** 40 }).warnings).toEqual(['changed_parameter seed'])
    expect(seedOf(-5)).toEqual({ seed: -5 })
  })

  test('of many stop sequences five are sent, aloud; empty ones mean nothing', () => {
    const { body, warnings } = write({ stop: ['a', '', 'b', 'c', 'd', 'e', 'f'] })
    expectBody(body, plainBody({ stopSequences: ['a', 'b', 'c', 'd', 'e'] }))
    expect(warnings).toEqual(['changed_parameter stop'])
    expectBody(write({ stop: [''] }).body, plainBody())
  })

  test('marks of what to cache are told to be for others', () => {
    const marked = { type: 'text' as const, text: 'Hi', cacheControl: { type: 'ephemeral' } }
    const { body, warnings } = write({ messages: [user(marked)] })
    expectBody(body, plainBody())
    expect(warnings).toEqual(['dropped_parameter cache_control'])
  })
})
