import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import { piecesOf } from '../../src/sandbox/cut.ts'
import { countPlainTokens, startUpstream } from '../support/upstream.ts'
import { eventsOf, observe } from './observe.ts'

interface Completion {
  choices: {
    message: { content: string | null; tool_calls?: { function: { name: string; arguments: string } }[] }
    finish_reason: string
  }[]
  usage: { prompt_tokens: number; completion_tokens: number }
}

/** One sandbox for one test, and a way to ask it on the OpenAI wire. */
const openAsk = async (seed = 0) => {
  const upstream = await startUpstream({ seed })
  const ask = async (content: string, fields: JsonObject = {}): Promise<Completion> => {
    const body = { model: 'gpt-6-luna', messages: [{ role: 'user', content }], ...fields }
    const { status, text } = await observe(`${upstream.url}/openai/v1/chat/completions`, { body })
    expect(status).toBe(200)
    return JSON.parse(text)
  }
  return { ask, [Symbol.asyncDispose]: upstream.close }
}
const textOf = ({ choices }: Completion): string => choices[0]?.message.content ?? ''

const tool = (name: string, description: string, properties: JsonObject = {}): JsonObject => ({
  type: 'function',
  function: { name, description, parameters: { type: 'object', properties, required: Object.keys(properties) } },
})
const callsOf = ({ choices }: Completion): unknown[] =>
  (choices[0]?.message.tool_calls ?? []).map(({ function: call }): unknown => [call.name, JSON.parse(call.arguments)])

describe('an answer', () => {
  test('is the same for the same request in another sandbox, and has other words for another seed', async () => {
    await using one = await openAsk()
    await using two = await openAsk()
    const question = 'Tell me about the tides'
    expect(textOf(await one.ask(question))).toBe(textOf(await two.ask(question)))
    const bySeed = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => one.ask(question, { seed })))
    expect(new Set(bySeed.map(textOf)).size).toBeGreaterThan(1)
    expect(textOf(await one.ask(question, { seed: 3 }))).toBe(textOf(await two.ask(question, { seed: 3 })))
  })

  test('says that it is simulated, and for which model', async () => {
    await using sandbox = await openAsk()
    for (const question of ['Hi', 'Write a sql query for late orders', 'Summarize: A. B. C.', '1 + 1', '']) {
      expect(textOf(await sandbox.ask(question))).toMatch(
        /^Simulated answer by the sandbox, standing in for gpt-6-luna\./,
      )
    }
  })

  test.each([
    ['Write a Python function that parses dates', /```python\ndef parses_dates\(/],
    ['Write SQL for late orders', /```sql\n/],
    ['Summarize: The cat sat. It rained on the whole town all day. Nobody came.', /- The cat sat\.\n- It rained/],
    ['Classify the mood as happy, sad or calm: What a day', /Label: (happy|sad|calm)\n/],
    ['List three ideas for a garden party', /1\. Something about garden\n2\. Something about party/],
    ['Who was Grace Hopper?', /Names: Grace Hopper/],
    ['Grüße aus 東京 🙂', /You wrote: Grüße aus 東京 🙂/],
  ])('takes the shape of the task: %s', async (question, shape) => {
    await using sandbox = await openAsk()
    expect(textOf(await sandbox.ask(question))).toMatch(shape)
  })

  test('has as many words as it is asked for', async () => {
    await using sandbox = await openAsk()
    const [, body = ''] = textOf(await sandbox.ask('Explain rivers in 300 words')).split('\n\n')
    expect(body.split(' ')).toHaveLength(300)
  })

  test('comes quickly for a very long request', async () => {
    await using sandbox = await openAsk()
    const reply = await sandbox.ask('See Anna in Rome. 12 - 3. '.repeat(40_000))
    expect(textOf(reply)).toContain('12 - 3 = 9')
  })

  test('acknowledges images and counts them at a fixed price', async () => {
    await using sandbox = await openAsk()
    const image = (detail: string): JsonObject => ({
      type: 'image_url',
      image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail },
    })
    const ask = (...content: Json[]): Promise<Completion> =>
      sandbox.ask('', { messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, ...content] }] })
    const plain = (await ask()).usage.prompt_tokens
    const low = await ask(image('low'))
    expect(textOf(low)).toContain('I received 1 image (image/png)')
    expect(low.usage.prompt_tokens - plain).toBe(85)
    expect((await ask(image('low'), image('high'))).usage.prompt_tokens - plain).toBe(85 + 765)
  })

  test('ends at max_tokens and says so, whatever the limit', async () => {
    await using sandbox = await openAsk()
    const question = 'Grüße! Describe 東京 and 🙂 in 60 words'
    const whole = await sandbox.ask(question)
    expect(whole.choices[0]?.finish_reason).toBe('stop')
    expect(whole.usage.completion_tokens).toBe(countPlainTokens(textOf(whole)))
    for (let max = 1; max < whole.usage.completion_tokens; max += 7) {
      const cut = await sandbox.ask(question, { max_completion_tokens: max })
      expect(cut.choices[0]?.finish_reason).toBe('length')
      expect(cut.usage.completion_tokens).toBeLessThanOrEqual(max)
      expect(textOf(whole).startsWith(textOf(cut))).toBe(true)
      expect(countPlainTokens(textOf(cut))).toBe(cut.usage.completion_tokens)
    }
  })

  test('spends max_tokens on reasoning first', async () => {
    await using sandbox = await openAsk()
    const cut = await sandbox.ask('Why?', { max_completion_tokens: 8, reasoning_effort: 'high' })
    expect(cut).toMatchObject({
      choices: [{ finish_reason: 'length', message: { content: '' } }],
      usage: { completion_tokens: 8, completion_tokens_details: { reasoning_tokens: 8 } },
    })
  })

  test('breaks a tool call off at max_tokens, arguments and all', async () => {
    await using sandbox = await openAsk()
    const tools = [tool('write_note', 'Writes a note', { text: { type: 'string' } })]
    const cut = await sandbox.ask('Write a note about the long winter in the north', {
      tools,
      max_completion_tokens: 8,
    })
    expect(cut.choices[0]?.finish_reason).toBe('length')
    const [call] = cut.choices[0]?.message.tool_calls ?? []
    expect(call?.function.name).toBe('write_note')
    expect(() => void JSON.parse(call?.function.arguments ?? '')).toThrow(SyntaxError)
  })

  test('stops before the first stop sequence', async () => {
    await using sandbox = await openAsk()
    const reply = await sandbox.ask('Hi', { stop: ['gpt-6', 'the sandbox'] })
    expect(textOf(reply)).toBe('Simulated answer by ')
    expect(reply.choices[0]?.finish_reason).toBe('stop')
  })

  test('comes as often as n says, in different words, and all of it is counted', async () => {
    await using sandbox = await openAsk()
    const one = await sandbox.ask('Hello')
    const three = await sandbox.ask('Hello', { n: 3 })
    expect(new Set(three.choices.map(({ message }) => message.content)).size).toBe(3)
    expect(three.usage.prompt_tokens).toBe(one.usage.prompt_tokens)
    const counted = three.choices.map(({ message }) => countPlainTokens(message.content ?? ''))
    expect(three.usage.completion_tokens).toBe(counted.reduce((sum, tokens) => sum + tokens, 0))
  })

  test('is streamed with its choices interleaved, each whole', async () => {
    await using upstream = await startUpstream()
    const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }], n: 2 }
    const url = `${upstream.url}/v1/chat/completions`
    const whole: Completion = JSON.parse((await observe(url, { body })).text)
    const { text } = await observe(url, { body: { ...body, stream: true } })
    const texts = ['', '']
    for (const event of eventsOf(text)) {
      if (typeof event !== 'object' || event === null || !('choices' in event) || !Array.isArray(event.choices))
        continue
      for (const { index, delta } of event.choices) texts[index] += delta.content ?? ''
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content))
  })
})

describe('tools', () => {
  const weather = tool('get_weather', 'The current weather of a city', { city: { type: 'string' } })
  const route = tool('plan_route', 'Plans a journey', { from: { type: 'string' }, to: { type: 'string' } })

  test('are called when they share a word with the request, and not otherwise', async () => {
    await using sandbox = await openAsk()
    const tools = [weather, route]
    expect(callsOf(await sandbox.ask('Weather in Lima?', { tools }))).toEqual([['get_weather', { city: 'Lima' }]])
    expect(callsOf(await sandbox.ask('Plan journeys from Rome to Bari', { tools }))).toEqual([
      ['plan_route', { from: 'Rome', to: 'Bari' }],
    ])
    expect(callsOf(await sandbox.ask('Tell me a joke', { tools }))).toEqual([])
  })

  test('are called as tool_choice says', async () => {
    await using sandbox = await openAsk()
    const tools = [weather, route]
    const call = async (question: string, tool_choice: Json): Promise<unknown[]> =>
      callsOf(await sandbox.ask(question, { tools, tool_choice }))
    expect(await call('Weather in Lima?', 'none')).toEqual([])
    expect(await call('Tell me a joke about Bob', 'required')).toEqual([['get_weather', { city: 'Bob' }]])
    expect(await call('Weather in Lima?', { type: 'function', function: { name: 'plan_route' } })).toMatchObject([
      ['plan_route', { from: 'Lima' }],
    ])
  })

  test('are called in parallel unless that is forbidden', async () => {
    await using sandbox = await openAsk()
    const question = 'Plan a journey and check the weather in Lima'
    const names = async (fields: JsonObject): Promise<unknown[]> =>
      (await sandbox.ask(question, { tools: [weather, route], ...fields })).choices[0]?.message.tool_calls?.map(
        ({ function: { name } }) => name,
      ) ?? []
    expect(await names({})).toEqual(['get_weather', 'plan_route'])
    expect(await names({ parallel_tool_calls: false })).toEqual(['get_weather'])
  })
})

describe('pieces of a stream', () => {
  test('join to the text, and never split a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const pieces = piecesOf(text)
        expect(pieces.join('')).toBe(text)
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
      }),
    )
  })
})
