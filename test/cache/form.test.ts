import { describe, expect, test } from 'vitest'
import { judgeForm } from '../../src/cache/form.ts'
import type { ChatRequest } from '../../src/contract/chat.ts'
import type { Task } from '../../src/contract/plan.ts'
import { plainRequest } from '../support/plain.ts'
import { says } from './answer-of.ts'

const judge = (text: string, task: Task = 'qa', said: Partial<ChatRequest> = {}) =>
  judgeForm(plainRequest({ messages: [says(text)], ...said }), task, text)

test.each([
  'What does `a` mean here: ```a = 1```?',
  'What does list() return?',
  'Why is x == y not true?',
  'What is in /usr/local/lib/?',
  'What does main.py do?',
  'What does grep -v do?',
  'Is max_tokens an integer?',
  'What is getElementById for?',
  'select name from users where id = 1',
  'What is a TypeError: undefined is not a function?',
  'What does C:\\temp hold?',
  'Where does https://example.com/a lead?',
])('code, paths and queries count by every sign: %s', (text) => {
  expect(judge(text)).toBe('code')
})

test.each([
  'How do you spell necessary?',
  'How many letters has the word banana?',
  'Is there a comma missing?',
  'Which words rhyme with blue?',
  'Correct my sentence, please.',
  'Is this an anagram of listen?',
  'Should Monday be capitalised?',
  'How many syllables has haiku?',
])('what is asked about the form is answered for this form alone: %s', (text) => {
  expect(judge(text)).toBe('form')
})

test.each([
  'How do bees make honey?',
  'What is Node.js used for?',
  'Who wrote War and Peace?',
  'Is a 5-year-old allowed to swim alone?',
  'What is the difference between jam and jelly?',
  'How do I learn C#?',
])('in other questions the form does not matter: %s', (text) => {
  expect(judge(text)).toBeNull()
})

test.each<Task>(['code', 'rewrite', 'translation', 'extraction', 'creative'])(
  'of %s every letter counts, whatever the words',
  (task) => {
    expect(judge('How do bees make honey?', task)).toBe('form')
  },
)

describe('what else of a request keeps it from other forms', () => {
  const image = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const
  test.each<[string, Partial<ChatRequest>, string]>([
    ['tools', { tools: [{ name: 'look', parameters: {} }] }, 'tools'],
    ['JSON', { responseFormat: { type: 'json_object' } }, 'structured'],
    ['a seed', { seed: 0 }, 'sampling'],
    ['log-probabilities', { logprobs: true }, 'sampling'],
    ['several answers', { n: 2 }, 'sampling'],
    ['a picture', { messages: [{ role: 'user', content: [image] }] }, 'not_text'],
    [
      'the result of a tool',
      { messages: [{ role: 'tool', toolCallId: 'c', content: [] }, says('And now?')] },
      'tool_results',
    ],
  ])('%s', (_what, said, reason) => {
    expect(judge('How do bees make honey?', 'qa', said)).toBe(reason)
  })

  test('one answer, and a format that says plain text, do not', () => {
    expect(judge('How do bees make honey?', 'qa', { n: 1, responseFormat: { type: 'text' } })).toBeNull()
  })
})
