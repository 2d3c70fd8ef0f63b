import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { AnswerEvent, Finish } from '../../../src/contract/chat.ts'
import { GatewayError } from '../../../src/contract/errors.ts'
import { createGate } from '../../support/gate.ts'
import { endOf, fails, postTo, receiptOf, says, servedBy, startHttp, text } from '../start-http.ts'
import type { Script, StartOptions } from '../start-http.ts'

// The form of every reply and event is looked at besides: test/support/every-reply.ts.

const event = z.looseObject({ type: z.string() })
const question = { model: 'gpt-6-luna', input: 'Hi' }

const askWhole = async (script: Script, body: object = question) => {
  await using http = await startHttp({ script })
  const reply = await postTo(`${http.url}/v1/responses`, body)
  return { status: reply.status, headers: reply.headers, said: z.looseObject({}).parse(await reply.json()) }
}

const askStream = async (script: Script, body: object = question, options: StartOptions = {}) => {
  await using http = await startHttp({ ...options, script })
  const reply = await postTo(`${http.url}/v1/responses`, { ...body, stream: true })
  const frames = (await reply.text()).split('\n\n').filter((frame) => frame.startsWith('event: '))
  return frames.map((frame) => event.parse(JSON.parse(frame.replace(/^event: .*\ndata: /, ''))))
}

/** A whole answer that ends for this reason. */
const ends = (reason: Finish['reason'], ...events: AnswerEvent[]): Script =>
  async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield* events
    yield endOf(context, { finishes: [{ choice: 0, reason, native: null }] })
  }

const called: AnswerEvent = { type: 'tool-call', choice: 0, index: 0, id: 'call_1', name: 'add' }
const argues = (index: number, said: string): AnswerEvent => ({ type: 'tool-arguments', choice: 0, index, text: said })
const thinks = (block: number, said: string): AnswerEvent => ({ type: 'reasoning', choice: 0, block, text: said })
const signs = (block: number, signature: string): AnswerEvent => ({
  type: 'reasoning-signature',
  choice: 0,
  block,
  signature,
})

describe('a response in one piece', () => {
  test('has its thoughts, its text and its calls as items, the usage and what the gateway adds', async () => {
    const script = ends('tool_calls', thinks(0, 'Hm'), signs(0, 'sig'), text('Well'), called, argues(0, '{"a":1}'))
    const { said, headers } = await askWhole(script, {
      ...question,
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'add', parameters: { type: 'object' } }],
      metadata: { team: 'a' },
      temperature: 0.5,
      reasoning: { effort: 'low', summary: 'auto' },
    })
    const stem = (headers.get('x-request-id') ?? '').replace('req_', '')
    expect(headers.get('x-gateway-cost-usd')).toBe('0.000020000')
    expect(said).toMatchObject({
      id: `resp_${stem}`,
      object: 'response',
      status: 'completed',
      created_at: Date.UTC(2026, 10, 21) / 1000,
      model: 'gpt-6-luna-2026-11-01',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      metadata: { team: 'a' },
      temperature: 0.5,
      top_p: null,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: 'auto',
      tools: [{ type: 'function', name: 'add', description: null, parameters: { type: 'object' }, strict: null }],
      output: [
        {
          id: `rs_${stem}_0`,
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'Hm' }],
          encrypted_content: 'signed:sig',
        },
        {
          id: `msg_${stem}_1`,
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Well', annotations: [], logprobs: [] }],
        },
        { id: `fc_${stem}_2`, type: 'function_call', call_id: 'call_1', name: 'add', arguments: '{"a":1}' },
      ],
      usage: {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 19,
      },
      gateway: { cost_nano_usd: '20000', cache: 'miss' },
    })
  })

  test.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ] as const)('that ended by %s is incomplete, and so is its last item', async (reason, word) => {
    const { said } = await askWhole(ends(reason, thinks(0, 'Hm'), text('We')))
    expect(said).toMatchObject({
      status: 'incomplete',
      completed_at: null,
      incomplete_details: { reason: word },
      output: [{ status: 'completed' }, { status: 'incomplete' }],
    })
  })

  test('says a refusal beside what was said before it, and thoughts of which nothing can be read', async () => {
    const redacted: AnswerEvent = { type: 'reasoning-redacted', choice: 0, block: 0, data: 'xyz' }
    const { said } = await askWhole(says(redacted, text('I'), { type: 'refusal', choice: 0, text: 'No.' }))
    expect(said).toMatchObject({
      output: [
        { type: 'reasoning', summary: [], encrypted_content: 'redacted:xyz' },
        {
          content: [
            { type: 'output_text', text: 'I' },
            { type: 'refusal', refusal: 'No.' },
          ],
        },
      ],
    })
  })

  test('has log probabilities beside its text, each with all its fields', async () => {
    const content = [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [{ token: 'b', logprob: -2 }] }]
    const { said } = await askWhole(says(text('a'), { type: 'logprobs', choice: 0, content }), {
      ...question,
      top_logprobs: 1,
    })
    const whole = [{ token: 'a', logprob: -1, bytes: [], top_logprobs: [{ token: 'b', logprob: -2, bytes: [] }] }]
    expect(said).toMatchObject({ output: [{ content: [{ logprobs: whole }] }] })
  })

  test('of nothing has no items', async () => {
    expect((await askWhole(says())).said).toMatchObject({ status: 'completed', output: [] })
  })
})

describe('a stream', () => {
  test('opens, grows and closes each item, and ends with the whole response', async () => {
    const events = await askStream(
      ends('tool_calls', thinks(0, 'H'), thinks(0, 'm'), signs(0, 'sig'), text('Well'), called, argues(0, '{}')),
    )
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_item.added',
      'function_call_arguments.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ])
    expect(events.map((said) => said['sequence_number'])).toEqual(events.map((_said, index) => index))
    const places = events.filter((said) => 'output_index' in said).map((said) => said['output_index'])
    expect(places).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 1, 1, 1, 2, 2])
    const done = events.filter(({ type }) => type === 'response.output_item.done').map((said) => said['item'])
    expect(events.at(-1)).toMatchObject({ response: { output: done, gateway: { cost_nano_usd: '20000' } } })
  })

  test('says in its last event what the document says', async () => {
    const script = ends('length', thinks(0, 'Hm'), text('We'), text('ll'), called, argues(0, '{"a'))
    const { said } = await askWhole(script)
    const [response] = (await askStream(script)).slice(-1).map((last) => z.looseObject({}).parse(last['response']))
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(/(resp|rs|msg|fc|req)_[0-9a-f]{32}/g, '$1'))
    expect(plain(response)).toEqual(plain(said))
  })

  test('keeps calls apart that come by turns, and text that goes on after them', async () => {
    const second: AnswerEvent = { ...called, index: 1, id: 'call_2' }
    const events = await askStream(
      says(text('A'), called, second, argues(1, '{"b"'), argues(0, '{}'), argues(1, ':1}'), text('B')),
    )
    expect(events.at(-1)).toMatchObject({
      response: {
        output: [
          { content: [{ text: 'AB' }] },
          { call_id: 'call_1', arguments: '{}' },
          { call_id: 'call_2', arguments: '{"b":1}' },
        ],
      },
    })
  })

  test('tells a thought once more whose signature comes late, for it holds for the whole of it', async () => {
    const events = await askStream(says(thinks(0, 'Hm'), thinks(1, 'So'), signs(0, 'sig'), text('Well')))
    expect(events.at(-1)).toMatchObject({
      response: {
        output: [
          { summary: [{ text: 'Hm' }], encrypted_content: 'unsigned:' },
          { summary: [{ text: 'So' }], encrypted_content: 'unsigned:' },
          { summary: [{ text: 'Hm' }], encrypted_content: 'signed:sig' },
          { type: 'message' },
        ],
      },
    })
  })

  test('has log probabilities beside a delta that says nothing more', async () => {
    const content = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }]
    const events = await askStream(says(text('a'), { type: 'logprobs', choice: 0, content }))
    expect(events.find((said) => said['delta'] === '')).toMatchObject({ logprobs: content })
    expect(events.find(({ type }) => type === 'response.output_text.done')).toMatchObject({ logprobs: content })
  })

  test('has its last event only once the ledger has the answer', async () => {
    const gate = createGate()
    const waits: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield text('Well')
      await gate.opened
      yield endOf(context)
    }
    await using http = await startHttp({ script: waits })
    const reply = await postTo(`${http.url}/v1/responses`, { ...question, stream: true })
    let heard = ''
    let isHeld = true
    for await (const piece of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      heard += piece
      if (isHeld && heard.includes('output_text.delta')) {
        expect(heard).not.toContain('response.completed')
        isHeld = false
        gate.open()
      }
    }
    expect(isHeld).toBe(false)
    expect(heard).toContain('event: response.completed')
  })
})

describe('a failure', () => {
  const breaks: Script = async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield text('Wel')
    throw new GatewayError('provider_cut', 'It broke off.', { param: 'max_tokens' })
  }

  test('in the middle is an error, and a failed response with what was said', async () => {
    const events = await askStream(breaks)
    expect(events.slice(-2)).toMatchObject([
      {
        type: 'error',
        sequence_number: 5,
        code: 'provider_cut',
        param: 'max_output_tokens',
        error: { code: 'provider_cut', gateway: { retryable: expect.any(Boolean) } },
      },
      {
        type: 'response.failed',
        sequence_number: 6,
        response: {
          status: 'failed',
          error: { code: 'server_error', message: 'It broke off.' },
          output: [{ status: 'incomplete', content: [{ text: 'Wel' }] }],
        },
      },
    ])
  })

  test('before the first token has a true status', async () => {
    const { status, said } = await askWhole(fails(new GatewayError('provider_failed', 'No.')), {
      ...question,
      stream: true,
    })
    expect({ status, said }).toMatchObject({ status: 502, said: { error: { code: 'provider_failed' } } })
  })

  test('after the status was sent and before anything was said is one error event', async () => {
    const late: Script = async function* (_request, context) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      if (context.signal.aborted) yield text('')
      throw new GatewayError('rate_limited', 'Too much.')
    }
    const events = await askStream(late, question, { settings: { commitAfterMs: 1 } })
    expect(events).toMatchObject([{ type: 'error', sequence_number: 0, error: { code: 'rate_limited' } }])
  })
})

describe('a field is named as it was sent', () => {
  const items = [
    { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: '1' },
  ]
  test.each([
    [{ input: 'Hi' }, 'messages', 'input'],
    [{ input: 'Hi' }, 'messages[0].content', 'input'],
    [{ input: 'Hi', instructions: 'Be brief.' }, 'messages[0].content', 'instructions'],
    [{ input: items }, 'messages[0].content[0].text', 'input[0].content[0]'],
    [{ input: items, instructions: 'Be brief.' }, 'messages[3].content', 'input[2].output'],
    [{ input: items }, 'messages[1].content', 'input[1]'],
    [{ input: items }, 'messages[1].tool_calls[0].function.name', 'input[1]'],
    [{ input: 'Hi' }, 'tools[0].function.parameters', 'tools[0].parameters'],
    [{ input: 'Hi' }, 'response_format.json_schema.schema', 'text.format.schema'],
    [{ input: 'Hi' }, 'max_tokens', 'max_output_tokens'],
    [{ input: 'Hi' }, 'reasoning_effort', 'reasoning.effort'],
    [{ input: 'Hi' }, 'temperature', 'temperature'],
  ])('of %j %s is %s', async (sent, ours, caller) => {
    const refuses = fails(new GatewayError('provider_rejected', 'No.', { param: ours }))
    const { said } = await askWhole(refuses, { ...question, ...sent })
    expect(said).toMatchObject({ error: { param: caller } })
    const warns: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield endOf(context, {
        warnings: [{ code: 'dropped_parameter', param: ours, message: 'Dropped.' }],
        receipt: receiptOf(context),
      })
    }
    const answer = await askWhole(warns, { ...question, ...sent, store: true })
    expect(answer.said).toMatchObject({ gateway: { warnings: [{ param: 'store' }, { param: caller }] } })
  })
})
