import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/contract/chat.ts'
import { tasks } from '../../src/contract/plan.ts'
import type { Task } from '../../src/contract/plan.ts'
import { classifyLexically } from '../../src/routing/classify.ts'
import { readQuestion } from '../../src/routing/question.ts'
import { defaultDataDir, evaluate, isHeldOut, judgeWith, naiveJudge, readTaskData } from '../bench/task-data.ts'
import { chatRequest } from './support.ts'

const guess = (given: Parameters<typeof chatRequest>[0]) => classifyLexically(readQuestion(chatRequest(given)))
const taskOf = (text: string): Task => guess({ text }).task

const say = (role: 'system' | 'user', text: string): Message => ({ role, content: [{ type: 'text', text }] })

const article = 'The council met on Tuesday and talked about the harbour, the budget and the new school. '.repeat(40)

const plain: readonly (readonly [Task, string])[] = [
  ['code', 'Write a Python function that merges two sorted lists.'],
  ['code', 'Why does this throw?\n```js\nconst a = undefined\na.b\n```'],
  ['code', 'TypeError: x is not a function\n    at main (/srv/app.js:12:3)\nWhat is wrong here?'],
  ['creative', 'Write a short poem about a lighthouse keeper.'],
  ['creative', 'Pretend you are a pirate and tell me a tale of the sea.'],
  ['math', 'Solve the equation 3x + 5 = 20 for x.'],
  ['math', 'Anna has 12 apples, eats 3 and buys 7 more. How many apples does she have left?'],
  [
    'reasoning',
    'Three people sit in a row.\nClues:\n1. Ann sits left of Bob.\n2. Cid is in the middle.\nWho sits where?',
  ],
  ['summarization', `Summarize this article in two sentences:\n\n${article}`],
  ['summarization', `${article}\n\nTL;DR:`],
  ['extraction', `Extract all names and dates as JSON:\n${article}`],
  ['translation', `Translate the following into German:\n${article}`],
  ['classification', 'Is this review positive or negative? "The soup was cold and the waiter rude."'],
  ['rewrite', 'Rewrite this email so that it sounds more polite: send me the file now'],
  ['qa', 'When did the first railway in Japan open?'],
  ['qa', 'What is the difference between a comet and an asteroid?'],
  ['chat', 'Hi there! How are you today?'],
  ['chat', 'thanks, that was lovely'],
]

const elsewhere: readonly (readonly [Task, string])[] = [
  ['summarization', 'Fasse den folgenden Text kurz zusammen: Der Rat tagte am Dienstag.'],
  ['summarization', '请总结以下文章：会议于周二举行。'],
  ['translation', 'Traduce esta frase al inglés: buenos días'],
  ['translation', '次の文を英語に翻訳してください。'],
  ['math', 'Решите уравнение 2x + 3 = 11'],
  ['creative', 'Напиши стих о море'],
  ['creative', '写一首关于秋天的诗'],
  ['code', '用 Python 写一个排序函数，附上代码'],
  ['rewrite', 'Reformule ce paragraphe pour le rendre plus formel : on se voit demain'],
  ['classification', 'Clasifica este comentario como positivo o negativo: me encantó'],
  ['qa', '¿Cuándo empezó la Segunda Guerra Mundial?'],
  ['chat', 'Bonjour !'],
]

const brief = (text: string): string => text.slice(0, 60).replaceAll('\n', ' ')

test.each([...plain, ...elsewhere].map(([task, text]) => [task, brief(text), text] as const))(
  'takes for %s: %s',
  (task, _brief, text) => {
    expect(taskOf(text)).toBe(task)
  },
)

describe('noise', () => {
  const noises: readonly (readonly [string, (text: string) => string])[] = [
    ['capitals', (text) => text.toUpperCase()],
    ['spaces around it', (text) => `\n\n   ${text}   \n`],
    ['Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
    ['wide spaces', (text) => text.replaceAll(' ', '  ')],
    ['a kind word', (text) => `Please help me. ${text}`],
  ]
  const short = plain.filter(([task, text]) => text.length < 200 && task !== 'code' && task !== 'chat')
  test.each(noises)('of %s changes no guess', (_name, disturb) => {
    for (const [task, text] of short) expect([text, taskOf(disturb(text))]).toEqual([text, task])
  })
})

describe('beside the last text', () => {
  test('a follow-up is about what came before', () => {
    const messages = [say('user', 'Write a poem about rain.'), say('user', 'shorter')]
    expect(guess({ messages })).toMatchObject({
      task: 'creative',
      signals: expect.arrayContaining([expect.stringMatching(/^earlier turn/)]),
    })
  })

  test('a new question in an old conversation is its own', () => {
    const messages = [say('user', 'Write a poem about rain.'), say('user', 'Now translate "rain" into French.')]
    expect(guess({ messages }).task).toBe('translation')
  })

  test('the system prompt speaks up where the text says nothing', () => {
    const system = 'You translate everything that the user writes from English to Spanish.'
    const messages = [say('system', system), say('user', 'The weather has been fine since the morning.')]
    expect(guess({ messages }).task).toBe('translation')
  })

  test('a wish for JSON and a picture point to extraction', () => {
    const image = { type: 'image' as const, source: { kind: 'url' as const, url: 'https://example.com/receipt.png' } }
    const messages: Message[] = [{ role: 'user', content: [{ type: 'text', text: 'this receipt' }, image] }]
    expect(guess({ messages, responseFormat: { type: 'json_object' } }).task).toBe('extraction')
  })

  test('a request without any text is talk, with little confidence', () => {
    expect(guess({ messages: [] })).toMatchObject({ task: 'chat', signals: ['nothing points to a task'] })
    expect(guess({ messages: [] }).confidence).toBeLessThan(0.5)
  })
})

test('whatever it is given, it guesses a task with a confidence and a reason, the same each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
      const first = guess({ text })
      expect(tasks).toContain(first.task)
      expect(first.confidence).toBeGreaterThan(0)
      expect(first.confidence).toBeLessThanOrEqual(1)
      expect(first.signals.length).toBeGreaterThan(0)
      expect(guess({ text })).toEqual(first)
    }),
  )
})

test('reads a few thousand characters, however long the prompt and however many its parts', () => {
  const huge = 'a b '.repeat(1_000_000)
  const question = readQuestion(chatRequest({ messages: [say('system', huge), say('user', huge), say('user', huge)] }))
  const parts = Array.from({ length: 20_000 }, () => ({ type: 'text' as const, text: 'word word' }))
  const scattered = readQuestion(chatRequest({ messages: [{ role: 'user', content: parts }] }))
  for (const { system, ask, edges, sample, earlier } of [question, scattered])
    expect(system.length + ask.length + edges.length + sample.length + earlier.length).toBeLessThan(6_000)
  expect(question.chars).toBe(4_000_000)
})

test.each([
  ['one long word', 'a'],
  ['quotes', '"'],
  ['brackets', '(['],
  ['line ends', '\n'],
  ['spaces', ' '],
  ['dollars', '$a'],
  ['tags', '<a '],
  ['verbs that never reach their object', 'write a b c '],
  ['numbers', '1 = 1 '],
  ['combining marks', 'e\u0301\u0301\u0301'],
  ['ligatures that grow when normalised', '\ufdfa'],
])('is done at once with a prompt full of %s', (_name, unit) => {
  expect(tasks).toContain(taskOf(unit.repeat(100_000)))
})

const data = readTaskData(defaultDataDir)

describe.skipIf(data === null)('on labelled prompts of the held-out half (skipped without ../shared/data)', () => {
  const heldOut = (data?.labelled ?? []).filter(isHeldOut)
  const result = () => evaluate(heldOut, judgeWith(classifyLexically))

  test('it is right far more often than keywords are', () => {
    const { accuracy, macroAccuracy } = result()
    const naive = evaluate(heldOut, naiveJudge)
    expect(accuracy).toBeGreaterThan(0.77)
    expect(macroAccuracy).toBeGreaterThan(0.66)
    expect(accuracy).toBeGreaterThan(naive.accuracy + 0.2)
    expect(macroAccuracy).toBeGreaterThan(naive.macroAccuracy + 0.15)
  })

  test('its confidence is about the share of right guesses', () => {
    expect(result().calibrationError).toBeLessThan(0.1)
  })
})
