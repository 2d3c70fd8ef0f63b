import { readChatBody } from '../../contract/openai-request.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import { errorBody } from '../error.ts'
import { headerOf } from '../exchange.ts'
import type { InboundWire } from '../inbound.ts'
import type { Rename } from '../own-words.ts'
import { createChunks, frame } from './chunk.ts'
import { chatCompletion } from './reply.ts'

/** `POST /v1/chat/completions`. */
export const createChatWire = (known: KnownNames): InboundWire => ({
  read(body, { req }) {
    const { request, stream, includeUsage, spelling } = readChatBody(body, known, headerOf(req, 'cache-control'))
    return {
      request,
      stream,
      rename: renameBy(spelling),
      document: chatCompletion,
      frames: (served, createdS) => createChunks(served, { createdS, includeUsage }),
    }
  },
  errorFrame: (error, requestId) => frame(errorBody(error, requestId)),
})

/** `tools[0].function.name` in the words of who sent `functions`: `functions[0].name`. */
const renameBy =
  (spelling: ReadonlyMap<string, string>): Rename =>
  (param) => {
    const [field = ''] = /^\w+/.exec(param) ?? []
    const own = spelling.get(field)
    if (own === undefined) return param
    const rest = param.slice(field.length)
    return own + (field === 'tools' || field === 'tool_choice' ? rest.replace('.function', '') : rest)
  }
