import type { Dialect } from '../contract/provider.ts'
import type { UpstreamHttp } from './http.ts'
import { createAnswer } from './openai-chat/answer.ts'
import { createOpenAiEmbed } from './openai-chat/embed.ts'
import { writeRequest } from './openai-chat/request.ts'
import { ask } from './reply/ask.ts'
import { readChunk } from './reply/chunk.ts'

/** OpenAI's chat completions and embeddings, as OpenAI and everybody who took the wire over speak it. */
export const createOpenAiChat = (http: UpstreamHttp): Dialect => ({
  name: 'openai-chat',
  async *chat(call, signal) {
    const { row } = call
    const { body, warnings } = writeRequest(call)
    const reply = await ask(http, call, { path: '/chat/completions', headers: {}, body }, signal)
    const answer = createAnswer({ row, isWhole: reply.kind === 'document', warnings, refuse: reply.refuse })
    if (reply.kind === 'document') yield* answer.chunk(reply.value)
    else
      reading: for await (const events of reply.events)
        for (const event of events) {
          if (event.data.trim() === '[DONE]') break reading
          for (const read of answer.chunk(readChunk(event, row))) yield read
        }
    yield* answer.end()
  },
  embed: createOpenAiEmbed(http),
})
