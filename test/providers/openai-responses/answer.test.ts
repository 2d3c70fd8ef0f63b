import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../src/contract/errors.ts'
import type { JsonObject } from '../../../src/contract/json.ts'
import type { UpstreamEvent } from '../../../src/contract/provider.ts'
import { failureOf, fold } from '../fold.ts'
import { first, usePlayer } from '../player.ts'
import {
  argumentsDelta,
  closing,
  functionCall,
  itemEvents,
  message,
  opening,
  reasoning,
  response,
  summaryDelta,
  textDelta,
} from '../responses-wire.ts'

const { responded, response: whole } = usePlayer()

/** Both forms of one answer must say the same. */
const inBothForms = async (output: readonly JsonObject[], deltas: readonly JsonObject[][] = []) => {
  const events = output.flatMap((item, index) => itemEvents(index, item, deltas[index]))
  const streamed = fold(await responded([...opening, ...events, closing(output)]))
  expect(fold(await whole(response(output)))).toEqual(streamed)
  const [choice] = streamed.choices
  if (!choice) throw new Error('There is no answer.')
  return choice
}

/** A text and the pieces in which it comes, some of which may be missing at its end. */
const inPieces = fc
  .array(fc.string({ minLength: 1 }))
  .chain((pieces) => fc.nat(pieces.length).map((sent) => ({ whole: pieces.join(''), pieces: pieces.slice(0, sent) })))

test('whatever is said, and however it is cut, a stream says what the document does', async () => {
  const item = fc.oneof(
    inPieces.map(({ whole: said, pieces }) => [message(said), pieces.map((piece) => textDelta(piece))] as const),
    inPieces.map(({ whole: said, pieces }) => [functionCall('c', 'add', said), pieces.map(argumentsDelta)] as const),
    inPieces.map(
      ({ whole: said, pieces }) =>
        [reasoning([said], { encrypted_content: 'gAAA' }), pieces.map((piece) => summaryDelta(piece))] as const,
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 4 }), async (items) => {
      const output = items.map(([said]) => said)
      const events = items.flatMap(([said, deltas], index) => itemEvents(index, said, deltas))
      const streamed = fold(await responded([...opening, ...events, closing(output)]))
      expect(streamed).toEqual(fold(await whole(response(output))))
    }),
    { numRuns: 60 },
  )
})

describe('thoughts', () => {
  const item = reasoning(['First.', 'Then.'], { encrypted_content: 'gAAA' })

  test('are a block an item, their parts paragraphs of it, signed for the way back', async () => {
    const deltas = [summaryDelta('Fir'), summaryDelta('st.'), summaryDelta('Then.', 1)]
    const choice = await inBothForms([item, message('Yes.')], [deltas, [textDelta('Yes.')]])
    const signature = 'responses:{"row":"acme","id":"rs_1","encrypted_content":"gAAA"}'
    expect(choice).toMatchObject({ text: 'Yes.', reasoning: [{ kind: 'text', text: 'First.\n\nThen.', signature }] })
  })

  test('that are not shown are signed all the same', async () => {
    const hidden = reasoning([], { encrypted_content: 'gAAA' })
    const { reasoning: blocks } = await inBothForms([hidden, message('Yes.')])
    expect(blocks).toMatchObject([{ text: '', signature: expect.stringContaining('gAAA') }])
  })

  test('that are neither shown nor given along are no block', async () => {
    expect((await inBothForms([reasoning([]), message('Yes.')])).reasoning).toEqual([])
  })

  test('come as they are from models that show them', async () => {
    const open = reasoning([], { content: [{ type: 'reasoning_text', text: 'Hm, so.' }] })
    const deltas = [{ type: 'response.reasoning_text.delta', content_index: 0, delta: 'Hm, ' }]
    expect((await inBothForms([open, message('Yes.')], [deltas])).reasoning).toEqual([
      { kind: 'text', text: 'Hm, so.' },
    ])
  })

  test('of several items stay apart, in order', async () => {
    const second = reasoning(['More.'], { id: 'rs_2', encrypted_content: 'gBBB' })
    const choice = await inBothForms([
      item,
      functionCall('call_1', 'add', '{}'),
      second,
      functionCall('call_2', 'add', '{}'),
    ])
    expect(choice.reasoning).toMatchObject([{ text: 'First.\n\nThen.' }, { text: 'More.' }])
    expect(choice.toolCalls.map(({ id }) => id)).toEqual(['call_1', 'call_2'])
  })

  test('are signed with the id that they end with: some servers change it on the way', async () => {
    const events = [
      { type: 'response.output_item.added', output_index: 0, item: { ...item, id: 'rs_early', summary: [] } },
      { type: 'response.output_item.done', output_index: 0, item },
    ]
    const { reasoning: blocks } = first(await responded([...opening, ...events, closing([])]))
    expect(blocks).toMatchObject([{ signature: expect.stringContaining('"rs_1"') }])
  })
})

describe('text', () => {
  test('of several parts and items is one text', async () => {
    const two = { ...message(''), content: ['One ', 'two '].map((text) => ({ type: 'output_text', text })) }
    const deltas = [textDelta('One '), textDelta('two ', 1)]
    expect((await inBothForms([two, message('three')], [deltas])).text).toBe('One two three')
  })

  test('is read where there are no deltas, only its end', async () => {
    const done = { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Late' }
    expect(first(await responded([...opening, done, closing([])])).text).toBe('Late')
    expect(first(await responded([closing([message('Later')])])).text).toBe('Later')
  })

  test('is said once though it is told four times', async () => {
    const item = message('Once')
    const again = { type: 'response.output_text.done', content_index: 0, text: 'Once' }
    const events = itemEvents(0, item, [textDelta('Once'), again])
    expect(first(await responded([...opening, ...events, closing([item])])).text).toBe('Once')
  })

  test('has its log probabilities in the shape of the chat wire', async () => {
    const logprobs = [{ token: 'Hi', bytes: [72, 105], logprob: -0.1, top_logprobs: [] }]
    expect((await inBothForms([message('Hi', { logprobs })])).logprobs).toEqual([logprobs])
  })

  test('of a refusal is a refusal', async () => {
    const item = { ...message(''), content: [{ type: 'refusal', refusal: 'No, never.' }] }
    const deltas = [{ type: 'response.refusal.delta', content_index: 0, delta: 'No, ' }]
    expect(await inBothForms([item], [deltas])).toMatchObject({
      text: '',
      refusal: 'No, never.',
      finish: { reason: 'stop' },
    })
  })
})

describe('calls', () => {
  const one = functionCall('call_1', 'add', '{"a":1}')
  const two = functionCall('call_2', 'add', '{"a":2}')

  test('that grow in turns do not mix', async () => {
    const others = itemEvents(1, two, [argumentsDelta('{"a"'), argumentsDelta(':2}')])
    const mixed = itemEvents(0, one, [argumentsDelta('{"a"'), argumentsDelta(':1}')]).flatMap((event, index) => [
      event,
      ...others.slice(index, index + 1),
    ])
    expect(first(await responded([...opening, ...mixed, closing([one, two])])).toolCalls).toMatchObject([
      { id: 'call_1', argumentsJson: '{"a":1}' },
      { id: 'call_2', argumentsJson: '{"a":2}' },
    ])
  })

  test('all at the same place are calls of their own', async () => {
    const events = [...itemEvents(0, one, [argumentsDelta('{"a":1}')]), ...itemEvents(0, two)]
    expect(first(await responded([...opening, ...events, closing([])])).toolCalls).toMatchObject([
      { id: 'call_1', argumentsJson: '{"a":1}' },
      { id: 'call_2', argumentsJson: '{"a":2}' },
    ])
  })

  test.each<[string, JsonObject[]]>([
    ['whole where they begin', [{ type: 'response.output_item.added', output_index: 0, item: one }]],
    ['whole in one delta after that', itemEvents(0, one, [argumentsDelta('{"a":1}')])],
    ['with their end alone', [{ type: 'response.output_item.done', output_index: 0, item: one }]],
    [
      'with their arguments before their name',
      [
        { ...argumentsDelta('{"a":'), output_index: 0 },
        { type: 'response.output_item.done', output_index: 0, item: one },
      ],
    ],
    [
      'with the end of their arguments alone',
      [
        { type: 'response.output_item.added', output_index: 0, item: { ...one, arguments: '' } },
        { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"a":1}' },
      ],
    ],
  ])('may come %s', async (_how, events) => {
    const { toolCalls, finish } = first(await responded([...opening, ...events, closing([one])]))
    expect(toolCalls).toMatchObject([{ id: 'call_1', name: 'add', argumentsJson: '{"a":1}' }])
    expect(finish).toMatchObject({ reason: 'tool_calls', native: 'completed' })
  })

  test('without a name are no answer', async () => {
    const nameless = { type: 'response.output_item.done', output_index: 0, item: functionCall('call_1', '', '{}') }
    expect((await failureOf(responded([...opening, nameless, closing([])]))).code).toBe('provider_bad_reply')
  })
})

describe('what the gateway has no word for', () => {
  test('is passed over: hosted tools, their events, events of tomorrow', async () => {
    const search = {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'owls' },
    }
    const deltas = [
      { type: 'response.web_search_call.searching' },
      { type: 'response.image_generation_call.partial_image', delta: 7 },
      { type: 'response.something_new.delta', delta: { a: 1 } },
    ]
    const events = [...itemEvents(0, search, deltas), ...itemEvents(1, message('Owls.')), { no: 'type' }]
    const choice = first(await responded([...opening, ...events, closing([search, message('Owls.')])]))
    expect(choice).toMatchObject({ text: 'Owls.', toolCalls: [], finish: { reason: 'stop' } })
  })

  test('and of text at the place of a hosted tool nothing is made', async () => {
    const search = { type: 'web_search_call', id: 'ws_1' }
    expect(first(await responded([...opening, ...itemEvents(0, search, [textDelta('?')]), closing([])])).text).toBe('')
  })
})

describe('the end', () => {
  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content_filter'],
    ['something_new', 'stop'],
  ] as const)('incomplete for %s is %s', async (native, reason) => {
    const incomplete = { status: 'incomplete', incomplete_details: { reason: native } }
    const events = [...opening, ...itemEvents(0, message('Half')), closing([], incomplete, 'incomplete')]
    expect(first(await responded(events)).finish).toEqual({ choice: 0, reason, native })
    expect(first(await whole(response([message('Half')], incomplete))).finish).toEqual({ choice: 0, reason, native })
  })

  test('incomplete without a reason is taken for the length', async () => {
    expect(first(await whole(response([message('Half')], { status: 'incomplete' }))).finish?.reason).toBe('length')
  })

  test('a call that the length broke off keeps its broken arguments', async () => {
    const broken = functionCall('call_1', 'add', '{"a":')
    const incomplete = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    const { toolCalls, finish } = first(await whole(response([broken], incomplete)))
    expect(toolCalls).toMatchObject([{ argumentsJson: '{"a":' }])
    expect(finish?.reason).toBe('length')
  })

  test('nothing after it is read', async () => {
    const after = { ...textDelta('?'), output_index: 1 }
    expect(first(await responded([...opening, ...itemEvents(0, message('All')), closing([]), after])).text).toBe('All')
  })

  test('"[DONE]" is none, but does no harm after one', async () => {
    const said = [...opening, ...itemEvents(0, message('All'))]
    expect((await failureOf(responded(said, 'data: [DONE]\n\n'))).code).toBe('provider_cut')
    expect(first(await responded([...said, closing([])], 'data: [DONE]\n\n')).text).toBe('All')
  })

  test('the model that it names stands, where it is another than the first', async () => {
    const events = await responded([...opening, ...itemEvents(0, message('Hi')), closing([], { model: 'rocket-2' })])
    expect(fold(events).model).toBe('rocket-2')
    expect(events.filter(({ type }) => type === 'identity')).toHaveLength(2)
  })
})

describe('15, 21: usage', () => {
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 40 },
    total_tokens: 150,
  }
  const counted = {
    inputTokens: 100,
    cacheReadTokens: 60,
    cacheWriteTokens: 30,
    cacheWrite1hTokens: 0,
    outputTokens: 50,
    reasoningTokens: 40,
    source: 'provider',
  }

  test.each(['completed', 'incomplete'])('is read from response.%s', async (status) => {
    const fields = { status, usage, incomplete_details: { reason: 'max_output_tokens' } }
    expect(fold(await responded([...opening, closing([], fields, status)])).usage).toEqual(counted)
    expect(fold(await whole(response([], fields))).usage).toEqual(counted)
  })

  test('of a failed response is told before its error', async () => {
    const failed = { status: 'failed', usage, error: { code: 'server_error', message: 'Sorry.' } }
    for (const reply of [responded([...opening, closing([], failed, 'failed')]), whole(response([], failed))])
      expect((await failureOf(reply)).code).toBe('provider_failed')
  })

  test.each<[string, JsonObject | null]>([
    ['is absent', null],
    ['has no output', { input_tokens: 3 }],
    ['is no number', { input_tokens: '3', output_tokens: 2 }],
  ])('that %s is none, and no zero', async (_what, broken) => {
    expect(fold(await whole(response([message('Hi')], { usage: broken }))).usage).toBeNull()
  })
})

describe('17: errors inside an answer', () => {
  const codes: [string, ErrorCode][] = [
    ['server_error', 'provider_failed'],
    ['rate_limit_exceeded', 'provider_rate_limited'],
    ['insufficient_quota', 'provider_out_of_credit'],
    ['server_is_overloaded', 'provider_overloaded'],
    ['invalid_prompt', 'provider_rejected'],
    ['image_parse_error', 'provider_rejected'],
    ['image_file_not_found', 'provider_rejected'],
    ['failed_to_download_image', 'provider_rejected'],
    ['image_content_policy_violation', 'content_filtered'],
    ['bio_policy', 'content_filtered'],
    ['vector_store_timeout', 'provider_timeout'],
    ['context_length_exceeded', 'context_length_exceeded'],
  ]
  test.each(codes)('%s is %s, however it is told', async (code, known) => {
    const error = { code, message: 'The widget is off.' }
    const failed = { status: 'failed', error, usage: null }
    const replies = [
      responded([...opening, { type: 'error', ...error, param: null, sequence_number: 2 }]),
      responded([...opening, { type: 'error', error: { type: 'x', ...error } }]),
      responded([...opening, closing([], failed, 'failed')]),
      whole(response([], failed)),
    ]
    for (const reply of replies) {
      const failure = await failureOf(reply)
      expect(failure.code).toBe(known)
      expect(String(failure.cause)).toContain('The widget is off.')
    }
  })

  test.each<[string, () => Promise<UpstreamEvent[]>]>([
    ['a response in the background', () => whole(response([], { status: 'queued' }))],
    ['output that is no list', () => whole({ ...response([]), output: 'Hi' })],
    ['a delta that is no text', () => responded([...opening, { ...textDelta('x'), delta: ['Hi'], output_index: 0 }])],
  ])('%s is no answer', async (_what, ask) => {
    expect((await failureOf(ask())).code).toBe('provider_bad_reply')
  })

  test.each([
    ['input', 'messages'],
    ['input[2].content', 'messages'],
    ['max_output_tokens', 'max_tokens'],
    ['reasoning.effort', 'reasoning_effort'],
    ['text.format.schema', 'response_format'],
    ['text.verbosity', 'verbosity'],
    ['tools[0].name', 'tools[0].name'],
  ])('a complaint of %s is one of %s, which the caller wrote', async (param, told) => {
    const error = { code: 'invalid_prompt', message: 'No.', param }
    const failed = whole(response([], { status: 'failed', error, usage: null }))
    expect((await failureOf(failed)).detail.param).toBe(told)
  })

  test('a response that was cancelled failed', async () => {
    expect((await failureOf(whole(response([], { status: 'cancelled' })))).code).toBe('provider_failed')
  })
})
