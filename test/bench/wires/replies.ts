import type { JsonObject } from '../../../src/contract/json.ts'
import { anthropicEvents, anthropicMessage, chunk, completion, geminiChunk, named } from '../../providers/chat-wire.ts'
import type { Wire } from '../../providers/recordings.ts'
import { closing, itemEvents, message, opening, response, textDelta } from '../../providers/responses-wire.ts'
import { sse } from '../../providers/wire-server.ts'

/** As many pieces as an answer of usual length comes in, of a word or two each. */
const pieces = Array.from({ length: 250 }, (_, n) => (n % 12 === 11 ? 'sentence.\n' : `word${n} and `))
export const answer = pieces.join('')

const usage = { prompt_tokens: 120, completion_tokens: 500, total_tokens: 620 }
const anthropicUsage = { input_tokens: 120, output_tokens: 500 }
const geminiUsage = { promptTokenCount: 120, candidatesTokenCount: 500, totalTokenCount: 620 }

interface Reply {
  document: JsonObject
  stream: string
}

/** The same answer on each wire, whole and streamed, as the vendors document them. */
export const replies: Readonly<Record<Wire, Reply>> = {
  'openai-chat': {
    document: completion({ content: answer, refusal: null }, { usage }),
    stream: sse(
      [
        chunk({ role: 'assistant', content: '' }),
        ...pieces.map((content) => chunk({ content })),
        chunk({}, { finish: 'stop' }),
        { ...chunk({}), choices: [], usage },
      ],
      'data: [DONE]\n\n',
    ),
  },
  'openai-responses': {
    document: response([message(answer)]),
    stream: named([
      ...opening,
      ...itemEvents(
        0,
        message(answer),
        pieces.map((piece) => textDelta(piece)),
      ),
      closing([message(answer)]),
    ]),
  },
  anthropic: {
    document: anthropicMessage([{ type: 'text', text: answer }], { usage: anthropicUsage }),
    stream: named(
      anthropicEvents(
        [
          {
            start: { type: 'text', text: '' },
            deltas: pieces.map((text) => ({ type: 'text_delta', text })),
          },
        ],
        { usage: anthropicUsage },
      ),
    ),
  },
  gemini: {
    document: geminiChunk([{ text: answer }], { finish: 'STOP', usage: geminiUsage }),
    // Google's pieces are longer.
    stream: sse([
      ...Array.from({ length: pieces.length / 10 }, (_, n) =>
        geminiChunk([{ text: pieces.slice(n * 10, n * 10 + 10).join('') }], { usage: geminiUsage }),
      ),
      geminiChunk([{ text: '' }], { finish: 'STOP', usage: geminiUsage }),
    ]),
  },
}
