import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { at } from '../support/json.ts'
import { sse } from '../support/upstream.ts'

/*
 * Tools at models that reason, by OpenAI's second wire: what a client of our chat surface sees of it.
 */

let it: TestApp
let client: OpenAI
beforeAll(async () => {
  it = await startApp({ change: (config) => ({ ...config, resilience: { ...config.resilience, maxTries: 1 } }) })
  client = new OpenAI({ baseURL: `${it.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => it[Symbol.asyncDispose]())
beforeEach(() => {
  it.receipts.length = 0
})

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const

const asked = {
  model: 'gpt-6.1-sol',
  messages: [{ role: 'user' as const, content: 'What is the weather in Rome?' }],
  tools: [weather],
  reasoning_effort: 'high' as const,
}

type Turn = OpenAI.ChatCompletionAssistantMessageParam & { reasoning_details?: unknown }

const plainTurn = async (): Promise<Turn> => {
  const reply = await client.chat.completions.create(asked, { headers: { 'cache-control': 'no-cache' } })
  expect(reply.choices[0]?.finish_reason).toBe('tool_calls')
  const message: Turn | undefined = reply.choices[0]?.message
  if (!message) throw new Error('There is no answer.')
  return message
}

const streamedTurn = async (): Promise<Turn> => {
  const details: unknown[] = []
  const stream = await client.chat.completions.create(
    { ...asked, stream: true },
    { headers: { 'cache-control': 'no-cache' } },
  )
  let id = ''
  let args = ''
  for await (const { choices } of stream) {
    const delta: (OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_details?: unknown[] }) | undefined =
      choices[0]?.delta
    details.push(...(delta?.reasoning_details ?? []))
    id ||= delta?.tool_calls?.[0]?.id ?? ''
    args += delta?.tool_calls?.[0]?.function?.arguments ?? ''
  }
  return {
    role: 'assistant',
    tool_calls: [{ id, type: 'function', function: { name: 'get_weather', arguments: args } }],
    reasoning_details: details,
  }
}

describe.each([
  ['in one piece', plainTurn],
  ['streamed', streamedTurn],
])('a tool loop %s', (_how, turn) => {
  test('thinks with tools, and goes on with the thoughts that it had', async () => {
    const assistant = await turn()
    const [call] = assistant.tool_calls ?? []
    if (call?.type !== 'function') throw new Error('There is no call.')
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Rome' })
    expect(it.upstream.requests.at(-1)).toMatchObject({
      path: '/openai/v1/responses',
      body: { reasoning: { effort: 'high' }, store: false },
    })

    const result = { role: 'tool' as const, tool_call_id: call.id, content: '21 degrees' }
    const messages = [...asked.messages, assistant, result]
    const reply = await client.chat.completions.create({ ...asked, messages })
    // The sandbox takes back no thoughts but its own, and none that were changed.
    expect(reply.choices[0]?.message.content).toContain('21 degrees')
    expect(at(it.upstream.requests.at(-1)?.body, 'input')).toMatchObject([
      { role: 'user' },
      { type: 'reasoning', id: expect.stringMatching(/^rs_/), encrypted_content: expect.any(String) },
      { type: 'function_call', call_id: call.id },
      { type: 'function_call_output', call_id: call.id, output: '21 degrees' },
    ])
    expect(it.receipts.at(-1)).toMatchObject({ outcome: 'complete', usage: { source: 'provider' } })
  })

  test.each(['claude-haiku-5-5', 'openai-compatible:house'])(
    'may go on at %s, without those thoughts',
    async (model) => {
      const assistant = await turn()
      const id = assistant.tool_calls?.[0]?.id ?? ''
      const messages = [
        ...asked.messages,
        assistant,
        { role: 'tool' as const, tool_call_id: id, content: '21 degrees' },
      ]
      const reply = await client.chat.completions.create({ ...asked, reasoning_effort: 'low', model, messages })
      expect(reply.choices[0]?.message.content).toContain('21 degrees')
      expect(JSON.stringify(it.upstream.requests.at(-1)?.body)).not.toContain('encrypted_content')
    },
  )
})

test.each([
  ['without tools', { messages: asked.messages, reasoning_effort: 'high' as const }],
  ['with reasoning switched off', { ...asked, reasoning_effort: 'none' as const }],
  ['for several answers', { messages: asked.messages, tools: asked.tools, n: 2 }],
])('the first wire is asked %s', async (_how, fields) => {
  await client.chat.completions.create({ ...fields, model: 'gpt-6-sol' })
  expect(it.upstream.requests.at(-1)?.path).toBe('/openai/v1/chat/completions')
})

test('a model that takes tools only on the second wire is refused several answers with them', async () => {
  await expect(client.chat.completions.create({ ...asked, n: 2 })).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('gives one answer a request'),
  })
})

const begun: JsonObject = { id: 'resp_1', model: 'gpt-6.1-sol', status: 'in_progress', output: [] }
const created = sse({ type: 'response.created', response: begun })
const delta = sse({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Half' })
const usage = { input_tokens: 1000, output_tokens: 500 }
const ended = (status: string, fields: JsonObject): string =>
  sse({ type: `response.${status}`, response: { ...begun, status, ...fields } })

/** The whole text of a streamed answer, and what it ended with. */
const streamOf = async (body: readonly string[]): Promise<{ status: number; text: string }> => {
  it.upstream.script([{ body }])
  const reply = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, stream: true, use_cache: false }),
  })
  return { status: reply.status, text: await reply.text() }
}

describe('a stream of the second wire', () => {
  test('that fails is an error, and what it used is in the ledger', async () => {
    const error = { code: 'server_error', message: 'Sorry.' }
    const { text } = await streamOf([created, delta, ended('failed', { usage, error })])
    expect(text).toContain('provider_failed')
    expect(text).not.toContain('[DONE]')
    const [receipt] = it.receipts
    expect(receipt?.usage).toMatchObject({ inputTokens: 1000, outputTokens: 500, source: 'provider' })
    expect(receipt?.costNanoUsd).toBeGreaterThan(0n)
  })

  test('that fails before it says anything gives way to another, and costs nothing where it counts nothing', async () => {
    const error = { code: 'server_error', message: 'Sorry.' }
    const { text } = await streamOf([created, ended('failed', { error })])
    expect(text).toContain('[DONE]')
    expect(it.receipts[0]?.tries).toMatchObject([
      { outcome: 'failed', errorCode: 'provider_failed', usage: null },
      { outcome: 'answered' },
    ])
  })

  test('that is incomplete says so, with the usage that it ends with', async () => {
    const fields = { usage, incomplete_details: { reason: 'max_output_tokens' } }
    const { text } = await streamOf([created, delta, ended('incomplete', fields)])
    expect(text).toContain('"finish_reason":"length"')
    expect(it.receipts[0]?.usage).toMatchObject({ inputTokens: 1000, outputTokens: 500, source: 'provider' })
  })

  test('that ends without its last event is cut, never a clean end', async () => {
    const { text } = await streamOf([created, delta])
    expect(text).toContain('provider_cut')
    expect(text).not.toContain('[DONE]')
    expect(it.receipts[0]).toMatchObject({ usage: { source: 'estimated' } })
  })
})
