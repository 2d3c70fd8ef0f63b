import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/contract/errors.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import { writeRequest as writeChat } from '../../src/providers/openai-chat/request.ts'
import { makeCall, makeRequest } from './calls.ts'
import { anthropicEvents, chunk, completion, messageStart } from './chat-wire.ts'
import { failureOf, fold } from './fold.ts'
import { first, usePlayer } from './player.ts'
import { sse } from './wire-server.ts'

/*
 * Replies by which gateways were hurt before, one describe a trap. The bodies are ours, in the shapes that vendors
 * document and users reported.
 */

const { messages, pieces, streamed, whole } = usePlayer()
const stopChunk = chunk({}, { finish: 'stop' })

describe('5: Anthropic’s max_tokens', () => {
  test('an answer that reached it ended by length', async () => {
    const events = await messages(anthropicEvents([{ start: { type: 'text', text: 'Half' } }], { stop: 'max_tokens' }))
    expect(first(events).finish).toEqual({ choice: 0, reason: 'length', native: 'max_tokens' })
  })
})

describe('9: thought signatures on tool calls', () => {
  test('come with the call and go back beside its function', async () => {
    const extra = { extra_content: { google: { thought_signature: 'sig' } } }
    const call = { index: 0, id: 'c1', type: 'function', function: { name: 'add', arguments: '{}' }, ...extra }
    const { toolCalls } = first(await streamed([chunk({ tool_calls: [call] }), stopChunk]))
    expect(toolCalls).toEqual([{ id: 'c1', name: 'add', argumentsJson: '{}', extra }])
    const { body } = writeChat(
      makeCall({ request: makeRequest({ messages: [{ role: 'assistant', content: [], reasoning: [], toolCalls }] }) }),
    )
    expect(body.messages).toMatchObject([{ tool_calls: [extra] }])
  })
})

describe('10: tool calls that are numbered badly', () => {
  const entire = (id: string, index?: number) => ({
    ...(index === undefined ? {} : { index }),
    ...(id === '' ? {} : { id }),
    function: { name: 'add', arguments: `{"n":"${id}"}` },
  })
  const piece = (text: string, rest: JsonObject = {}) => ({ function: { arguments: text }, ...rest })

  test.each<[string, JsonObject[][]]>([
    ['all of number 0, each a call of its own', [[entire('a', 0)], [entire('b', 0)]]],
    ['without numbers', [[entire('a')], [entire('b')]]],
    ['without numbers, in one chunk', [[entire('a'), entire('b')]]],
    [
      'in pieces without numbers',
      [
        [{ ...entire('a'), function: { name: 'add', arguments: '' } }],
        [piece('{"n"')],
        [piece(':"a"}')],
        [entire('b')],
      ],
    ],
    ['in pieces by id', [[entire('b')], [{ id: 'a', function: { name: 'add' } }], [piece('{"n":"a"}', { id: 'a' })]]],
    [
      'whose name comes again empty',
      [
        [entire('a', 0)],
        [{ index: 1, id: 'b', function: { name: 'add', arguments: '{"n":' } }],
        [{ index: 1, function: { name: '', arguments: '"b"}' } }],
      ],
    ],
    ['numbered from 1 on', [[entire('a', 1)], [entire('b', 2)]]],
  ])('%s', async (_how, deltas) => {
    const chunks = deltas.map((calls) => chunk({ tool_calls: calls }))
    const { toolCalls, finish } = first(await streamed([...chunks, chunk({}, { finish: 'tool_calls' })]))
    const seen = toolCalls
      .map(({ id, name, argumentsJson }) => [id, name, JSON.parse(argumentsJson).n])
      .toSorted(([a], [b]) => String(a).localeCompare(String(b)))
    expect(seen).toEqual([
      ['a', 'add', 'a'],
      ['b', 'add', 'b'],
    ])
    expect(finish?.reason).toBe('tool_calls')
  })

  test('without ids get ids of ours, all different', async () => {
    const { toolCalls } = first(await streamed([chunk({ tool_calls: [entire('', 0), entire('', 1)] }), stopChunk]))
    expect(toolCalls.map(({ id }) => id.length > 8)).toEqual([true, true])
    expect(toolCalls[0]?.id).not.toBe(toolCalls[1]?.id)
  })

  test('in a whole reply are calls of their own, even with one id', async () => {
    const { toolCalls } = first(await whole(completion({ tool_calls: [entire('a'), entire('a')] })))
    expect(toolCalls).toHaveLength(2)
  })

  test('whose arguments are an object are written as text', async () => {
    const call = { id: 'a', function: { name: 'add', arguments: { n: 1 } } }
    expect(first(await whole(completion({ tool_calls: [call] }))).toolCalls[0]?.argumentsJson).toBe('{"n":1}')
  })

  test('the old function_call is a tool call', async () => {
    const legacy = { function_call: { name: 'add', arguments: '{}' } }
    const { toolCalls, finish } = first(await streamed([chunk(legacy), chunk({}, { finish: 'function_call' })]))
    expect(toolCalls).toMatchObject([{ name: 'add', argumentsJson: '{}' }])
    expect(finish?.reason).toBe('tool_calls')
  })

  test('a call that never gets a name is a bad reply', async () => {
    const failure = await failureOf(streamed([chunk({ tool_calls: [piece('{}', { index: 0 })] }), stopChunk]))
    expect(failure.code).toBe('provider_bad_reply')
  })
})

describe('11: words for how an answer ended', () => {
  const called = { tool_calls: [{ id: 'a', function: { name: 'add', arguments: '{}' } }] }

  test.each([
    ['stop', called, 'tool_calls'],
    ['STOP', { content: 'x' }, 'stop'],
    ['tool_calls', { content: 'x' }, 'stop'],
    ['tool_calls', called, 'tool_calls'],
    ['model_length', { content: 'x' }, 'length'],
    ['MAX_TOKENS', { content: 'x' }, 'length'],
    ['length', called, 'length'],
    ['content_filter', { content: '' }, 'content_filter'],
    ['SAFETY', { content: '' }, 'content_filter'],
    ['eos', { content: 'x' }, 'stop'],
  ] as const)('%s after %j is %s', async (finish, message, reason) => {
    expect(first(await whole(completion(message, { finish }))).finish).toEqual({ choice: 0, reason, native: finish })
    expect(first(await streamed([chunk(message), chunk({}, { finish })])).finish?.reason).toBe(reason)
  })

  test.each(['error', 'insufficient_system_resource', 'abort'])('%s is a failure', async (finish) => {
    const failure = await failureOf(streamed([chunk({ content: 'x' }), chunk({}, { finish })]))
    expect(failure.code).toBe('provider_failed')
  })

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['tool_use', 'stop'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
  ] as const)('Anthropic’s %s after text is %s', async (stop, reason) => {
    const events = await messages(anthropicEvents([{ start: { type: 'text', text: 'x' } }], { stop }))
    expect(first(events).finish).toEqual({ choice: 0, reason, native: stop })
  })

  test('a refusal is told in its own words', async () => {
    expect(first(await streamed([chunk({ refusal: 'I ' }), chunk({ refusal: 'won’t.' }), stopChunk])).refusal).toBe(
      'I won’t.',
    )
    const stopped = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: { explanation: 'Not this.' } },
    }
    expect(first(await messages([messageStart({ input_tokens: 1 }), stopped])).refusal).toBe('Not this.')
  })

  test('an empty answer is an answer', async () => {
    expect(first(await streamed([chunk({ content: '' }), stopChunk]))).toMatchObject({
      text: '',
      finish: { reason: 'stop' },
    })
    expect(first(await messages(anthropicEvents([])))).toMatchObject({ text: '', finish: { reason: 'stop' } })
  })
})

describe('13: thoughts, wherever they are', () => {
  test.each<[string, JsonObject[]]>([
    ['reasoning_content', [{ reasoning_content: 'Two ' }, { reasoning_content: 'and two' }]],
    ['reasoning', [{ reasoning: 'Two ' }, { reasoning: 'and two' }]],
    ['both of them', [{ reasoning: 'Two and two', reasoning_content: 'Two and two' }]],
    ['parts of the content', [{ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Two and two' }] }] }]],
    [
      'details',
      [{ reasoning: 'Two and two', reasoning_details: [{ type: 'reasoning.text', text: 'Two and two', index: 0 }] }],
    ],
    ['a summary', [{ reasoning_details: [{ type: 'reasoning.summary', summary: 'Two and two' }] }]],
  ])('in %s', async (_where, deltas) => {
    const { reasoning, text } = first(
      await streamed([...deltas.map((delta) => chunk(delta)), chunk({ content: '4' }), stopChunk]),
    )
    expect(reasoning).toEqual([{ kind: 'text', text: 'Two and two' }])
    expect(text).toBe('4')
  })

  test('with signatures and encrypted ones, so that they can go back', async () => {
    const encrypted = { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', index: 0 }
    const events = await streamed([
      chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'Two', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }] }),
      chunk({ content: '4', reasoning_details: [encrypted] }),
      stopChunk,
    ])
    expect(first(events).reasoning).toEqual([
      { kind: 'text', text: 'Two', signature: 'sig' },
      { kind: 'redacted', data: `openrouter:${JSON.stringify(encrypted)}` },
    ])
  })

  test('of Anthropic, signed, redacted and between other blocks', async () => {
    const events = await messages(
      anthropicEvents([
        {
          start: { type: 'thinking', thinking: '', signature: '' },
          deltas: [
            { type: 'thinking_delta', thinking: 'Two' },
            { type: 'signature_delta', signature: 'sig' },
          ],
        },
        { start: { type: 'redacted_thinking', data: 'xyz' } },
        {
          start: { type: 'server_tool_use', id: 's', name: 'search', input: {} },
          deltas: [{ type: 'input_json_delta', partial_json: '{"q":1}' }],
        },
        { start: { type: 'text', text: '4' } },
      ]),
    )
    expect(first(events)).toMatchObject({
      text: '4',
      toolCalls: [],
      reasoning: [
        { kind: 'text', text: 'Two', signature: 'sig' },
        { kind: 'redacted', data: 'xyz' },
      ],
    })
  })
})

describe('17: errors inside a 200', () => {
  test('the body of a plain reply', async () => {
    const failure = await failureOf(whole({ error: { message: 'max_tokens is not supported', code: 400 } }))
    expect(failure.code).toBe('provider_rejected')
    expect(failure.message).toContain('max_tokens is not supported')
  })

  test.each<[string, string, ErrorCode]>([
    ['OpenRouter’s', 'data: {"error":{"code":429,"message":"Slow down"}}\n\n', 'provider_rate_limited'],
    [
      'OpenRouter’s, beside a choice',
      sse([{ ...chunk({ content: '' }, { finish: 'error' }), error: { code: 'server_error', message: 'Gone' } }]),
      'provider_failed',
    ],
    [
      'within a choice',
      sse([{ choices: [{ index: 0, delta: {}, finish_reason: null, error: { code: 502, message: 'Bad gateway' } }] }]),
      'provider_failed',
    ],
    [
      'vLLM’s',
      'data: {"object":"error","message":"CUDA","type":"InternalServerError","code":500}\n\n',
      'provider_failed',
    ],
    ['a text', 'data: {"error":"overloaded"}\n\n', 'provider_failed'],
    ['an event by name', 'event: error\ndata: something broke\n\n', 'provider_failed'],
    [
      'an event by name, with quota',
      'event: error\ndata: {"type":"insufficient_quota","message":"Pay"}\n\n',
      'provider_out_of_credit',
    ],
  ])('%s', async (_whose, body, code) => {
    expect((await failureOf(pieces([sse([chunk({ content: 'x' })]), body]))).code).toBe(code)
  })

  test.each<[string, ErrorCode]>([
    ['overloaded_error', 'provider_overloaded'],
    ['rate_limit_error', 'provider_rate_limited'],
    ['api_error', 'provider_failed'],
    ['timeout_error', 'provider_timeout'],
    ['authentication_error', 'provider_auth'],
    ['billing_error', 'provider_out_of_credit'],
    ['invalid_request_error', 'provider_rejected'],
    ['not_found_error', 'provider_model_missing'],
  ])('Anthropic’s %s', async (type, code) => {
    const failure = await failureOf(
      messages([messageStart({ input_tokens: 1 }), { type: 'error', error: { type, message: 'M' } }]),
    )
    expect(failure.code).toBe(code)
  })
})

describe('19: streams as they really come', () => {
  test('an end without [DONE], and without a last empty line', async () => {
    const events = await pieces([sse([chunk({ content: 'x' }), stopChunk]).trimEnd()])
    expect(first(events)).toMatchObject({ text: 'x', finish: { reason: 'stop' } })
  })

  test('[DONE] without a finish is a cut all the same', async () => {
    expect((await failureOf(streamed([chunk({ content: 'x' })]))).code).toBe('provider_cut')
  })

  test('an end within an event is a cut, not a bad reply', async () => {
    const cut = pieces([sse([chunk({ content: 'x' })]), 'data: {"id":"chatcmpl'])
    expect((await failureOf(cut)).code).toBe('provider_cut')
  })

  test('empty lines before a document, which keep the connection awake', async () => {
    const events = await pieces(['\n', '\n\n', JSON.stringify(completion({ content: 'x' }))], 'application/json')
    expect(first(events).text).toBe('x')
  })

  test('a first chunk without a choice or a model (Azure) does not name the model', async () => {
    const filters = { id: '', model: '', choices: [], prompt_filter_results: [] }
    expect(fold(await streamed([filters, chunk({ content: 'x' }), stopChunk])).model).toBe('rocket-1')
  })

  test('several choices are told apart', async () => {
    const of = (index: number, delta: JsonObject, finish: string | null = null): JsonObject => ({
      ...chunk({}),
      choices: [{ index, delta, finish_reason: finish }],
    })
    const events = await streamed([
      of(0, { content: 'a' }),
      of(1, { content: 'b' }),
      of(0, { content: 'A' }),
      of(0, {}, 'stop'),
      of(1, {}, 'length'),
    ])
    expect(fold(events).choices.map(({ text, finish }) => [text, finish?.reason])).toEqual([
      ['aA', 'stop'],
      ['b', 'length'],
    ])
    expect((await failureOf(streamed([of(0, { content: 'a' }, 'stop'), of(1, { content: 'b' })]))).code).toBe(
      'provider_cut',
    )
  })

  test('log probabilities come with their text', async () => {
    const content = [{ token: 'x', logprob: -0.1, bytes: [120], top_logprobs: [] }]
    const payload = {
      ...chunk({}),
      choices: [{ index: 0, delta: { content: 'x' }, logprobs: { content, refusal: null }, finish_reason: null }],
    }
    expect(first(await streamed([payload, stopChunk])).logprobs).toEqual([content])
  })

  test('a message that Anthropic hands to another model names that one in the end', async () => {
    const fallback = { start: { type: 'fallback', from: { model: 'rocket-1' }, to: { model: 'rocket-2' } } }
    const events = await messages(anthropicEvents([fallback, { start: { type: 'text', text: 'x' } }]))
    expect(fold(events).model).toBe('rocket-2')
  })

  test('a stream of Anthropic’s without message_stop is whole once it said why it stopped', async () => {
    const events = anthropicEvents([{ start: { type: 'text', text: 'x' } }]).slice(0, -1)
    expect(first(await messages(events))).toMatchObject({ text: 'x', finish: { reason: 'stop' } })
  })

  test.each<[string, JsonObject]>([
    ['choices that are a text', { ...chunk({}), choices: 'x' }],
    ['a delta that is a text', { ...chunk({}), choices: [{ index: 0, delta: 'x', finish_reason: null }] }],
    ['content that is a number', chunk({ content: 7 })],
  ])('%s: a part of the answer is missing, and that is told', async (_what, wrong) => {
    const failure = await failureOf(streamed([chunk({ content: 'x' }), wrong, stopChunk]))
    expect(failure.code).toBe('provider_bad_reply')
  })

  test('a piece of Anthropic’s that is no piece of text is told as well', async () => {
    const wrong = { type: 'text_delta', text: 7 }
    const events = anthropicEvents([{ start: { type: 'text', text: 'x' }, deltas: [wrong] }])
    expect((await failureOf(messages(events))).code).toBe('provider_bad_reply')
  })
})
