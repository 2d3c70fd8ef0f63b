import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createBlockWriter } from '../../../src/http/anthropic/blocks.ts'
import type { AnswerEvent, Finish } from '../../../src/contract/chat.ts'
import { GatewayError } from '../../../src/contract/errors.ts'
import { endOf, says, servedBy, startHttp, text } from '../start-http.ts'
import type { Script } from '../start-http.ts'

const event = z.looseObject({ type: z.string() })
const body = { model: 'gpt-6-luna', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }

const parse = (said: string) =>
  said
    .split('\n\n')
    .slice(0, -1)
    .map((frame) => event.parse(JSON.parse(frame.slice(frame.indexOf('data: ') + 'data: '.length))))

const ask = async (script: Script, fields: object = {}) => {
  await using http = await startHttp({ script })
  const reply = await fetch(`${http.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, ...fields }),
  })
  const said = await reply.text()
  return { reply, said }
}
const stream = async (script: Script) => {
  const { reply, said } = await ask(script, { stream: true })
  return { reply, events: parse(said) }
}

const call = (index: number, id = `call_${index}`, name = 'run') => ({
  type: 'tool-call' as const,
  choice: 0,
  index,
  id,
  name,
})
const args = (index: number, json: string): AnswerEvent => ({ type: 'tool-arguments', choice: 0, index, text: json })
const thought = (block: number, said: string): AnswerEvent => ({ type: 'reasoning', choice: 0, block, text: said })
const signed = (block: number): AnswerEvent => ({
  type: 'reasoning-signature',
  choice: 0,
  block,
  signature: `gemini:s${block}`,
})

/** The blocks that a client puts together. */
const blocksOf = (frames: readonly z.infer<typeof event>[]): unknown[] => {
  const blocks: Record<string, unknown>[] = []
  const add = (at: number, field: string, piece: unknown): void => {
    const block = blocks[at] ?? {}
    block[field] = `${typeof block[field] === 'string' ? block[field] : ''}${String(piece)}`
  }
  const shape = z.looseObject({
    type: z.string(),
    index: z.int(),
    content_block: z.record(z.string(), z.unknown()).optional(),
    delta: z.looseObject({}).optional(),
  })
  for (const frame of frames.filter(({ type }) => type.startsWith('content_block_'))) {
    const { index, content_block: start, delta = {} } = shape.parse(frame)
    if (start) blocks[index] = start.type === 'tool_use' ? { type: 'tool_use', id: start.id } : { ...start }
    if ('text' in delta) add(index, 'text', delta.text)
    if ('thinking' in delta) add(index, 'thinking', delta.thinking)
    if ('signature' in delta) add(index, 'signature', delta.signature)
    if ('partial_json' in delta) add(index, 'json', delta.partial_json)
  }
  return blocks
}

test('every kind of block, in order, with the usage at the end', async () => {
  const { reply, events } = await stream(
    says(thought(0, 'Hm'), signed(0), text('Hello'), text(' there'), call(0), args(0, '{"a":'), args(0, '1}')),
  )
  expect(reply.headers.get('content-type')).toContain('text/event-stream')
  expect(reply.headers.get('x-gateway-provider')).toBe('openai')
  const requestId = reply.headers.get('x-request-id') ?? ''
  expect(reply.headers.get('request-id')).toBe(requestId)
  expect(events[0]).toMatchObject({
    type: 'message_start',
    message: { id: requestId.replace('req_', 'msg_'), model: 'gpt-6-luna-2026-11-01', content: [], stop_reason: null },
  })
  expect(blocksOf(events)).toEqual([
    { type: 'thinking', thinking: 'Hm', signature: 'gemini:s0' },
    { type: 'text', text: 'Hello there', citations: null },
    { type: 'tool_use', id: 'call_0', json: '{"a":1}' },
  ])
  expect(events.at(-2)).toMatchObject({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
    // 12 tokens in, of which 4 were read from the provider's cache and 3 written.
    usage: { input_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 3, output_tokens: 7 },
    gateway: { request_id: requestId, cost_usd: '0.000020000' },
  })
  expect(events.at(-1)).toEqual({ type: 'message_stop' })
})

test('the start tells the input as we expect it', async () => {
  const { events } = await stream(async function* (_request, context) {
    yield { type: 'start', served: servedBy(context, { inputTokens: 42 }) }
    yield endOf(context)
  })
  expect(events[0]).toMatchObject({ message: { usage: { input_tokens: 42, output_tokens: 0 } } })
})

test('parallel calls whose pieces come mixed are told one after the other', async () => {
  const { events } = await stream(
    says(call(0), call(1), args(0, '{"a"'), args(1, '{"b":2}'), text('Done.'), args(0, ':1}')),
  )
  expect(blocksOf(events)).toEqual([
    { type: 'tool_use', id: 'call_0', json: '{"a":1}' },
    { type: 'tool_use', id: 'call_1', json: '{"b":2}' },
    { type: 'text', text: 'Done.', citations: null },
  ])
})

test('a signature that comes late is told all the same', async () => {
  const { events } = await stream(says(thought(0, 'Hm'), text('Hello'), signed(0)))
  expect(blocksOf(events)).toEqual([
    { type: 'thinking', thinking: 'Hm', signature: '' },
    { type: 'text', text: 'Hello', citations: null },
    { type: 'thinking', thinking: '', signature: 'gemini:s0' },
  ])
})

test('however events are mixed, nothing is lost, and blocks come one at a time', () => {
  const events = fc.array(
    fc.oneof(
      fc.string({ minLength: 1, maxLength: 4 }).map((said) => text(said)),
      fc.tuple(fc.nat(2), fc.string({ minLength: 1, maxLength: 4 })).map(([block, said]) => thought(block, said)),
      fc.nat(2).map(signed),
      fc.tuple(fc.nat(3), fc.constantFrom('{', '"a":', '1', '}', '{}', '[')).map(([index, json]) => args(index, json)),
    ),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(events, (mixed) => {
      const begun = [call(0), call(1), call(2), call(3), ...mixed]
      const blocks = createBlockWriter()
      const frames = parse(begun.map((one) => blocks.write(one)).join('') + blocks.end())
      const indexes = frames.flatMap(({ type, index }) => (type === 'content_block_start' ? [index] : []))
      expect(indexes).toEqual(indexes.map((_, position) => position))
      let running: unknown = null
      for (const frame of frames) {
        if (frame.type === 'content_block_start') {
          expect(running).toBeNull()
          running = frame.index
        } else expect(frame.index).toBe(running)
        if (frame.type === 'content_block_stop') running = null
      }
      const written = (type: string) =>
        mixed.flatMap((one) => (one.type === type && 'text' in one ? [one.text] : [])).join('')
      const heard = blocksOf(frames)
      const joined = (field: string) =>
        heard.map((block) => z.record(z.string(), z.unknown()).parse(block)[field] ?? '').join('')
      expect(joined('text')).toBe(written('text'))
      // Pieces of one thought that wait for a call are told together.
      expect(Array.from(joined('thinking')).toSorted()).toEqual(Array.from(written('reasoning')).toSorted())
    }),
    { numRuns: 200 },
  )
})

describe('how it ended', () => {
  const ends = (finish: Omit<Finish, 'choice'>, ...events: AnswerEvent[]): Script =>
    async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield* events
      yield endOf(context, { finishes: [{ choice: 0, ...finish }] })
    }
  test.each([
    [{ reason: 'stop', native: 'stop' }, 'end_turn'],
    [{ reason: 'stop', native: 'stop_sequence', stopSequence: 'END' }, 'stop_sequence'],
    [{ reason: 'stop', native: 'pause_turn' }, 'end_turn'],
    [{ reason: 'length', native: 'length' }, 'max_tokens'],
    [{ reason: 'length', native: 'model_context_window_exceeded' }, 'model_context_window_exceeded'],
    [{ reason: 'tool_calls', native: 'stop' }, 'tool_use'],
    [{ reason: 'content_filter', native: 'SAFETY' }, 'refusal'],
  ] as const)('%o is %s, in a stream and in one piece', async (finish, reason) => {
    const { events } = await stream(ends(finish, text('x')))
    const { said } = await ask(ends(finish, text('x')))
    const stopSequence = 'stopSequence' in finish ? finish.stopSequence : null
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: reason, stop_sequence: stopSequence } })
    expect(JSON.parse(said)).toMatchObject({ stop_reason: reason, stop_sequence: stopSequence })
  })

  test('a refusal says why', async () => {
    const script = ends({ reason: 'stop', native: 'stop' }, { type: 'refusal', choice: 0, text: 'I will not.' })
    const told = { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'I will not.' } }
    expect((await stream(script)).events.at(-2)).toMatchObject({ delta: told })
    expect(JSON.parse((await ask(script)).said)).toMatchObject({ ...told, content: [] })
  })
})

test('in one piece: ids are legal, what a maker wants back stays, and broken arguments are told', async () => {
  const extra = { extra_content: { google: { thought_signature: 's' } } }
  const { said } = await ask(
    says(
      thought(0, 'Hm'),
      { type: 'reasoning-redacted', choice: 0, block: 1, data: 'xyz' },
      { ...call(0, 'functions.run:0'), extra },
      args(0, '{"a":1}'),
      call(1),
      args(1, '{"a":'),
    ),
  )
  expect(JSON.parse(said)).toMatchObject({
    content: [
      { type: 'thinking', thinking: 'Hm', signature: '' },
      { type: 'redacted_thinking', data: 'xyz' },
      { type: 'tool_use', id: 'gw_functions_002erun_003a0', input: { a: 1 }, ...extra },
      { type: 'tool_use', id: 'call_1', input: { text: '{"a":' } },
    ],
    gateway: { warnings: [{ code: 'changed_parameter', param: 'tools' }] },
  })
})

test('warnings of the reading and of the provider are told together, in the words of this wire', async () => {
  const script: Script = async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    const drop = (param: string) => ({ code: 'dropped_parameter' as const, param, message: 'No.' })
    yield endOf(context, {
      warnings: ['stop', 'reasoning_effort', 'response_format', 'tools[0].function.parameters'].map(drop),
    })
  }
  const asked = { stop_sequences: ['x'], output_config: { effort: 'low' }, context_management: {} }
  const params = [
    'context_management',
    'stop_sequences',
    'output_config.effort',
    'output_config.format',
    'tools[0].input_schema',
  ]
  const { said } = await ask(script, asked)
  expect(JSON.parse(said)).toMatchObject({ gateway: { warnings: params.map((param) => ({ param })) } })
  const { said: streamed } = await ask(script, { ...asked, stream: true })
  expect(parse(streamed).at(-2)).toMatchObject({ gateway: { warnings: params.map((param) => ({ param })) } })
})

test('an error after the status is an event, after which nothing comes', async () => {
  const { events } = await stream(async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield text('Hel')
    throw new GatewayError('provider_cut', 'It broke off.')
  })
  expect(events.at(-1)).toMatchObject({
    type: 'error',
    error: { type: 'api_error', message: 'It broke off.', details: { error_code: 'provider_cut' } },
  })
})

test('pauses are filled with events that clients pass over', async () => {
  const { promise: pause, resolve } = Promise.withResolvers<void>()
  await using http = await startHttp({
    settings: { pingIntervalMs: 5 },
    async *script(_request, context) {
      yield { type: 'start', served: servedBy(context) }
      await pause
      yield endOf(context)
    },
  })
  const reply = await fetch(`${http.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  })
  let said = ''
  for await (const piece of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += piece
    if (said.includes('event: ping\ndata: {"type":"ping"}\n\n')) resolve()
  }
  expect(parse(said).at(-1)).toEqual({ type: 'message_stop' })
})
