import { createOpenAiResponses } from '../../src/providers/openai-responses.ts'
import { describeDialect } from '../conformance/provider.ts'
import { named } from './chat-wire.ts'
import {
  argumentsDelta,
  closing,
  functionCall,
  itemEvents,
  message,
  opening,
  reasoning,
  response,
  summaryDelta,
  textDelta,
} from './responses-wire.ts'

const text = message('Grüße, 世界 🌍')
const add = functionCall('call_1', 'add', '{"a":1,"b":2}')
const now = functionCall('call_2', 'now', '')

const half = [
  ...opening,
  { type: 'response.output_item.added', output_index: 0, item: message('') },
  { type: 'response.content_part.added', output_index: 0, content_index: 0, part: { type: 'output_text', text: '' } },
  { ...textDelta('Half'), output_index: 0 },
]

const thought = reasoning(['Hm.'], { encrypted_content: 'c2lnbmVk' })
const addOne = functionCall('call_1', 'add', '{"a":1}')

describeDialect('openai-responses', {
  create: createOpenAiResponses,
  auth: 'bearer',
  keyHeader: { name: 'authorization', value: (key) => `Bearer ${key}` },
  path: '/responses',
  body: { model: 'rocket-1', stream: false },
  text: {
    document: response([text]),
    stream: named([...opening, ...itemEvents(0, text, [textDelta('Grüße, '), textDelta('世界 🌍')]), closing([text])]),
  },
  toolCalls: {
    document: response([add, now]),
    stream: named([
      ...opening,
      ...itemEvents(0, add, [argumentsDelta(''), argumentsDelta('{"a":1,'), argumentsDelta('"b":2}')]),
      ...itemEvents(1, now),
      closing([add, now]),
    ]),
  },
  unfinished: named(half),
  overloadedInside: named([
    ...half,
    {
      type: 'error',
      error: { type: 'server_error', code: 'server_is_overloaded', message: 'Overloaded', param: null },
    },
  ]),
  error: (words) => ({ error: { message: words, type: 'invalid_request_error', param: 'input', code: null } }),
  requests: {
    lacks: ['presence_penalty', 'frequency_penalty', 'seed', 'stop', 'n', 'messages: name', 'cache_control'],
    thinking: 'none',
    thoughts: {
      document: response([thought, addOne]),
      stream: named([
        ...opening,
        ...itemEvents(0, thought, [summaryDelta('Hm.')]),
        ...itemEvents(1, addOne, [argumentsDelta('{"a":1}')]),
        closing([thought, addOne]),
      ]),
    },
  },
})
