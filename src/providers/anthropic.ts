import type { Dialect } from '../contract/provider.ts'
import { createAnswer } from './anthropic/answer.ts'
import { writeRequest } from './anthropic/request.ts'
import type { UpstreamHttp } from './http.ts'
import { ask } from './reply/ask.ts'
import { readChunk } from './reply/chunk.ts'

/** Anthropic's Messages. */
export const createAnthropic = (http: UpstreamHttp): Dialect => ({
  name: 'anthropic',
  async *chat(call, signal) {
    const { body, warnings, answerTool } = writeRequest(call)
    const headers = { 'anthropic-version': '2023-06-01' }
    const reply = await ask(http, call, { path: '/v1/messages', headers, body, warnings }, signal)
    const answer = createAnswer({ row: call.row, warnings, answerTool, refuse: reply.refuse })
    if (reply.kind === 'document') yield* answer.message(reply.value)
    else
      reading: for await (const events of reply.events)
        for (const event of events) {
          const chunk = readChunk(event, call.row)
          for (const read of answer.event(chunk)) yield read
          if (chunk.type === 'message_stop') break reading
        }
    yield* answer.end()
  },
})
