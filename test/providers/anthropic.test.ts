import { createAnthropic } from '../../src/providers/anthropic.ts'
import { describeDialect } from '../conformance/provider.ts'
import { anthropicEvents, anthropicMessage, messageStart, named } from './chat-wire.ts'

const half = [
  messageStart({ input_tokens: 12 }),
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Half' } },
]

const addOne = { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1 } }

describeDialect('anthropic', {
  create: createAnthropic,
  auth: 'x-api-key',
  keyHeader: { name: 'x-api-key', value: (key) => key },
  path: '/v1/messages',
  body: { model: 'rocket-1', stream: false },
  text: {
    document: anthropicMessage([{ type: 'text', text: 'Grüße, 世界 🌍' }]),
    stream: named(
      anthropicEvents([
        {
          start: { type: 'text', text: '' },
          deltas: [
            { type: 'text_delta', text: 'Grüße, ' },
            { type: 'text_delta', text: '世界 🌍' },
          ],
        },
      ]),
    ),
  },
  toolCalls: {
    document: anthropicMessage(
      [
        { type: 'tool_use', id: 'toolu_1', name: 'add', input: { a: 1, b: 2 } },
        { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
      ],
      { stop: 'tool_use' },
    ),
    stream: named(
      anthropicEvents(
        [
          {
            start: { type: 'tool_use', id: 'toolu_1', name: 'add', input: {} },
            deltas: [
              { type: 'input_json_delta', partial_json: '' },
              { type: 'input_json_delta', partial_json: '{"a":1,' },
              { type: 'input_json_delta', partial_json: '"b":2}' },
            ],
          },
          { start: { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} } },
        ],
        { stop: 'tool_use' },
      ),
    ),
  },
  unfinished: named(half),
  overloadedInside: named([...half, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }]),
  error: (message) => ({ type: 'error', error: { type: 'some_error', message }, request_id: 'req_1' }),
  requests: {
    lacks: [
      'presence_penalty',
      'frequency_penalty',
      'seed',
      'n',
      'logprobs',
      'top_logprobs',
      'response_format',
      'messages: name',
      'messages: detail',
      'x_unknown',
    ],
    thinking: 'adaptive',
    thoughts: {
      document: anthropicMessage([{ type: 'thinking', thinking: 'Hm.', signature: 'c2lnbmVk' }, addOne], {
        stop: 'tool_use',
      }),
      stream: named(
        anthropicEvents(
          [
            {
              start: { type: 'thinking', thinking: '', signature: '' },
              deltas: [
                { type: 'thinking_delta', thinking: 'Hm.' },
                { type: 'signature_delta', signature: 'c2lnbmVk' },
              ],
            },
            { start: { ...addOne, input: {} }, deltas: [{ type: 'input_json_delta', partial_json: '{"a":1}' }] },
          ],
          { stop: 'tool_use' },
        ),
      ),
    },
  },
})
