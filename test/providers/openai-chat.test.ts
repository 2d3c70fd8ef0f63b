import { createOpenAiChat } from '../../src/providers/openai-chat.ts'
import { describeDialect } from '../conformance/provider.ts'
import { chunk, completion } from './chat-wire.ts'
import { sse } from './wire-server.ts'

const done = 'data: [DONE]\n\n'
const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 }
const add = { name: 'add', arguments: '{"a":1,"b":2}' }

const signed = { type: 'reasoning.text', text: 'Hm.', signature: 'c2lnbmVk', index: 0 }
const addOne = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }

describeDialect('openai-chat', {
  create: createOpenAiChat,
  auth: 'bearer',
  keyHeader: { name: 'authorization', value: (key) => `Bearer ${key}` },
  path: '/chat/completions',
  body: { model: 'rocket-1', stream: false },
  text: {
    document: completion({ content: 'Grüße, 世界 🌍' }, { usage }),
    stream: sse(
      [
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'Grüße, ' }),
        chunk({ content: '世界 🌍' }),
        chunk({}, { finish: 'stop' }),
        { ...chunk({}), choices: [], usage },
      ],
      done,
    ),
  },
  toolCalls: {
    document: completion(
      {
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: add },
          { id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } },
        ],
      },
      { finish: 'tool_calls', usage },
    ),
    stream: sse(
      [
        chunk({ role: 'assistant', content: null }),
        chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1,' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '"b":2}' } }] }),
        chunk({ tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } }] }),
        chunk({}, { finish: 'tool_calls' }),
        { ...chunk({}), choices: [], usage },
      ],
      done,
    ),
  },
  unfinished: sse([chunk({ content: 'Half' })]),
  overloadedInside: sse([
    chunk({ content: 'Half' }),
    { error: { message: 'Busy', type: 'overloaded_error', code: 503 } },
  ]),
  error: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  requests: {
    lacks: ['cache_control'],
    thinking: 'none',
    thoughts: {
      document: completion(
        { content: null, reasoning_details: [signed], tool_calls: [addOne] },
        { finish: 'tool_calls' },
      ),
      stream: sse(
        [
          chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', index: 0 }] }),
          chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'c2lnbmVk', index: 0 }] }),
          chunk({ tool_calls: [{ index: 0, ...addOne }] }),
          chunk({}, { finish: 'tool_calls' }),
        ],
        done,
      ),
    },
    thoughtsRow: { openrouterExtras: true },
  },
})
