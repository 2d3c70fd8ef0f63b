import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { AnswerEvent } from '../../../src/contract/chat.ts'
import { GatewayError } from '../../../src/contract/errors.ts'
import { startApp } from '../../support/app.ts'
import { endOf, fails, postTo, says, servedBy, startHttp, text } from '../start-http.ts'
import type { Script } from '../start-http.ts'

// The form of every reply and chunk is looked at besides: test/support/every-reply.ts.

const question = { model: 'gpt-6-luna', prompt: 'Once upon' }

const ask = async (script: Script, fields: object = {}) => {
  await using http = await startHttp({ script })
  const reply = await postTo(`${http.url}/v1/completions`, { ...question, ...fields })
  const said = await reply.text()
  const data: unknown[] = said.startsWith('data: ')
    ? said.split('\n\n').map((chunk) => (chunk.startsWith('data: {') ? JSON.parse(chunk.slice(6)) : chunk.slice(6)))
    : [JSON.parse(said)]
  return { status: reply.status, data: data.filter((piece) => piece !== ''), seen: http.seen }
}

const two: Script = async function* (_request, context) {
  yield { type: 'start', served: servedBy(context) }
  yield text('one', 0)
  yield text('two', 1)
  const finishes = [
    { choice: 0, reason: 'stop', native: null },
    { choice: 1, reason: 'length', native: null },
  ] as const
  yield endOf(context, { finishes })
}
const weighed: AnswerEvent[] = ['a', ' time'].map((token) => ({
  type: 'logprobs',
  choice: 0,
  content: [{ token, logprob: -1, bytes: null, top_logprobs: [{ token: 'b', logprob: -2, bytes: null }] }],
}))

describe('a text completion', () => {
  test('is what the model answers to the prompt, without its thoughts', async () => {
    const script = says({ type: 'reasoning', choice: 0, block: 0, text: 'Hm' }, text(' a time'))
    const { data, seen } = await ask(script, {
      prompt: ['Once upon'],
      max_tokens: 9,
      stop: 'END',
      logit_bias: { 5: 1 },
    })
    expect(seen[0]?.request).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Once upon' }] }],
      maxOutputTokens: 9,
      stop: ['END'],
      extra: { logit_bias: { 5: 1 } },
    })
    expect(data).toMatchObject([
      {
        id: expect.stringMatching(/^cmpl-[0-9a-f]{32}$/),
        object: 'text_completion',
        choices: [{ index: 0, text: ' a time', finish_reason: 'stop', logprobs: null }],
        usage: { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 },
        gateway: { cost_nano_usd: '20000' },
      },
    ])
  })

  test.each([
    ['in one piece', {}],
    ['in pieces', { stream: true }],
  ])('comes %s: as many as asked for, each behind the prompt where that is asked for', async (_how, how) => {
    const { data } = await ask(two, { n: 2, echo: true, ...how })
    const texts = ['', '']
    const reasons: unknown[] = []
    for (const piece of data)
      for (const { index, text: said, finish_reason: reason } of choicesOf(piece)) {
        texts[index] += said
        if (reason !== null) reasons[index] = reason
      }
    expect({ texts, reasons }).toEqual({ texts: ['Once uponone', 'Once upontwo'], reasons: ['stop', 'length'] })
  })

  test.each([{}, { stream: true }])('has log probabilities in columns (%j)', async (how) => {
    const { data, seen } = await ask(says(text('a time'), ...weighed), { logprobs: 1, ...how })
    expect(seen[0]?.request).toMatchObject({ logprobs: true, topLogprobs: 1 })
    const tables = data.flatMap((piece) => choicesOf(piece).flatMap(({ logprobs }) => logprobs ?? []))
    expect(tables.flatMap(({ tokens }) => tokens)).toEqual(['a', ' time'])
    expect(tables.flatMap((table) => table.text_offset)).toEqual([0, 1])
    expect(tables.flatMap((table) => table.token_logprobs)).toEqual([-1, -1])
    expect(tables.flatMap((table) => table.top_logprobs)).toEqual([{ b: -2 }, { b: -2 }])
  })

  test('that is streamed ends with its usage where that is asked for, and is done', async () => {
    const { data } = await ask(says(text('a')), { stream: true, stream_options: { include_usage: true } })
    expect(data.slice(-3)).toMatchObject([
      { choices: [{ finish_reason: 'stop' }], gateway: { cache: 'miss' }, usage: null },
      { choices: [], usage: { total_tokens: 19 } },
      '[DONE]',
    ])
  })

  test('that is refused says so as text', async () => {
    const { data } = await ask(says({ type: 'refusal', choice: 0, text: 'No.' }))
    expect(data).toMatchObject([{ choices: [{ text: 'No.' }] }])
  })

  test.each([
    [{ prompt: undefined }, 'prompt'],
    [{ prompt: ['a', 'b'] }, 'prompt'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: [1, 2] }, 'prompt'],
    [{ prompt: [[1, 2]] }, 'prompt'],
    [{ prompt: [{}] }, 'prompt[0]'],
    [{ suffix: 'The end.' }, 'suffix'],
    [{ best_of: 2 }, 'best_of'],
    [{ echo: true, logprobs: 0 }, 'echo'],
    [{ messages: [] }, 'messages'],
    [{ tools: [] }, 'tools'],
    [{ max_tokens: 0 }, 'max_tokens'],
  ])('of %j is refused by the name of %s', async (fields, param) => {
    const { status, data } = await ask(says(), fields)
    expect({ status, data }).toMatchObject({ status: 400, data: [{ error: { param, code: 'invalid_request' } }] })
  })

  test.each([
    ['messages[0].content', 'prompt'],
    ['top_logprobs', 'logprobs'],
  ])('names %s as %s', async (ours, caller) => {
    const { data } = await ask(fails(new GatewayError('provider_rejected', 'No.', { param: ours })))
    expect(data).toMatchObject([{ error: { param: caller } }])
  })
})

interface Choice {
  index: number
  text: string
  finish_reason: string | null
  logprobs: OpenAI.CompletionChoice.Logprobs | null
}

const choicesOf = (piece: unknown): Choice[] =>
  typeof piece === 'object' && piece !== null && 'choices' in piece ? (piece.choices as Choice[]) : []

test.each(['gpt-4o', 'claude-haiku-5-5'])("OpenAI's client completes a text with %s, and streams it", async (model) => {
  await using it = await startApp()
  const client = new OpenAI({ baseURL: `${it.url}/v1`, apiKey: 'any', maxRetries: 0 })
  const whole = await client.completions.create({ model, prompt: 'What is TCP?', max_tokens: 50 })
  expect(whole.choices[0]?.text).toContain('Simulated')
  let said = ''
  const stream = await client.completions.create(
    { model, prompt: 'What is TCP?', max_tokens: 50, stream: true },
    { headers: { 'cache-control': 'no-cache' } },
  )
  for await (const chunk of stream) said += chunk.choices[0]?.text ?? ''
  expect(said).toBe(whole.choices[0]?.text)
  it.upstream.script([{ kind: 'cut', after: 3 }])
  const broken = await client.completions.create({ model, prompt: 'What is UDP?', stream: true })
  const read = async (): Promise<void> => {
    for await (const _chunk of broken);
  }
  await expect(read()).rejects.toSatisfy((error) => error instanceof OpenAI.APIError && error.code === 'provider_cut')
})
