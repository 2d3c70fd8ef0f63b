import { expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Answer } from '../../src/contract/journey.ts'
import { parseUnified, readUnified, showUnified } from '../../src/gateway/unified.ts'
import type { UnifiedInput } from '../../src/contract/unified-completion.ts'
import { unifiedOutput } from '../../src/contract/unified-completion.ts'

const known = { providers: new Set(['openai', 'anthropic']) }
const readBody = (body: unknown) => readUnified(parseUnified(body), known)
const fault = (body: unknown): GatewayError => {
  try {
    readBody(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('The body was taken.')
}

test('a prompt alone is a whole request', () => {
  expect(readBody({ prompt: 'hi' })).toMatchObject({
    model: { kind: 'auto' },
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    tools: [],
    requirements: {},
    limits: {},
    fallbacks: [],
    cache: { read: true, write: true, force: false },
    extra: {},
  })
})

test('marks are as few and as short as in a chat body', () => {
  const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v']))
  expect(fault({ prompt: 'hi', metadata })).toMatchObject({ detail: { param: 'metadata' } })
  expect(fault({ prompt: 'hi', user: 'u'.repeat(513) })).toMatchObject({ detail: { param: 'user' } })
  expect(fault({ prompt: 'hi', model: 'm'.repeat(257) })).toMatchObject({ detail: { param: 'model' } })
})

test('every field reaches the request in the words of the gateway', () => {
  expect(
    readBody({
      prompt: 'hi',
      system: 'Be brief.',
      model: 'gpt-6',
      provider: 'openai',
      fallbacks: ['anthropic:claude-5', 'auto'],
      requirements: { min_quality: 0.7, max_latency_ms: 900, max_first_token_ms: 300, task: 'code' },
      max_tokens: 100,
      temperature: 0.2,
      json_schema: { type: 'object' },
      json_schema_name: 'thing',
      tools: [{ type: 'function', function: { name: 'look' } }],
      tool_choice: { type: 'function', function: { name: 'look' } },
      reasoning_effort: 'low',
      use_cache: true,
      cache_ttl: 60,
      metadata: { team: 'red' },
      user: 'u1',
      seed: 7,
      stop: 'END',
    }),
  ).toEqual({
    model: { kind: 'named', model: 'gpt-6', provider: 'openai' },
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    ],
    tools: [expect.objectContaining({ name: 'look' })],
    toolChoice: { name: 'look' },
    responseFormat: { type: 'json_schema', name: 'thing', schema: { type: 'object' } },
    maxOutputTokens: 100,
    temperature: 0.2,
    stop: ['END'],
    seed: 7,
    reasoningEffort: 'low',
    extra: {},
    requirements: expect.objectContaining({ minQuality: 0.7, task: 'code' }),
    limits: { maxCostNanoUsd: undefined, maxLatencyMs: 900, maxFirstTokenMs: 300 },
    fallbacks: [
      { kind: 'named', model: 'claude-5', provider: 'anthropic' },
      { kind: 'auto', provider: undefined },
    ],
    cache: { read: true, write: true, force: true, ttlMs: 60_000, maxAgeMs: undefined },
    tags: { user: 'u1', metadata: { team: 'red' } },
  })
})

test.each<[unknown, string | undefined, string]>([
  [{}, 'prompt', 'both are missing'],
  [{ prompt: 'a', messages: [{ role: 'user', content: 'b' }] }, 'messages', 'not both'],
  [{ promt: 'a' }, 'promt', '"promt" is not known: did you mean "prompt"?'],
  [{ prompt: 'a', requirements: { lowcost: true } }, 'requirements.lowcost', 'did you mean "low_cost"?'],
  [{ prompt: 'a', max_tokens: 0 }, 'max_tokens', 'must be at least 1'],
  [{ prompt: 'a', model: 7 }, 'model', 'must be a string'],
  [{ prompt: 'a', json_schema_name: 'x' }, 'json_schema_name', 'send "json_schema" too'],
  [{ prompt: 'a', fallbacks: ['gpt-6', 'auto:nobody'] }, 'fallbacks[1]', 'names no provider'],
  [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content', 'must be'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id', 'is missing'],
  ['hello', undefined, 'must be an object'],
  [null, undefined, 'must be an object'],
  [[], undefined, 'must be an object'],
])('%j is refused with the field at fault', (body, param, message) => {
  const error = fault(body)
  expect(error.code).toBe('invalid_request')
  expect(error.message).toContain(message)
  expect(error.detail.param).toBe(param)
})

const answer: Answer = {
  served: { requestId: 'req_1', provider: 'openai', model: 'gpt-6', task: null, cache: 'exact', simulated: true },
  choices: [
    {
      index: 0,
      text: 'not json',
      refusal: null,
      reasoning: [
        { kind: 'text', text: 'First.' },
        { kind: 'redacted', data: 'x' },
        { kind: 'text', text: 'Then.' },
      ],
      toolCalls: [],
      logprobs: null,
      finish: { choice: 0, reason: 'length', native: null },
    },
  ],
  usage: {
    inputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
    source: 'estimated',
  },
  warnings: [{ code: 'dropped_parameter', param: 'seed', message: 'gpt-6 takes no seed.' }],
  receipt: {
    id: 'req_1',
    receivedAtMs: 0,
    caller: { id: 'local', name: 'local' },
    face: 'http',
    operation: 'chat',
    clientRequestId: null,
    traceId: null,
    requestedModel: 'auto',
    task: null,
    candidates: [],
    refusals: [],
    tries: [],
    repairs: 0,
    served: null,
    usage: null,
    priceId: null,
    costNanoUsd: null,
    savedNanoUsd: 20_000n,
    cache: 'exact',
    cacheReason: null,
    outcome: 'complete',
    errorCode: null,
    timings: { firstTokenMs: 1, admitMs: 0, recallMs: 0, routeMs: 0, totalMs: 3.5 },
    tags: { user: null, metadata: {} },
    warnings: [],
    simulated: true,
  },
}

test('an answer shows an unknown price as null, tiny sums without exponent, and text that is no JSON as null', () => {
  const shown = showUnified(answer, true)
  expect(shown).toMatchObject({
    cost_usd: null,
    cost_nano_usd: null,
    saved_usd: '0.000020000',
    json: null,
    reasoning: 'First.\n\nThen.',
    finish_reason: 'length',
    simulated: true,
    warnings: [{ code: 'dropped_parameter', param: 'seed', message: 'gpt-6 takes no seed.' }],
  })
  expect(unifiedOutput.parse(shown)).toEqual(shown)
})

test('text is read as JSON only where a schema was sent', () => {
  const [choice] = answer.choices
  if (!choice) throw new Error('The answer has no choice.')
  const numeric = { ...answer, choices: [{ ...choice, text: '[1]' }] }
  expect(showUnified(numeric, true).json).toEqual([1])
  expect(showUnified(numeric, false).json).toBeNull()
})

test('the type of the body is the type of the tool', () => {
  const body: UnifiedInput = parseUnified({ prompt: 'hi', model: null })
  expect(body.model).toBe('auto')
})
