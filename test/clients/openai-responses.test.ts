import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { toResponseInputItems } from 'openai/lib/responses/ResponseInputItems'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

// The form of every reply and event is looked at besides: test/support/every-reply.ts.

let it: TestApp
let client: OpenAI

beforeAll(async () => {
  it = await startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
  client = new OpenAI({ baseURL: `${it.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => it[Symbol.asyncDispose]())
beforeEach(() => {
  it.receipts.length = 0
})

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
}

/** One model a wire: `openai-chat`, `openai-responses` (where tools and thoughts meet), `anthropic`, `gemini`. */
const models = ['gpt-4o', 'gpt-6-luna', 'claude-haiku-5-5', 'gemini-3.8-flash']
const gatewayOf = (response: object): unknown => ('gateway' in response ? response.gateway : undefined)

describe.each(models)('%s', (model) => {
  test('answers in one piece, and in events that make the same text', async () => {
    const input = 'What is TCP?'
    const whole = await client.responses.create({ model, input, instructions: 'Be brief.' })
    expect(whole.output_text).toContain('Simulated')
    expect(whole).toMatchObject({ status: 'completed', instructions: 'Be brief.', store: false })
    expect(gatewayOf(whole)).toMatchObject({ cost_usd: expect.stringMatching(/^\d+\.\d{9}$/) })

    const stream = client.responses.stream(
      { model, input, instructions: 'Be brief.' },
      { headers: { 'cache-control': 'no-cache' } },
    )
    let text = ''
    const numbers: number[] = []
    for await (const event of stream) {
      numbers.push(event.sequence_number)
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    const final = await stream.finalResponse()
    expect(text).toBe(whole.output_text)
    expect(final.output_text).toBe(whole.output_text)
    expect(final.usage).toEqual(whole.usage)
    expect(numbers).toEqual(numbers.map((_number, index) => index))
    expect(it.receipts[1]?.costNanoUsd).toBe(it.receipts[0]?.costNanoUsd)
  })

  test('calls a tool, streamed or not, and reads its result', async () => {
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'What is the weather in Rome?' }]
    const asked = { model, tools: [weather], reasoning: { effort: 'low' as const, summary: 'auto' as const } }
    const first = await client.responses.create({ ...asked, input, tool_choice: 'auto' })
    const call = first.output.find((item) => item.type === 'function_call')
    if (!call) throw new Error('no function call came')
    expect(call.name).toBe('get_weather')
    expect(JSON.parse(call.arguments)).toHaveProperty('city')

    // As the SDK's documentation has it: what came out goes in again.
    input.push(...toResponseInputItems(first.output), {
      type: 'function_call_output',
      call_id: call.call_id,
      output: 'Sunny, 25 degrees',
    })
    const second = await client.responses.create({ ...asked, input })
    expect(second.output_text).toContain('Sunny')

    const streamed = client.responses.stream({ ...asked, input: 'What is the weather in Oslo?' })
    const final = await streamed.finalResponse()
    expect(final.output.filter((item) => item.type === 'function_call')).toHaveLength(1)
  })

  test('fills the class that was asked for', async () => {
    const person = z.object({ name: z.string(), age: z.int() })
    const response = await client.responses.parse({
      model,
      input: 'Give me a person.',
      text: { format: zodTextFormat(person, 'person') },
    })
    expect(person.parse(response.output_parsed)).toEqual(response.output_parsed)
  })
})

describe('thoughts', () => {
  const ask = (model: string, input: OpenAI.Responses.ResponseInput) =>
    client.responses.stream({ model, input, tools: [weather], reasoning: { effort: 'high', summary: 'auto' } })
  const thinkers = ['gpt-6-luna', 'claude-sonnet-4-6', 'gemini-3.8-flash']
  const question = [{ role: 'user', content: 'What is the weather in Rome?' }] as const

  /** As its maker gave it: OpenAI's within the item of its own, Anthropic's of the thought, Google's of the call. */
  const signatureOf = (encrypted: string, call: object): string => {
    const own = z.object({ extra_content: z.object({ google: z.object({ thought_signature: z.string() }) }) })
    const signature = encrypted.replace(/^signed:(?:responses:)?/, '')
    if (!encrypted.startsWith('signed:responses:'))
      return own.safeParse(call).data?.extra_content.google.thought_signature ?? signature
    return z.object({ encrypted_content: z.string() }).parse(JSON.parse(signature)).encrypted_content
  }

  test.each(thinkers)('of %s come as a summary, and go back to it as it signed them', async (model) => {
    const stream = ask(model, [...question])
    let summary = ''
    for await (const event of stream) if (event.type === 'response.reasoning_summary_text.delta') summary += event.delta
    const { output } = await stream.finalResponse()
    const thought = output.find((item) => item.type === 'reasoning')
    const call = output.find((item) => item.type === 'function_call')
    if (!call) throw new Error('no function call came')
    expect(thought?.summary.map(({ text }) => text).join('')).toBe(summary)
    const result = { type: 'function_call_output', call_id: call.call_id, output: 'Sunny, 25 degrees' } as const
    const second = await ask(model, [...question, ...toResponseInputItems(output), result]).finalResponse()
    expect(second.output_text).toContain('Sunny')

    const sent = JSON.stringify(it.upstream.requests.at(-1)?.body)
    const told = signatureOf(thought?.encrypted_content ?? '', call)
    expect(sent).toContain(told)
    expect(told.length).toBeGreaterThan(8)
  })

  test.each(thinkers.flatMap((from) => thinkers.filter((to) => to !== from).map((to) => [from, to] as const)))(
    'of %s do not stand in the way of %s, who goes on with its call',
    async (from, to) => {
      const { output } = await ask(from, [...question]).finalResponse()
      const [call] = output.filter((item) => item.type === 'function_call')
      const result = { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'Sunny' } as const
      const second = await ask(to, [...question, ...toResponseInputItems(output), result]).finalResponse()
      expect(second.output_text).toContain('Sunny')
      expect(second.model).toContain(to)
    },
  )
})

test("errors are the SDK's own, with a code and the field", async () => {
  const ask = (fields: object): Promise<unknown> => client.responses.create({ model: 'gpt-4o', input: 'Hi', ...fields })
  await expect(ask({ model: 'no-such-model' })).rejects.toSatisfy(
    (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found',
  )
  await expect(ask({ previous_response_id: 'resp_1' })).rejects.toSatisfy(
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'previous_response_id',
  )
  await expect(ask({ tools: [{ type: 'web_search' }] })).rejects.toSatisfy(
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'tools[0].type',
  )
})

test('a stream that breaks raises, and one that is left stops the provider', async () => {
  it.upstream.script([{ kind: 'cut', after: 3 }])
  const broken = client.responses.stream({ model: 'claude-haiku-5-5', input: 'Tell me about ships.' })
  await expect(broken.finalResponse()).rejects.toSatisfy(
    (error) => error instanceof OpenAI.APIError && error.code === 'provider_cut',
  )
  it.upstream.script([{ kind: 'stall', after: 3 }])
  const before = it.upstream.requests.length
  const left = await client.responses.create({ model: 'gpt-4o', input: 'Tell me about trains.', stream: true })
  for await (const event of left) if (event.type === 'response.output_text.delta') left.controller.abort()
  expect((await it.upstream.waitForClose(before + 1)).closedEarly).toBe(true)
  await expect.poll(() => it.receipts.at(-1)?.outcome).toBe('client_aborted')
})

test('a limit on the tokens makes the response incomplete, and log probabilities come where there are any', async () => {
  const short = await client.responses.create({ model: 'gpt-4o', input: 'Tell me about rivers.', max_output_tokens: 5 })
  expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  const content = [{ token: 'IP', logprob: -1, bytes: null, top_logprobs: [] }]
  const message = { role: 'assistant', content: 'IP', refusal: null }
  const choice = { index: 0, message, logprobs: { content, refusal: null }, finish_reason: 'stop' }
  const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 }
  const reply = { id: 'c', object: 'chat.completion', created: 1, model: 'gpt-4o', choices: [choice], usage }
  it.upstream.script([{ body: reply }])
  const weighed = await client.responses.create({ model: 'gpt-4o', input: 'What is IP?', top_logprobs: 2 })
  expect(weighed.output).toMatchObject([
    { content: [{ text: 'IP', logprobs: [{ token: 'IP', logprob: -1, bytes: [] }] }] },
  ])
})

test('an answer that is remembered is the same, by either wire', async () => {
  const input = 'What is a gateway?'
  const first = await client.responses.create({ model: 'gpt-4o', input })
  const chat = await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: input }] })
  expect(gatewayOf(chat)).toMatchObject({ cache: 'exact', cost_usd: '0.000000000' })
  const again = client.responses.stream({ model: 'gpt-4o', input })
  expect((await again.finalResponse()).output_text).toBe(first.output_text)
  expect(it.receipts.map(({ cache }) => cache)).toEqual(['miss', 'exact', 'exact'])
})
