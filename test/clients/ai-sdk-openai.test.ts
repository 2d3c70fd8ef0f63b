import { createOpenAI } from '@ai-sdk/openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

// `openai(id)` of the AI SDK speaks the Responses wire by itself.

let it: TestApp
let provider: ReturnType<typeof createOpenAI>

beforeAll(async () => {
  it = await startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
  provider = createOpenAI({ baseURL: `${it.url}/v1`, apiKey: 'any' })
})
afterAll(() => it[Symbol.asyncDispose]())

type Model = ReturnType<ReturnType<typeof createOpenAI>>
type Options = Parameters<Model['doGenerate']>[0]
type Said = Extract<Options['prompt'][number], { role: 'assistant' }>['content']

const user = (text: string): Options['prompt'][number] => ({ role: 'user', content: [{ type: 'text', text }] })
/** Without `store: false` the SDK sends but the ids of former items, which nobody here keeps. */
const thinking = { store: false, reasoningEffort: 'high', reasoningSummary: 'auto', forceReasoning: true }
const weather: NonNullable<Options['tools']>[number] = {
  type: 'function',
  name: 'get_weather',
  description: 'Weather of a city',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

describe.each([
  ['gpt-4o', { openai: { store: false } }],
  ['gpt-6-luna', { openai: thinking }],
  ['claude-sonnet-4-6', { openai: thinking }],
  ['gemini-3.8-flash', { openai: thinking }],
])('%s', (model, providerOptions) => {
  const textOf = (content: readonly { type: string; text?: string }[]): string =>
    content.map((part) => (part.type === 'text' ? part.text : '')).join('')

  test('answers the AI SDK in one piece and as a stream, with the same words', async () => {
    const prompt = [user('What is TCP?')]
    const whole = await provider(model).doGenerate({ prompt })
    expect(textOf(whole.content)).toContain('Simulated')
    expect(whole.finishReason).toMatchObject({ unified: 'stop' })
    const { stream } = await provider(model).doStream({ prompt, headers: { 'cache-control': 'no-cache' } })
    let said = ''
    for await (const part of stream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'text-delta') said += part.delta
      if (part.type === 'finish')
        expect(part.usage).toMatchObject({ inputTokens: { total: whole.usage.inputTokens.total } })
    }
    expect(said).toBe(textOf(whole.content))
  })

  test('thinks, calls a tool and reads its result', async () => {
    const prompt = [user('What is the weather in Rome?')]
    const { content, finishReason } = await provider(model).doGenerate({ prompt, tools: [weather], providerOptions })
    expect(finishReason).toMatchObject({ unified: 'tool-calls' })
    const call = content.find((part) => part.type === 'tool-call')
    if (!call) throw new Error('no call came')
    const said = content.flatMap((part): Said => {
      const carried = part.providerMetadata ? { providerOptions: part.providerMetadata } : {}
      if (part.type === 'reasoning') return [{ type: 'reasoning', text: part.text, ...carried }]
      if (part.type !== 'tool-call') return []
      const { toolCallId, toolName } = part
      return [{ type: 'tool-call', toolCallId, toolName, input: JSON.parse(part.input), ...carried }]
    })
    const { toolCallId, toolName } = call
    const second = await provider(model).doGenerate({
      prompt: [
        ...prompt,
        { role: 'assistant', content: said },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId, toolName, output: { type: 'text', value: 'Sunny, 25 degrees' } },
          ],
        },
      ],
      tools: [weather],
      providerOptions,
    })
    expect(textOf(second.content)).toContain('Sunny')
    expect(second.warnings).toEqual([])
    // Anthropic's thoughts are signed, and came back with their signature.
    if (model.startsWith('claude'))
      expect(it.upstream.requests.at(-1)?.body).toMatchObject({
        messages: [{}, { content: [{ type: 'thinking', signature: expect.stringMatching(/.{8}/) }, {}] }, {}],
      })
  })

  test('streams a tool call', async () => {
    const { stream } = await provider(model).doStream({
      prompt: [user('What is the weather in Oslo?')],
      tools: [weather],
      providerOptions,
    })
    const calls: string[] = []
    for await (const part of stream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'tool-call') calls.push(part.input)
    }
    expect(calls.map((input) => JSON.parse(input))).toEqual([{ city: expect.any(String) }])
  })
})

test('what refers to a former reply is refused with the remedy', async () => {
  const prompt: Options['prompt'] = [
    user('Hi'),
    { role: 'assistant', content: [{ type: 'text', text: 'Well', providerOptions: { openai: { itemId: 'msg_1' } } }] },
    user('So?'),
  ]
  await expect(provider('gpt-4o').doGenerate({ prompt })).rejects.toThrow('"store": false')
  const stateless = await provider('gpt-4o').doGenerate({ prompt, providerOptions: { openai: { store: false } } })
  expect(stateless.content).toMatchObject([{ type: 'text' }])
})

test('a stream that breaks ends in an error', async () => {
  it.upstream.script([{ kind: 'cut', after: 3 }])
  const { stream } = await provider('gpt-4o').doStream({ prompt: [user('Tell me about ships.')] })
  const errors: unknown[] = []
  for await (const part of stream) if (part.type === 'error') errors.push(part.error)
  expect(errors.length).toBeGreaterThan(0)
})
