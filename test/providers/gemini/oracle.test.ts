import { FunctionCallingConfigMode, GoogleGenAI, ThinkingLevel } from '@google/genai'
import type { GenerateContentParameters } from '@google/genai'
import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../../src/contract/chat.ts'
import type { Json, JsonObject } from '../../../src/contract/json.ts'
import { startUpstream } from '../../support/upstream.ts'
import { result, says, system, user, write } from './write.ts'

const parametersJsonSchema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
const tools = [{ name: 'add', description: 'Adds.', parameters: parametersJsonSchema }]
const declared = [{ functionDeclarations: [{ name: 'add', description: 'Adds.', parametersJsonSchema }] }]
const png = { type: 'image' as const, source: { kind: 'base64' as const, mediaType: 'image/png', data: 'iVBO' } }

/** The same said to our dialect and to Google's own SDK. */
const pairs: [string, Partial<ChatRequest>, Omit<GenerateContentParameters, 'model'>][] = [
  ['a question', {}, { contents: 'Hi' }],
  [
    'a conversation with instructions',
    { messages: [system('Be brief.'), user('Hi'), says('Yes?'), user('Go on')] },
    {
      config: { systemInstruction: { parts: [{ text: 'Be brief.' }] } },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Yes?' }] },
        { role: 'user', parts: [{ text: 'Go on' }] },
      ],
    },
  ],
  [
    'a picture',
    { messages: [user('See', png)] },
    {
      contents: [{ role: 'user', parts: [{ text: 'See' }, { inlineData: { mimeType: 'image/png', data: 'iVBO' } }] }],
    },
  ],
  [
    'tools, of which one must be called',
    { tools, toolChoice: { name: 'add' } },
    {
      contents: 'Hi',
      config: {
        tools: declared,
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['add'] },
        },
      },
    },
  ],
  [
    'a call that was answered',
    { tools, messages: [user('Hi'), says('', { id: 'c1', signature: 'c2ln' }), result('c1', '3')] },
    {
      config: { tools: declared },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        {
          role: 'model',
          parts: [{ functionCall: { id: 'c1', name: 'add', args: { a: 1 } }, thoughtSignature: 'c2ln' }],
        },
        { role: 'user', parts: [{ functionResponse: { id: 'c1', name: 'add', response: { output: '3' } } }] },
      ],
    },
  ],
  [
    'JSON by a schema',
    { responseFormat: { type: 'json_schema', name: 'x', schema: parametersJsonSchema } },
    { contents: 'Hi', config: { responseMimeType: 'application/json', responseJsonSchema: parametersJsonSchema } },
  ],
  [
    'everything that has a number',
    {
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
      reasoningEffort: 'high',
    },
    {
      contents: 'Hi',
      config: {
        candidateCount: 2,
        maxOutputTokens: 9,
        temperature: 0.5,
        topP: 0.6,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        responseLogprobs: true,
        logprobs: 3,
        seed: 7,
        stopSequences: ['END'],
        thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.HIGH },
      },
    },
  ],
]

describe("Google's own SDK sends the same as the dialect", () => {
  test.each(pairs)('for %s', async (_what, ours, theirs) => {
    await using upstream = await startUpstream()
    upstream.script([{ body: {} }])
    const client = new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: upstream.url } })
    await client.models.generateContent({ model: 'm', ...theirs })
    const { body } = write(ours, { wire: { thinking: 'level' } })
    expect(withoutFrills(objectOf(upstream.requests[0]?.body) ?? {})).toEqual(body)
  })
})

/** The SDK calls instructions a turn of the user's, and sends a configuration that says nothing; the API needs neither. */
const withoutFrills = (body: JsonObject): JsonObject => {
  const { systemInstruction, generationConfig, ...rest } = body
  const { role: _role, ...instruction } = objectOf(systemInstruction) ?? {}
  return {
    ...rest,
    ...(systemInstruction !== undefined && { systemInstruction: instruction }),
    ...(Object.keys(objectOf(generationConfig) ?? {}).length > 0 && { generationConfig }),
  }
}

const objectOf = (value: Json | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
