import { describe, expect, test } from 'vitest'
import { judgeEligibility } from '../../src/cache/eligible.ts'
import type { BypassReason } from '../../src/cache/eligible.ts'
import type { ChatRequest, ContentPart } from '../../src/contract/chat.ts'
import { plainRequest } from '../support/plain.ts'
import { says } from './answer-of.ts'

const forced = { read: true, write: true, force: true }
const userSays = (...content: ContentPart[]): Partial<ChatRequest> => ({ messages: [{ role: 'user', content }] })

const refused: [BypassReason, string, Partial<ChatRequest>][] = [
  ['temperature', 'a temperature above 0.3', { temperature: 0.31 }],
  ['several_answers', 'several answers', { n: 2 }],
  ['creative', 'a creative task', { requirements: { task: 'creative' } }],
  ['variety', 'another one', { messages: [says('Tell me another joke.')] }],
  ['variety', 'chance', { messages: [says('Please roll two dice.')] }],
  ['live_search', 'web search', { extra: { web_search_options: {} } }],
  ['live_search', 'a plugin', { extra: { plugins: [{ id: 'web' }] } }],
  ['live_search', 'a model that searches', { model: { kind: 'named', model: 'gpt-4o-search-preview' } }],
  ['live_search', 'a model that searches', { model: { kind: 'named', model: 'perplexity/sonar-pro' } }],
  ['live_search', 'a model that searches', { model: { kind: 'named', model: 'openai/gpt-6:online' } }],
  ['provider_state', 'an exchange to be filed', { extra: { store: true } }],
  ['provider_state', 'an exchange that goes on', { extra: { previous_response_id: 'resp_1' } }],
  [
    'remote_image',
    'an image behind a URL',
    userSays({ type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } }),
  ],
  ['opaque_content', 'audio', userSays({ type: 'native', value: { type: 'input_audio' } })],
]

test.each(refused)('%s: refuses %s, unless the caller forces it', (reason, _what, said) => {
  expect(judgeEligibility(plainRequest(said))).toEqual({ eligible: false, reason })
  expect(judgeEligibility(plainRequest({ ...said, cache: forced }))).toEqual({ eligible: true, capMs: Infinity })
})

test('a caller who wants no cache gets none', () => {
  expect(judgeEligibility(plainRequest({ cache: { read: false, write: false, force: false } }))).toEqual({
    eligible: false,
    reason: 'declined',
  })
})

test.each<[string, Partial<ChatRequest>]>([
  ['a plain question', {}],
  ['a temperature of 0.3', { temperature: 0.3 }],
  ['one answer', { n: 1 }],
  ['a seed and logprobs', { seed: 7, logprobs: true }],
  [
    'tools and their results',
    { tools: [{ name: 'find' }], messages: [says('Who?'), { role: 'tool', toolCallId: '1', content: [] }] },
  ],
  [
    'an image that is there',
    userSays({ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } }),
  ],
  ['fields that are switched off', { extra: { store: false, web_search_options: null } }],
  ['a model whose name only sounds like search', { model: { kind: 'named', model: 'research-1' } }],
  ['an earlier turn that wanted variety', { messages: [says('Another joke.'), says('Why is that funny?')] }],
  ['a question about chance', { messages: [says('How does a random forest work?')] }],
  ['a question about deleting', { messages: [says('How do I delete a branch in git?')] }],
])('takes %s', (_what, said) =>
  expect(judgeEligibility(plainRequest(said))).toEqual({ eligible: true, capMs: Infinity }),
)

describe('lets an answer live a minute at most when', () => {
  test.each([
    'What is the weather in Oslo?',
    'Who is the current champion?',
    "What's the latest Node version?",
    'WHAT HAPPENED THIS WEEK?',
    'What time is it?',
    'Was kostet das heute?',
    'Quelles sont les nouvelles d’aujourd’hui ?',
    '¿Qué pasó hoy?',
    '今天天气怎么样',
    'ソニーの株価は現在いくら',
    'Какая сейчас погода?',
    'Cancel my order.',
    'Thanks.\nCould you please send the report?',
  ])('the user says %j', (text) => {
    expect(judgeEligibility(plainRequest({ messages: [says(text)] }))).toEqual({ eligible: true, capMs: 60_000 })
  })

  test('an earlier turn said it', () => {
    const messages = [says('How is the weather in Oslo?'), says('And in Bergen?')]
    expect(judgeEligibility(plainRequest({ messages }))).toEqual({ eligible: true, capMs: 60_000 })
  })

  test('the question comes before or after a long text', () => {
    const document = 'lorem ipsum '.repeat(500)
    for (const text of [`What is the price now? ${document}`, `${document} What is the price now?`])
      expect(judgeEligibility(plainRequest({ messages: [says(text)] }))).toEqual({ eligible: true, capMs: 60_000 })
  })
})

test('what was said long ago is no cue', () => {
  const messages = ['How is the weather?', 'Thanks.', 'Who wrote Faust?', 'And Hamlet?'].map(says)
  expect(judgeEligibility(plainRequest({ messages }))).toEqual({ eligible: true, capMs: Infinity })
})

test('words inside others, inside long texts and in what others say are no cues', () => {
  const document = `${'lorem ipsum '.repeat(100)} today's price ${'dolor sit '.repeat(100)}`
  const system = { role: 'system', content: [{ type: 'text', text: 'Today is Monday.' }] } as const
  for (const messages of [
    [says('I know knowledge; explain nowhere dense sets.')],
    [says(`Summarise: ${document}`)],
    [{ ...system, content: [...system.content] }, says('Who wrote Faust?')],
  ])
    expect(judgeEligibility(plainRequest({ messages }))).toEqual({ eligible: true, capMs: Infinity })
})
