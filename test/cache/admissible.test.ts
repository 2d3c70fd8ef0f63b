import { expect, test } from 'vitest'
import { judgeAdmission } from '../../src/cache/admissible.ts'
import type { KeepRefusal } from '../../src/cache/admissible.ts'
import type { AnswerEvent } from '../../src/contract/chat.ts'
import type { CachedAnswer } from '../../src/contract/store.ts'
import { answerOf } from './answer-of.ts'

const bounds = { maxEntryBytes: 10_000, simulated: false, force: false }
const stop = { choice: 0, reason: 'stop', native: 'stop' } as const

test('takes a whole answer, and says its size', () => {
  const verdict = judgeAdmission(answerOf(), bounds)
  expect(verdict).toMatchObject({ admissible: true })
  expect(judgeAdmission(answerOf(), { ...bounds, maxEntryBytes: 10 })).toEqual({
    admissible: false,
    reason: 'too_large',
  })
})

test.each<[KeepRefusal, string, Partial<CachedAnswer<AnswerEvent>>]>([
  ['unfinished', 'an answer without an end', { finishes: [] }],
  ['unfinished', 'one cut by its length', { finishes: [{ ...stop, reason: 'length' }] }],
  ['unfinished', 'one cut by a filter', { finishes: [{ ...stop, reason: 'content_filter' }] }],
  ['unfinished', 'one of whose choices was cut', { finishes: [stop, { ...stop, choice: 1, reason: 'length' }] }],
  ['empty', 'an answer without events', { events: [] }],
  ['empty', 'one of blanks', { events: [{ type: 'text', choice: 0, text: ' \n' }] }],
  ['empty', 'one that was only thought', { events: [{ type: 'reasoning', choice: 0, block: 0, text: 'hm' }] }],
  ['empty', 'one of whose choices says nothing', { finishes: [stop, { ...stop, choice: 1 }] }],
  ['refusal', 'a refusal', { events: [{ type: 'refusal', choice: 0, text: 'I cannot.' }] }],
  [
    'tool_calls',
    'a tool call, whatever its end is called',
    {
      events: [
        { type: 'text', choice: 0, text: 'Let me see.' },
        { type: 'tool-call', choice: 0, index: 0, id: '1', name: 'find' },
      ],
    },
  ],
  [
    'substituted',
    'the answer of a model that helped out',
    { warnings: [{ code: 'model_substituted', param: 'model', message: 'gpt-6 did not answer' }] },
  ],
  ['creative', 'a poem', { task: { task: 'creative', confidence: 0.8, signals: [] } }],
  ['simulated', 'a sandbox answer in a real cache', { simulated: true }],
])('%s: refuses %s', (reason, _what, said) => {
  expect(judgeAdmission(answerOf(said), bounds)).toEqual({ admissible: false, reason })
})

test('a real answer does not belong into a sandbox cache', () => {
  expect(judgeAdmission(answerOf(), { ...bounds, simulated: true })).toEqual({ admissible: false, reason: 'simulated' })
})

test('forcing takes the poem, not what is broken', () => {
  const forced = { ...bounds, force: true }
  expect(judgeAdmission(answerOf({ task: { task: 'creative', confidence: 0.8, signals: [] } }), forced)).toMatchObject({
    admissible: true,
  })
  expect(judgeAdmission(answerOf({ finishes: [] }), forced)).toMatchObject({ admissible: false })
})

test('takes other warnings, and several whole choices', () => {
  const warnings = [{ code: 'dropped_parameter', param: 'seed', message: 'not taken' }] as const
  const events = [0, 1].map((choice) => ({ type: 'text', choice, text: 'Yes.' }) as const)
  const finishes = [stop, { ...stop, choice: 1 }]
  expect(judgeAdmission(answerOf({ warnings, events, finishes }), bounds)).toMatchObject({ admissible: true })
})
