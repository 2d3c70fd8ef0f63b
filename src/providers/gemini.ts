import type { JsonObject } from '../contract/json.ts'
import type { Dialect, UpstreamCall, UpstreamEvent } from '../contract/provider.ts'
import { createAnswer } from './gemini/answer.ts'
import { createGeminiEmbed } from './gemini/embed.ts'
import { writeRequest } from './gemini/request.ts'
import { createCallSignatures } from './gemini/signatures.ts'
import type { UpstreamHttp } from './http.ts'
import { ask } from './reply/ask.ts'
import { readChunk } from './reply/chunk.ts'

/** An answer in more pieces is longer than any model's output. */
const mostContinuations = 32

/** Google's own `generateContent`, at Google AI and, where a base URL says so, at Vertex AI. */
export const createGemini = (http: UpstreamHttp): Dialect => {
  const signatures = createCallSignatures()
  return {
    name: 'gemini',
    async *chat(call, signal): AsyncGenerator<UpstreamEvent, void> {
      const { row } = call
      const path = pathOf(call)
      const { body, warnings } = writeRequest(call, signatures)
      const answer = createAnswer({ row, warnings, signatures })

      let continuation: JsonObject = {}
      for (let asked = 0; asked <= mostContinuations; asked++) {
        const reply = await ask(http, call, { path, headers: {}, body: { ...body, ...continuation } }, signal)
        if (reply.kind === 'document') for (const value of reply.values) yield* answer.chunk(value, reply)
        else
          for await (const events of reply.events)
            for (const event of events) for (const read of answer.chunk(readChunk(event, row), reply)) yield read
        const continuationToken = answer.continuation()
        if (continuationToken === null) break
        continuation = { continuationToken }
      }
      yield* answer.end()
    },
    embed: createGeminiEmbed(http),
  }
}

/** Model and form are in the path. Without `alt=sse` a stream is one long list. */
const pathOf = ({ card, stream }: UpstreamCall): string =>
  `/models/${encodeURIComponent(card.id)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
