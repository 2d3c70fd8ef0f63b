import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/contract/json.ts'
import { signThought } from '../../../src/sandbox/gemini-reply.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { at } from '../../support/json.ts'

/*
 * Conversations with Gemini through the whole gateway, led by OpenAI's own client. The sandbox behind it checks every
 * signature that it gets, and as Gemini 3 does it refuses a call without one.
 */

const model = 'gemini-3.8-flash'
const placeholder = Buffer.from('skip_thought_signature_validator').toString('base64')

const start = (): Promise<TestApp> =>
  startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
const clientOf = ({ url }: TestApp): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 })

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The current weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]
const question: OpenAI.ChatCompletionMessageParam = { role: 'user', content: 'The weather in Paris and Oslo, please' }

const resultsOf = (message: OpenAI.ChatCompletionMessage): OpenAI.ChatCompletionToolMessageParam[] =>
  (message.tool_calls ?? []).map(({ id }, index) => ({ role: 'tool', tool_call_id: id, content: `${index} degrees` }))

/** The signatures of the calls in the last request that Google got. */
const signaturesSent = ({ upstream }: TestApp): unknown[] => {
  const body: JsonObject = JSON.parse(JSON.stringify(upstream.requests.at(-1)?.body))
  const parts = at(body, 'contents', 1, 'parts')
  return (Array.isArray(parts) ? parts : []).flatMap((part) =>
    at(part, 'functionCall') ? [at(part, 'thoughtSignature')] : [],
  )
}

describe('a tool loop', () => {
  test('goes on with the signatures that the client gave back', async () => {
    await using it = await start()
    const client = clientOf(it)
    const first = await client.chat.completions.create({ model, tools, messages: [question] })
    const message = first.choices[0]?.message
    if (!message) throw new Error('There is no answer.')
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(message.tool_calls).toMatchObject([
      {
        extra_content: { google: { thought_signature: signThought('get_weather') } },
        function: { arguments: '{"city":"Paris"}' },
      },
      { function: { arguments: '{"city":"Oslo"}' } },
    ])

    // Another gateway has seen nothing of it: what goes to Google is what the client brought.
    await using other = await start()
    const second = await clientOf(other).chat.completions.create({
      model,
      tools,
      messages: [question, message, ...resultsOf(message)],
    })
    expect(second.choices[0]?.message.content).toMatch(/0 degrees[^]*1 degrees/)
    expect(signaturesSent(other)).toEqual([signThought('get_weather'), undefined])
  })

  test.each([
    ['the gateway remembers', true, signThought('get_weather')],
    ['Google has a placeholder', false, placeholder],
  ])('goes on without them: %s', async (_how, isSameGateway, expected) => {
    await using it = await start()
    const first = await clientOf(it).chat.completions.create({ model, tools, messages: [question] })
    const message = first.choices[0]?.message
    if (!message) throw new Error('There is no answer.')
    const calls = (message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function' ? [{ id: call.id, type: call.type, function: call.function }] : [],
    )
    const stripped = { role: 'assistant' as const, content: null, tool_calls: calls }
    await using other = await start()
    const next = isSameGateway ? it : other
    const second = await clientOf(next).chat.completions.create({
      model,
      tools,
      messages: [question, stripped, ...resultsOf(message)],
    })
    expect(second.choices[0]?.message.content).toMatch(/0 degrees/)
    expect(signaturesSent(next)).toEqual([expected, undefined])
  })

  test('begun at Gemini goes on at OpenAI and at Anthropic, which see nothing of it, and back', async () => {
    await using it = await start()
    const client = clientOf(it)
    const first = await client.chat.completions.create({ model, tools, messages: [question], reasoning_effort: 'high' })
    const message = first.choices[0]?.message
    if (!message) throw new Error('There is no answer.')
    const messages = [question, message, ...resultsOf(message)]
    for (const elsewhere of ['gpt-4o', 'claude-haiku-5-5', model]) {
      const second = await client.chat.completions.create({ model: elsewhere, tools, messages })
      expect(second.choices[0]?.message.content, elsewhere).toMatch(/0 degrees/)
      if (elsewhere !== model)
        expect(JSON.stringify(it.upstream.requests.at(-1)?.body)).not.toMatch(/extra_content|signature|redacted/)
    }
  })
})

test('thoughts and the signature of a streamed text come back to Google as it gave them', async () => {
  await using it = await start()
  const client = clientOf(it)
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'What is TCP?' }],
    reasoning_effort: 'high',
    stream: true,
  })
  let content = ''
  let thoughts = ''
  const details: unknown[] = []
  for await (const chunk of stream) {
    const delta: JsonObject = JSON.parse(JSON.stringify(chunk.choices[0]?.delta ?? {}))
    content += typeof delta.content === 'string' ? delta.content : ''
    thoughts += typeof delta.reasoning_content === 'string' ? delta.reasoning_content : ''
    if (Array.isArray(delta.reasoning_details)) details.push(...delta.reasoning_details)
  }
  expect(thoughts).toContain('The request is about')
  expect(details).toEqual([{ type: 'reasoning.encrypted', index: 1, data: `gemini-text:${signThought('')}` }])

  const said = { role: 'assistant' as const, content, reasoning_details: details }
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'user', content: 'What is TCP?' },
    said,
    { role: 'user', content: 'And UDP?' },
  ]
  const next = await client.chat.completions.create({ model, messages })
  expect(next.choices[0]?.message.content).toContain('UDP')
  const body: JsonObject = JSON.parse(JSON.stringify(it.upstream.requests.at(-1)?.body))
  expect(at(body, 'contents', 1)).toEqual({
    role: 'model',
    parts: [{ text: content, thoughtSignature: signThought('') }],
  })
})
