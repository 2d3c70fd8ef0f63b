import type { Dialect } from '../contract/provider.ts'
import type { UpstreamHttp } from './http.ts'
import { createAnswer } from './openai-responses/answer.ts'
import { writeRequest } from './openai-responses/request.ts'
import { ask } from './reply/ask.ts'
import { readChunk } from './reply/chunk.ts'

/** This wire's words for the fields of a chat request. */
const fields: ReadonlyMap<string, string> = new Map([
  ['input', 'messages'],
  ['max_output_tokens', 'max_tokens'],
  ['reasoning.effort', 'reasoning_effort'],
  ['text', 'response_format'],
  ['text.verbosity', 'verbosity'],
])

/** OpenAI's Responses, asked statelessly: nothing is stored, and the whole conversation goes along each time. */
export const createOpenAiResponses = (http: UpstreamHttp): Dialect => ({
  name: 'openai-responses',
  async *chat(call, signal) {
    const { row } = call
    const { body, warnings } = writeRequest(call)
    const reply = await ask(http, call, { path: '/responses', headers: {}, body, fields, warnings }, signal)
    const answer = createAnswer({ row, warnings, refuse: reply.refuse })
    if (reply.kind === 'document') yield* answer.response(reply.value)
    else
      reading: for await (const events of reply.events)
        for (const event of events) {
          if (event.data.trim() === '[DONE]') break reading
          for (const read of answer.event(readChunk(event, row))) yield read
          if (answer.hasEnded) break reading
        }
    yield* answer.end()
  },
})
