import { createGemini } from '../../src/providers/gemini.ts'
import { describeDialect } from '../conformance/provider.ts'
import { geminiChunk } from './chat-wire.ts'
import { sse } from './wire-server.ts'

const add = { functionCall: { name: 'add', args: { a: 1, b: 2 }, id: 'call-1' } }
const now = { functionCall: { name: 'now', id: 'call-2' } }

const thought = { text: 'Hm.', thought: true }
const signed = { functionCall: { name: 'add', args: { a: 1 } }, thoughtSignature: 'c2lnbmVk' }

describeDialect('gemini', {
  create: createGemini,
  auth: 'x-goog-api-key',
  keyHeader: { name: 'x-goog-api-key', value: (key) => key },
  path: '/models/rocket-1:generateContent',
  body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
  text: {
    document: geminiChunk([{ text: 'Grüße, 世界 🌍' }], { finish: 'STOP' }),
    stream: sse([geminiChunk([{ text: 'Grüße, ' }]), geminiChunk([{ text: '世界 🌍' }], { finish: 'STOP' })]),
  },
  toolCalls: {
    document: geminiChunk([add, now], { finish: 'STOP' }),
    // Parallel calls come one a chunk, and the finish by itself.
    stream: sse([geminiChunk([add]), geminiChunk([now]), geminiChunk([{ text: '' }], { finish: 'STOP' })]),
  },
  unfinished: sse([geminiChunk([{ text: 'Half' }])]),
  overloadedInside: sse([
    geminiChunk([{ text: 'Half' }]),
    [{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }],
  ]),
  error: (message) => ({ error: { code: 400, message, status: 'SOMETHING' } }),
  requests: {
    lacks: ['parallel_tool_calls', 'messages: name', 'messages: detail', 'cache_control', 'x_unknown'],
    thinking: 'level',
    thoughts: {
      document: geminiChunk([thought, signed], { finish: 'STOP' }),
      stream: sse([geminiChunk([thought]), geminiChunk([signed]), geminiChunk([{ text: '' }], { finish: 'STOP' })]),
    },
  },
})
