import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Message } from '../../src/contract/chat.ts'
import { countRequest, createRequestTokens } from '../../src/ledger/request-tokens.ts'
import { createTokenFactors } from '../../src/ledger/token-factors.ts'
import { createTokenCounter, cutLongRuns, longestRun } from '../../src/ledger/tokens.ts'
import { card, chatRequest } from '../routing/support.ts'

const counter = createTokenCounter()
beforeAll(counter.ready)

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3_000 }),
  fc
    .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 3_000 }))
    .map(([unit, times]) => unit.repeat(times)),
  fc
    .array(
      fc.constantFrom(' '.repeat(300), '\n'.repeat(400), 'a'.repeat(700), '的'.repeat(300), '<|endoftext|>', '\ud83d'),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
)

describe('counting', () => {
  test.each([
    ['hello world', 2],
    ['', 0],
    ['The quick brown fox jumps over the lazy dog.', 10],
    ['今天天气很好', 4],
  ])('finds in %j the %i tokens of o200k', (text, tokens) => {
    expect(counter.count(text)).toBe(tokens)
  })

  test('takes text that spells a special token for text', () => {
    expect(counter.count('<|endoftext|>')).toBeGreaterThan(1)
    expect(counter.count('<|im_start|>system')).toBeGreaterThan(1)
  })

  test('never gives the tokenizer a run whose merging would take long', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const pieces = cutLongRuns(text)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) expect(longestRunOf(piece)).toBeLessThanOrEqual(longestRun + 1)
      }),
    )
  })

  test('cuts nothing out of ordinary text, so that its count is exact', () => {
    const prose = 'Some words, of ordinary length.\n\n  An indented line; https://example.com/a/b?c=d.\n'.repeat(100)
    expect(cutLongRuns(prose)).toEqual([prose])
  })

  test('never splits a surrogate pair', () => {
    const pieces = cutLongRuns('x'.repeat(255) + '😀'.repeat(600))
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
  })

  test('is a whole number, not negative, never throws, and hardly more than one token a byte', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const tokens = counter.count(text)
        expect(Number.isInteger(tokens)).toBe(true)
        expect(tokens).toBeGreaterThanOrEqual(text === '' ? 0 : 1)
        expect(tokens).toBeLessThanOrEqual(Buffer.byteLength(text))
      }),
    )
  })

  test('adds up: two texts on lines of their own take as many tokens as apart, within a few', () => {
    const word = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(word, word, (left, right) => {
        const together = counter.count(`${left}\n${right}`)
        const apart = counter.count(left) + counter.count(right) + 1
        expect(Math.abs(together - apart)).toBeLessThanOrEqual(4)
      }),
    )
  })

  test('is an estimate, raised, before the tokenizer is loaded', () => {
    expect(createTokenCounter().count('hello world')).toBe(Math.ceil(counter.estimate('hello world') * 1.15))
  })

  test('projects long text from samples of it: not below its count, and hardly above', () => {
    const prose = 'The committee decided on Thursday that the bridge would be repaired before the winter. '
    const hex = 'c0ffee5b1e57c6a4d8e92a4439d5f3e1 '
    const texts = { prose, hex, chinese: '委员会周四决定在冬天之前修好这座桥，费用为两百万元。', emoji: '👩‍👩‍👧‍👦' }
    for (const unit of Object.values(texts)) {
      const repeats = Math.ceil(100_000 / unit.length)
      const exact = counter.count(unit.repeat(repeats / 10)) * 10
      expect(counter.count(unit.repeat(repeats))).toBeGreaterThanOrEqual(exact * 0.99)
      expect(counter.count(unit.repeat(repeats))).toBeLessThan(exact * 1.15)
    }
    const mixed = `${prose.repeat(500)}${hex.repeat(1_000)}`
    const exact = counter.count(prose.repeat(50)) * 10 + counter.count(hex.repeat(100)) * 10
    expect(counter.count(mixed) / exact).toBeGreaterThan(0.95)
    expect(counter.count(mixed) / exact).toBeLessThan(1.2)
  })
})

test('the estimate is within a third of the count on prose, code, JSON and Chinese', () => {
  const samples = [
    'The committee decided on Thursday that the bridge would be repaired before the winter, at a cost of two million.',
    'const total = items.filter((item) => item.price > 0).reduce((sum, { price }) => sum + price, 0)',
    '{"id": 4711, "name": "Widget", "tags": ["small", "blue"], "price": {"amount": 12.5, "currency": "EUR"}}',
    '委员会周四决定在冬天之前修好这座桥，费用为两百万元，由市政府和省政府共同承担。',
  ]
  for (const text of samples) {
    expect(counter.estimate(text)).toBeGreaterThan(counter.count(text) * 0.67)
    expect(counter.estimate(text)).toBeLessThan(counter.count(text) * 1.5)
  }
})

describe('a request', () => {
  const perChar = (text: string): number => text.length
  const user = (content: Message['content']): Message => ({ role: 'user', content })

  test('costs four tokens a message and ten a tool beside their text', () => {
    const messages = [user([{ type: 'text', text: 'abcd' }]), user([{ type: 'text', text: 'ef' }])]
    expect(countRequest(chatRequest({ messages }), perChar)).toBe(14)
    const tools = [{ name: 'find', description: 'Finds.', parameters: { type: 'object' } }]
    expect(countRequest(chatRequest({ messages: [], tools }), perChar)).toBe(
      10 + 'find\nFinds.\n{"type":"object"}'.length,
    )
  })

  test('counts what the assistant thought and called, and the schema of the answer', () => {
    const turn: Message = {
      role: 'assistant',
      content: [{ type: 'text', text: 'ok' }],
      reasoning: [
        { kind: 'text', text: 'hmm', signature: 'x'.repeat(1_000) },
        { kind: 'redacted', data: 'y'.repeat(1_000) },
      ],
      toolCalls: [{ id: 'call_1', name: 'find', argumentsJson: '{"q":1}' }],
    }
    const responseFormat = { type: 'json_schema' as const, name: 'n', schema: { type: 'object' } }
    const expected = 4 + 'ok'.length + 'hmm'.length + 'find{"q":1}'.length + '{"type":"object"}'.length
    expect(countRequest(chatRequest({ messages: [turn], responseFormat }), perChar)).toBe(expected)
  })

  test('counts an image by its detail and never by the length of its data', () => {
    const source = { kind: 'base64' as const, mediaType: 'image/png', data: 'A'.repeat(1_000_000) }
    const tokens = (detail: 'low' | 'high' | undefined) =>
      countRequest(chatRequest({ messages: [user([{ type: 'image', source, detail }])] }), perChar)
    expect(tokens('low')).toBe(4 + 85)
    expect(tokens('high')).toBe(4 + 1_600)
    expect(tokens(undefined)).toBe(4 + 1_600)
  })
})

describe('a model’s own tokens', () => {
  const claude = card('anthropic:opus', { tokenFactor: 1.35 })
  const request = chatRequest({ text: 'word '.repeat(200) })

  test('start from the card’s factor and follow what the provider counts', () => {
    const tokens = createRequestTokens({ counter, factors: createTokenFactors() })
    const ours = tokens.countInput(request, card('openai:gpt'))
    expect(tokens.countInput(request, claude)).toBe(Math.ceil(ours * 1.35))
    for (let reply = 0; reply < 60; reply++) tokens.learnInput(request, claude, ours * 1.6)
    expect(tokens.countInput(request, claude) / ours).toBeCloseTo(1.6, 2)
    expect(tokens.countInput(request, card('openai:gpt'))).toBe(ours)
    expect(tokens.countOutput('one two three', claude)).toBe(Math.ceil(3 * 1.6))
  })

  test('learn nothing from images or from very short requests, and never beyond all sense', () => {
    const image = { type: 'image' as const, source: { kind: 'url' as const, url: 'https://example.com/a.png' } }
    const text = { type: 'text' as const, text: 'word '.repeat(200) }
    const factors = createTokenFactors()
    const tokens = createRequestTokens({ counter, factors })
    tokens.learnInput(chatRequest({ messages: [{ role: 'user', content: [text, image] }] }), claude, 9_000)
    tokens.learnInput(chatRequest({ text: 'hi' }), claude, 9_000)
    expect(factors.factor(claude)).toBe(1.35)
    for (let reply = 0; reply < 500; reply++) tokens.learnInput(request, claude, 1_000_000)
    expect(factors.factor(claude)).toBeLessThanOrEqual(3)
    for (let reply = 0; reply < 500; reply++) factors.learn(claude, 1_000, 1)
    expect(factors.factor(claude)).toBeGreaterThanOrEqual(0.5)
  })

  test('are estimated to choose a model for a long request, and counted where a limit on cost hangs on them', () => {
    let [counted, estimated] = [0, 0]
    const watched = {
      ...counter,
      count: (text: string) => ((counted += text.length), counter.count(text)),
      estimate: (text: string) => ((estimated += text.length), counter.estimate(text)),
    }
    const tokens = createRequestTokens({ counter: watched, factors: createTokenFactors() })
    const long = chatRequest({ text: 'word '.repeat(20_000) })
    for (const one of [claude, card('a:b'), card('c:d')]) tokens.estimateInput(long, one)
    expect([counted, estimated]).toEqual([0, 100_000])
    const limited = { ...long, limits: { maxCostNanoUsd: 1_000n } }
    for (const one of [claude, card('a:b'), card('c:d')]) tokens.estimateInput(limited, one)
    expect(counted).toBe(100_000)
  })

  test('are never counted in more text than one text of bounded length, however many messages it is spread over', () => {
    let counted: number[] = []
    const watched = { ...counter, count: (text: string) => (counted.push(text.length), 1) }
    const tokens = createRequestTokens({ counter: watched, factors: createTokenFactors() })
    const messages = Array.from({ length: 50 }, (): Message => {
      return { role: 'user', content: [{ type: 'text', text: 'word '.repeat(2_000) }] }
    })
    tokens.countInput(chatRequest({ messages }), claude)
    expect(counted).toEqual([500_049])
    counted = []
    tokens.countInput(chatRequest({ messages: messages.slice(0, 1) }), claude)
    expect(counted).toEqual([10_000])
  })

  test('are remembered for a bounded number of models', () => {
    const factors = createTokenFactors()
    factors.learn(claude, 100, 200)
    for (let index = 0; index < 6_000; index++) factors.learn(card(`open:made-up-${index}`), 100, 200)
    expect(factors.factor(claude)).toBe(1.35)
    expect(factors.factor(card('open:made-up-5999'))).toBeCloseTo(1.1)
  })
})

const longestRunOf = (text: string): number =>
  Math.max(0, ...(text.match(/[^\s\u0085]+|[\s\u0085]+/g) ?? []).map((run) => run.length))
