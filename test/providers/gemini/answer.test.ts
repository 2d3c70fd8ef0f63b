import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../src/contract/errors.ts'
import type { JsonObject } from '../../../src/contract/json.ts'
import { createGemini } from '../../../src/providers/gemini.ts'
import { makeCall, makeRow, startHttp } from '../calls.ts'
import { geminiChunk } from '../chat-wire.ts'
import { ask, failureOf, fold, readAll } from '../fold.ts'
import { first, usePlayer } from '../player.ts'
import { sendJson, sendPieces, sse, startWireServer } from '../wire-server.ts'

/*
 * Replies of Gemini's by which gateways were hurt before. The bodies are ours, in the shapes that Google documents and
 * users reported.
 */

const { chunks, generated } = usePlayer()
const stop = geminiChunk([{ text: '' }], { finish: 'STOP' })
const call = (name: string, args?: JsonObject, rest: JsonObject = {}): JsonObject => ({
  functionCall: { name, ...(args && { args }) },
  ...rest,
})

describe('10: parallel calls', () => {
  test.each([
    ['one a chunk', [[call('add', { n: 1 })], [call('add', { n: 2 })]]],
    ['in one chunk', [[call('add', { n: 1 }), call('add', { n: 2 })]]],
  ])('%s, without ids, are two calls with ids of their own', async (_how, parts) => {
    const { toolCalls } = first(await chunks([...parts.map((some) => geminiChunk(some)), stop]))
    expect(toolCalls.map(({ name, argumentsJson }) => [name, argumentsJson])).toEqual([
      ['add', '{"n":1}'],
      ['add', '{"n":2}'],
    ])
    expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2)
    for (const { id } of toolCalls) expect(id).toMatch(/^call_\w{32}$/)
  })

  test('keep the ids that Google gave', async () => {
    const { toolCalls } = first(
      await chunks([geminiChunk([{ functionCall: { id: 'g1', name: 'add', args: {} } }]), stop]),
    )
    expect(toolCalls[0]?.id).toBe('g1')
  })

  test('in pieces, of which the last never comes, are put together', async () => {
    const piece = (jsonPath: string, value: JsonObject) => ({
      functionCall: { partialArgs: [{ jsonPath, ...value }], willContinue: true },
    })
    const { toolCalls } = first(
      await chunks([
        geminiChunk([{ functionCall: { name: 'write', willContinue: true } }]),
        geminiChunk([piece('$.items[0].text', { stringValue: 'Grü', willContinue: true })]),
        geminiChunk([piece('$.items[0].text', { stringValue: 'ße' })]),
        geminiChunk([piece('$.items[1].count', { numberValue: 2 }), piece("$['a b']", { boolValue: true })]),
        geminiChunk([piece('$.__proto__.polluted', { nullValue: 'NULL_VALUE' })]),
        geminiChunk([call('now')]),
        stop,
      ]),
    )
    expect(toolCalls.map(({ name, argumentsJson }) => [name, argumentsJson])).toEqual([
      ['write', '{"items":[{"text":"Grüße"},{"count":2}],"a b":true,"__proto__":{"polluted":null}}'],
      ['now', '{}'],
    ])
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('11: the finish', () => {
  test.each([
    ['STOP', [call('add', {})], 'tool_calls'],
    ['STOP', [{ text: 'Hi' }], 'stop'],
    ['MAX_TOKENS', [{ text: 'Hi' }], 'length'],
    ['SAFETY', [{ text: 'Hi' }], 'content_filter'],
    ['RECITATION', [{ text: 'Hi' }], 'content_filter'],
    ['PROHIBITED_CONTENT', [], 'content_filter'],
    ['LANGUAGE', [], 'content_filter'],
    ['NEW_REASON', [{ text: 'Hi' }], 'stop'],
  ])('%s after %j is %s', async (finish, parts, reason) => {
    for (const events of [
      await chunks([geminiChunk(parts, { finish })]),
      await generated(geminiChunk(parts, { finish })),
    ])
      expect(first(events).finish).toEqual({ choice: 0, reason, native: finish })
  })

  test('by a filter is explained where Google explains it', async () => {
    const blocked = { candidates: [{ finishReason: 'SAFETY', finishMessage: 'Unsafe.', index: 0 }] }
    expect(first(await generated(blocked))).toMatchObject({ text: '', refusal: 'Unsafe.' })
  })

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER'])('%s is no answer', async (finish) => {
    expect(await failureOf(generated(geminiChunk([], { finish })))).toMatchObject({
      code: 'provider_bad_reply',
      message: expect.stringContaining(finish),
    })
  })

  test('that never came makes a document half an answer, too', async () => {
    expect((await failureOf(generated(geminiChunk([{ text: 'Half' }])))).code).toBe('provider_cut')
  })
})

describe('a prompt that is blocked', () => {
  test.each([
    ['in a document', (reply: JsonObject) => generated(reply)],
    ['in a stream', (reply: JsonObject) => chunks([reply])],
  ])('%s is refused in time for another model to answer', async (_how, play) => {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 9 } }
    expect(await failureOf(play(blocked))).toMatchObject({
      code: 'content_filtered',
      message: expect.stringContaining('PROHIBITED_CONTENT'),
    })
  })
})

describe('15, 16: usage', () => {
  const usageOf = async (usage: JsonObject) =>
    fold(await generated(geminiChunk([{ text: 'Hi' }], { finish: 'STOP', usage }))).usage

  test('thoughts are output, beside what is seen', async () => {
    expect(
      await usageOf({ promptTokenCount: 9, candidatesTokenCount: 28, thoughtsTokenCount: 244, totalTokenCount: 281 }),
    ).toMatchObject({ inputTokens: 9, outputTokens: 272, reasoningTokens: 244, source: 'provider' })
  })

  test('what was cached is part of the input, and what Google’s tools read is input beside it', async () => {
    const counts = {
      promptTokenCount: 100,
      cachedContentTokenCount: 80,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 3,
    }
    expect(await usageOf({ ...counts, totalTokenCount: 110 })).toMatchObject({
      inputTokens: 107,
      cacheReadTokens: 80,
      outputTokens: 3,
    })
  })

  test('what only the total knows is output', async () => {
    expect(await usageOf({ promptTokenCount: 9, candidatesTokenCount: 1, totalTokenCount: 30 })).toMatchObject({
      outputTokens: 21,
    })
    expect(await usageOf({ promptTokenCount: 9, totalTokenCount: 9 })).toMatchObject({ outputTokens: 0 })
  })

  test.each<JsonObject>([
    {},
    { trafficType: 'ON_DEMAND' },
    { promptTokenCount: 9 },
    { promptTokenCount: -1, candidatesTokenCount: 2 },
  ])('that is not whole is none: %j', async (usage) => expect(await usageOf(usage)).toBeNull())

  test('of a stream is the last that was whole; what was counted before is known if it breaks', async () => {
    const counting = (parts: JsonObject[], candidatesTokenCount: number, rest: JsonObject = {}) =>
      geminiChunk(parts, { usage: { promptTokenCount: 9, candidatesTokenCount }, ...rest })
    const events = await chunks([
      counting([{ text: 'a' }], 1),
      counting([{ text: 'b' }], 2),
      geminiChunk([], { finish: 'STOP', usage: {} }),
    ])
    expect(fold(events).usage).toMatchObject({ inputTokens: 9, outputTokens: 2 })
    expect(events.filter(({ type }) => type === 'partial-usage')).toHaveLength(2)
  })
})

describe('17: an error inside a reply with status 200', () => {
  const error = { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' }
  test.each<[string, () => Promise<unknown>, ErrorCode]>([
    ['in a stream', () => chunks([geminiChunk([{ text: 'Half' }]), { error }]), 'provider_rate_limited'],
    ['in a list', () => chunks([[{ error }]]), 'provider_rate_limited'],
    ['as a document', () => generated({ error: { ...error, code: 500, status: 'INTERNAL' } }), 'provider_failed'],
    ['as a list', () => generated([{ error: { ...error, code: 503, status: 'UNAVAILABLE' } }]), 'provider_overloaded'],
  ])('%s is the error that it is', async (_how, play, code) => {
    expect((await failureOf(play())).code).toBe(code)
  })
})

describe('a stream in one list', () => {
  test('as it comes where something on the way drops the query, is read to its end', async () => {
    const events = await generated([geminiChunk([{ text: 'Hel' }]), geminiChunk([{ text: 'lo' }], { finish: 'STOP' })])
    expect(first(events)).toMatchObject({ text: 'Hello', finish: { reason: 'stop' } })
  })
})

describe('an answer that takes several requests', () => {
  const paused = (text: string, continuationToken: string) =>
    geminiChunk([{ text }], { finish: 'CONTINUATION', candidate: { continuationToken } })

  test.each([true, false])('is one answer, and all of them are paid (streamed: %s)', async (stream) => {
    const replies = [
      paused('One, ', 't1'),
      paused('two, ', 't2'),
      geminiChunk([{ text: 'three.' }], { finish: 'STOP' }),
    ]
    let served = 0
    await using server = await startWireServer((_request, outgoing) => {
      const reply = replies[served++] ?? {}
      if (stream) void sendPieces(outgoing, [sse([reply])])
      else sendJson(outgoing, 200, reply)
    })
    await using http = startHttp()
    const { choices, usage } = await ask(
      createGemini(http),
      makeCall({ row: makeRow({ baseUrl: server.url }), stream }),
    )
    expect(choices[0]).toMatchObject({ text: 'One, two, three.', finish: { reason: 'stop', native: 'STOP' } })
    expect(usage).toMatchObject({ inputTokens: 36, outputTokens: 15 })
    expect(server.requests.map(({ body }) => body.continuationToken)).toEqual([undefined, 't1', 't2'])
    const [asked, ...others] = server.requests.map(({ body: { continuationToken: _token, ...body } }) => body)
    for (const other of others) expect(other).toEqual(asked)
  })

  test('is cut where the token is missing, and where it never ends', async () => {
    expect((await failureOf(chunks([geminiChunk([{ text: 'One' }], { finish: 'CONTINUATION' })]))).code).toBe(
      'provider_cut',
    )
    await using server = await startWireServer((_request, outgoing) => sendJson(outgoing, 200, paused('Again. ', 't')))
    await using http = startHttp()
    const endless = readAll(createGemini(http), makeCall({ row: makeRow({ baseUrl: server.url }), stream: false }))
    expect((await failureOf(endless)).code).toBe('provider_cut')
    expect(server.requests).toHaveLength(33)
  })
})

describe('what else an answer has', () => {
  test('thoughts and several answers stay apart', async () => {
    const candidate = (index: number, text: string) => ({
      index,
      content: { parts: [{ text: 'Hm. ', thought: true }, { text: 'Well. ', thought: true }, { text }] },
      finishReason: 'STOP',
    })
    const { choices } = fold(await generated({ candidates: [candidate(0, 'A'), candidate(1, 'B')] }))
    for (const [index, text] of ['A', 'B'].entries())
      expect(choices[index]).toMatchObject({ text, reasoning: [{ kind: 'text', text: 'Hm. Well. ' }] })
  })

  test('log probabilities come in OpenAI’s shape', async () => {
    const token = (text: string, logProbability?: number) => ({
      token: text,
      ...(logProbability !== undefined && { logProbability }),
    })
    const logprobsResult = {
      chosenCandidates: [token('H', -0.5), token('é')],
      topCandidates: [{ candidates: [token('H', -0.5), token('J', -2)] }],
    }
    const events = await generated(geminiChunk([{ text: 'Hé' }], { finish: 'STOP', candidate: { logprobsResult } }))
    expect(first(events).logprobs).toEqual([
      [
        {
          token: 'H',
          logprob: -0.5,
          bytes: [72],
          top_logprobs: [
            { token: 'H', logprob: -0.5, bytes: [72] },
            { token: 'J', logprob: -2, bytes: [74] },
          ],
        },
        { token: 'é', logprob: 0, bytes: [195, 169], top_logprobs: [] },
      ],
    ])
  })

  test('pictures cannot be carried, which is told once; what Google’s own tools did is not told', async () => {
    const picture = { inlineData: { mimeType: 'image/png', data: 'iVBO' } }
    const parts = [picture, picture, { executableCode: { code: '1+1' } }, { text: 'Here.' }]
    const events = await chunks([geminiChunk(parts), stop])
    expect(fold(events).warnings).toMatchObject([{ code: 'dropped_parameter', param: 'modalities' }])
    expect(first(events).text).toBe('Here.')
  })

  test.each<[string, JsonObject]>([
    ['candidates', { candidates: 'all is well' }],
    ['a candidate', { candidates: ['all is well'] }],
    ['content', { candidates: [{ content: 'all is well', finishReason: 'STOP' }] }],
    ['parts', { candidates: [{ content: { parts: 'all is well' }, finishReason: 'STOP' }] }],
    ['a text', { candidates: [{ content: { parts: [{ text: { all: 'well' } }] }, finishReason: 'STOP' }] }],
  ])('%s of another type is no answer', async (_what, reply) => {
    for (const play of [() => generated(reply), () => chunks([reply])])
      expect((await failureOf(play())).code).toBe('provider_bad_reply')
  })
})
