import { openai } from './openai.ts'
import { readBody, withoutNulls } from './read-body.ts'
import { responsesBody } from './responses-body.ts'
import { responsesPrompt } from './responses-prompt.ts'
import { responsesEvents, responsesResponse } from './responses-reply.ts'
import { json, stream, type Wire } from './wire.ts'

/** OpenAI's Responses, as stateless as it can be asked. What is not about answers is as on the chat wire. */
export const responses: Wire = {
  ...openai,

  read(body) {
    const fields = readBody(responsesBody, withoutNulls(body))
    return {
      prompt: responsesPrompt(fields),
      reply: (answer) =>
        fields.stream === true ? stream(responsesEvents(answer, fields)) : json(200, responsesResponse(answer, fields)),
    }
  },

  problemEvent: ({ status, message, param, code }) => ({
    part: 'done',
    name: 'error',
    data: {
      type: 'error',
      error: {
        type: 'server_error',
        code: code ?? (status === 529 ? 'server_is_overloaded' : 'server_error'),
        message,
        param: param ?? null,
      },
    },
  }),
}
