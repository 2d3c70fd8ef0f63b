import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message, Tool } from '../../src/contract/chat.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import { writeRequest as writeAnthropic } from '../../src/providers/anthropic/request.ts'
import { writeRequest as writeChat } from '../../src/providers/openai-chat/request.ts'
import { makeCall, makeCard, makeRequest, makeRow } from './calls.ts'

const minTokens = 100
const callOf = (fields: Partial<ChatRequest>, isOn = true) =>
  makeCall({
    request: makeRequest(fields),
    card: makeCard({ wire: { promptCacheMinTokens: minTokens } }),
    row: makeRow({ autoPromptCaching: isOn, wire: { openrouterExtras: true } }),
    stream: false,
  })
const toAnthropic = (fields: Partial<ChatRequest>, isOn = true) => writeAnthropic(callOf(fields, isOn)).body
const toOpenRouter = (fields: Partial<ChatRequest>, isOn = true) => writeChat(callOf(fields, isOn)).body

const long = 'A long text that comes again with every request. '.repeat(20)
const text = (words: string, mark?: JsonObject) => ({ type: 'text' as const, text: words, cacheControl: mark })
const system = (words: string, mark?: JsonObject): Message => ({ role: 'system', content: [text(words, mark)] })
const user = (words: string, mark?: JsonObject): Message => ({ role: 'user', content: [text(words, mark)] })
const says = (words: string, ...ids: string[]): Message => ({
  role: 'assistant',
  content: words === '' ? [] : [text(words)],
  reasoning: [{ kind: 'text', text: 'Hm.', signature: 'signed' }],
  toolCalls: ids.map((id) => ({ id, name: 'add', argumentsJson: '{"a":1}' })),
})
const result = (toolCallId: string, words: string, mark?: JsonObject): Message => ({
  role: 'tool',
  toolCallId,
  content: [text(words, mark)],
})
const add: Tool = { name: 'add', description: long, parameters: { type: 'object', properties: { a: {} } } }
const fiveMinutes = { type: 'ephemeral' }
const oneHour = { type: 'ephemeral', ttl: '1h' }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const list = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** Every block of a body in the order in which the provider reads it, with its place. */
const blocksOf = ({ tools, system: said, messages }: JsonObject): { at: string; block: JsonObject }[] => {
  const within = (blocks: Json | undefined, at: string): { at: string; block: JsonObject }[] =>
    list(blocks).flatMap((block, index) => [
      ...within(block.content, `${at}[${index}].content`),
      { at: `${at}[${index}]`, block },
    ])
  return [
    ...within(tools, 'tools'),
    ...within(said, 'system'),
    ...list(messages).flatMap((message, index) => within(message.content, `messages[${index}]`)),
  ]
}
const marked = (body: JsonObject): string[] =>
  blocksOf(body).flatMap(({ at, block }) => (block.cache_control === undefined ? [] : [at]))

describe('at Anthropic', () => {
  test('of more marks than it takes the last ones are sent, which is told', () => {
    const marks = ['a', 'b', 'c', 'd', 'e', 'f'].map((words) => user(words, fiveMinutes))
    const { body, warnings } = writeAnthropic(callOf({ messages: [system('s', fiveMinutes), ...marks] }, false))
    const written = blocksOf(body).map(({ block }) => [block.text, block.cache_control !== undefined])
    expect(written).toEqual([
      ...['s', 'a', 'b'].map((words) => [words, false]),
      ...['c', 'd', 'e', 'f'].map((words) => [words, true]),
    ])
    expect(warnings.map(({ param }) => param)).toEqual(['cache_control'])
  })

  test('as many marks as it takes are sent as they are', () => {
    const marks = ['a', 'b', 'c', 'd'].map((words) => user(words, fiveMinutes))
    const { body, warnings } = writeAnthropic(callOf({ messages: marks }, false))
    expect(marked(body)).toHaveLength(4)
    expect(warnings).toEqual([])
  })

  const conversation = [system(long), user(long), says('Yes.'), user('Go on.'), says('', 'c1'), result('c1', '2')]

  test('tools, system text and the last two turns of a conversation end marked prefixes', () => {
    const body = toAnthropic({ messages: conversation, tools: [add, { ...add, name: 'sub' }] })
    expect(marked(body)).toEqual(['tools[1]', 'system[0]', 'messages[2][0]', 'messages[4][0]'])
    expect(list(body.system)[0]?.cache_control).toEqual(fiveMinutes)
  })

  test('nothing is marked unless the row says so', () => {
    expect(marked(toAnthropic({ messages: conversation, tools: [add] }, false))).toEqual([])
  })

  test('a question that may never be continued is not paid for: its system text alone is marked', () => {
    expect(marked(toAnthropic({ messages: [system(long), user(long)] }))).toEqual(['system[0]'])
  })

  test('a prefix counts from the start of the request, and a short one is not marked', () => {
    const short = [system('Be brief.'), user('Hi'), says('Hi.'), user('Go on.')]
    expect(marked(toAnthropic({ messages: short }))).toEqual([])
    expect(marked(toAnthropic({ messages: short, tools: [add] }))).toEqual([
      'tools[0]',
      'system[0]',
      'messages[0][0]',
      'messages[2][0]',
    ])
  })

  test("the caller's own marks stand and go first", () => {
    const own = [system(long, fiveMinutes), user(long, fiveMinutes), says('Yes.'), user('Go on.', fiveMinutes)]
    expect(marked(toAnthropic({ messages: own, tools: [add] }))).toEqual([
      'tools[0]',
      'system[0]',
      'messages[0][0]',
      'messages[2][0]',
    ])
    const all = [...own, says('', 'c1'), result('c1', '2', fiveMinutes)]
    expect(marked(toAnthropic({ messages: all, tools: [add] }))).toHaveLength(4)
  })

  test('none of ours comes before one of an hour', () => {
    const own = [system(long), user(long, oneHour), says('Yes.'), user('Go on.')]
    expect(marked(toAnthropic({ messages: own, tools: [add] }))).toEqual(['messages[0][0]', 'messages[2][0]'])
  })

  test('whoever lets Anthropic place the marks gets none of ours', () => {
    expect(marked(toAnthropic({ messages: conversation, extra: { cache_control: fiveMinutes } }))).toEqual([])
  })
})

describe('at OpenRouter', () => {
  test('texts are written in parts where they are marked, and tools are not', () => {
    const messages = [system(long), user('Hi'), says('Yes.'), user('Go on.')]
    const body = toOpenRouter({ messages, tools: [add] })
    expect(marked(body)).toEqual(['messages[0][0]', 'messages[1][0]', 'messages[3][0]'])
    expect(list(body.messages)[1]).toEqual({
      role: 'user',
      content: [{ type: 'text', text: 'Hi', cache_control: fiveMinutes }],
    })
    expect(list(toOpenRouter({ messages }, false).messages)[1]).toEqual({ role: 'user', content: 'Hi' })
  })
})

const mark = fc.option(fc.constantFrom(fiveMinutes, oneHour), { nil: undefined, freq: 4 })
const words = fc.constantFrom('', ' ', 'Hi', long)
const part = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: words, cacheControl: mark }),
  fc.record({
    type: fc.constant('image' as const),
    source: fc.constant({ kind: 'base64' as const, mediaType: 'image/png', data: 'AAAA' }),
    cacheControl: mark,
  }),
)
const message: fc.Arbitrary<Message[]> = fc.oneof(
  fc.tuple(words, mark).map(([said, own]) => [system(said, own)]),
  fc.array(part, { maxLength: 3 }).map((content): Message[] => [{ role: 'user', content }]),
  words.map((said) => [says(said)]),
  fc.tuple(words, mark).map(([said, own]) => [says('', 'c1'), result('c1', said, own)]),
)
const request = fc.record({
  messages: fc.array(message, { maxLength: 8 }).map((turns) => [user('Begin.'), ...turns.flat()]),
  tools: fc.array(
    mark.map((cacheControl) => ({ ...add, cacheControl })),
    { maxLength: 3 },
  ),
})

const withoutMarks = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutMarks)
  if (!isObject(value)) return value
  const { cache_control: _mark, ...rest } = value
  const [only, ...others] = list(rest.content)
  // OpenRouter's lone text is a part where it is marked, and else a string.
  if (only?.type === 'text' && others.length === 0 && typeof rest.role === 'string')
    return { ...rest, content: only.text ?? '' }
  return Object.fromEntries(Object.entries(rest).map(([key, field]) => [key, withoutMarks(field)]))
}

test.each([
  ['Anthropic', toAnthropic],
  ['OpenRouter', toOpenRouter],
])('whatever is asked at %s, marks are few, legal and all that changes', (_where, write) => {
  fc.assert(
    fc.property(request, (fields) => {
      const own = new Set(marked(write(fields, false)))
      const body = write(fields)
      const all = blocksOf(body).filter(({ block }) => block.cache_control !== undefined)
      expect(all.length).toBeLessThanOrEqual(Math.max(4, own.size))
      const lastHour = all.findLastIndex(
        ({ block }) => isObject(block.cache_control) && block.cache_control.ttl === '1h',
      )
      for (const [position, { at, block }] of all.entries()) {
        if (own.has(at)) continue
        expect(block.cache_control).toEqual(fiveMinutes)
        expect(position).toBeGreaterThan(lastHour)
        expect(['thinking', 'redacted_thinking']).not.toContain(block.type)
        if (block.type === 'text') expect(String(block.text).trim()).not.toBe('')
      }
      expect(withoutMarks(body)).toEqual(withoutMarks(write(fields, false)))
    }),
    { numRuns: 200 },
  )
})
