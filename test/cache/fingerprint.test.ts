import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatRequest, Tool } from '../../src/contract/chat.ts'
import { fingerprint } from '../../src/cache/fingerprint.ts'
import { plainRequest } from '../support/plain.ts'
import { says } from './answer-of.ts'

const of = (said: Partial<ChatRequest>, scope = 'ada', simulated = false): string =>
  fingerprint({ request: plainRequest(said), scope, simulated })
const plain = of({})

const tool: Tool = { name: 'find', parameters: { type: 'object', properties: { cacheControl: { type: 'string' } } } }
const image = (data: string): ChatRequest['messages'] => [
  { role: 'user', content: [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data } }] },
]

describe('is another for', () => {
  const different: [string, Partial<ChatRequest>][] = [
    ['a named model', { model: { kind: 'named', model: 'gpt-6-luna' } }],
    ['a provider', { model: { kind: 'auto', provider: 'openai' } }],
    ['another text', { messages: [says('What is the capital of France')] }],
    [
      'a system prompt',
      {
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
          says('What is the capital of France?'),
        ],
      },
    ],
    ['one more turn', { messages: [says('Hello.'), says('What is the capital of France?')] }],
    [
      'a speaker',
      {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'What is the capital of France?' }], name: 'Ada' }],
      },
    ],
    ['an image', { messages: image('AAAA') }],
    ['another image', { messages: image('AAAB') }],
    ['a tool', { tools: [tool] }],
    ['another description', { tools: [{ ...tool, description: 'Finds.' }] }],
    ['another schema', { tools: [{ ...tool, parameters: { type: 'object', properties: {} } }] }],
    ['a tool choice', { toolChoice: 'required' }],
    ['parallel calls', { parallelToolCalls: false }],
    ['a response format', { responseFormat: { type: 'json_object' } }],
    ['a cap', { maxOutputTokens: 10 }],
    ['a temperature', { temperature: 0 }],
    ['top_p', { topP: 0.5 }],
    ['a stop', { stop: ['\n'] }],
    ['n', { n: 2 }],
    ['a seed', { seed: 0 }],
    ['another seed', { seed: 1 }],
    ['a presence penalty', { presencePenalty: 1 }],
    ['a frequency penalty', { frequencyPenalty: 1 }],
    ['logprobs', { logprobs: true }],
    ['top logprobs', { logprobs: true, topLogprobs: 3 }],
    ['an effort', { reasoningEffort: 'low' }],
    ['a field that the gateway does not know', { extra: { verbosity: 'low' } }],
    ['requirements', { requirements: { lowCost: true } }],
    ['an allowed set', { requirements: { models: ['gpt-6-luna'] } }],
    ['a limit on cost', { limits: { maxCostNanoUsd: 5n } }],
    ['a limit on time', { limits: { maxLatencyMs: 5 } }],
    [
      'fallbacks',
      {
        fallbacks: [
          { kind: 'named', model: 'a' },
          { kind: 'named', model: 'b' },
        ],
      },
    ],
    [
      'fallbacks in another order',
      {
        fallbacks: [
          { kind: 'named', model: 'b' },
          { kind: 'named', model: 'a' },
        ],
      },
    ],
  ]

  test.each(different)('%s', (_what, said) => expect(of(said)).not.toBe(plain))

  test('every two of these', () => {
    const prints = different.map(([, said]) => of(said))
    expect(new Set(prints).size).toBe(different.length)
  })

  test('another scope and for the sandbox', () => {
    expect(new Set([plain, of({}, 'bob'), of({}, 'ada', true)]).size).toBe(3)
  })
})

describe('is the same for', () => {
  test('how the cache is used, and whose bill it is', () => {
    expect(of({ cache: { read: false, write: true, force: true, ttlMs: 5 } })).toBe(plain)
    expect(of({ tags: { user: 'u', metadata: { a: 'b' } }, extra: { user: 'u', metadata: { a: 'b' } } })).toBe(plain)
  })

  test('tools in any order, and sets in any order', () => {
    const other = { ...tool, name: 'other' }
    expect(of({ tools: [tool, other] })).toBe(of({ tools: [other, tool] }))
    expect(of({ requirements: { providers: ['a', 'b'] } })).toBe(of({ requirements: { providers: ['b', 'a'] } }))
  })

  test('one answer said and one answer meant', () => expect(of({ n: 1 })).toBe(plain))

  test('prompt-cache breakpoints, but not for a property of that name in a schema', () => {
    const marked = { type: 'ephemeral' }
    const text = 'What is the capital of France?'
    expect(of({ messages: [{ role: 'user', content: [{ type: 'text', text, cacheControl: marked }] }] })).toBe(plain)
    expect(of({ extra: { cache_control: marked } })).toBe(plain)
    expect(of({ tools: [{ ...tool, cacheControl: marked }] })).toBe(of({ tools: [tool] }))
    const called = (mark: object): ChatRequest['messages'] => [
      {
        role: 'assistant',
        content: [],
        reasoning: [],
        toolCalls: [{ id: 'c', name: 'n', argumentsJson: '{}', ...mark }],
      },
      { role: 'tool', toolCallId: 'c', content: [], ...mark },
      { role: 'user', content: [{ type: 'native', value: { type: 'file' }, ...mark }] },
    ]
    expect(of({ messages: called({ cacheControl: marked }) })).toBe(of({ messages: called({}) }))
    expect(of({ tools: [tool] })).not.toBe(of({ tools: [{ ...tool, parameters: { type: 'object', properties: {} } }] }))
  })

  test('fields in any order', () => {
    const given = plainRequest({ seed: 1, temperature: 0.2 })
    const turned: ChatRequest = { ...plainRequest(), temperature: 0.2, seed: 1 }
    const reversed = { ...turned, extra: { b: 1, a: { d: 1, c: 2 } } }
    const straight = { ...given, extra: { a: { c: 2, d: 1 }, b: 1 } }
    expect(fingerprint({ request: reversed, scope: 'ada', simulated: false })).toBe(
      fingerprint({ request: straight, scope: 'ada', simulated: false }),
    )
  })
})

test('never meets another: texts cannot be moved between turns, nor scopes into requests', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string(), { minLength: 1 }),
      fc.array(fc.string(), { minLength: 1 }),
      fc.string(),
      fc.string(),
      (a, b, scopeA, scopeB) => {
        const printOf = (texts: string[], scope: string): string => of({ messages: texts.map(says) }, scope)
        const isSame = scopeA === scopeB && JSON.stringify(a) === JSON.stringify(b)
        expect(printOf(a, scopeA) === printOf(b, scopeB)).toBe(isSame)
      },
    ),
  )
})
