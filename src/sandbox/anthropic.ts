import type { JsonObject } from '../contract/json.ts'
import { anthropicBody } from './anthropic-body.ts'
import { anthropicPrompt } from './anthropic-prompt.ts'
import { anthropicEvents, anthropicMessage } from './anthropic-reply.ts'
import { readBody } from './read-body.ts'
import { json, Refused, stream, type Problem, type Wire } from './wire.ts'

/** Anthropic's messages and model list. */
export const anthropic: Wire = {
  requestIdHeader: 'request-id',

  read(body) {
    const fields = readBody(anthropicBody, body)
    const show = {
      model: fields.model,
      omitThinking:
        fields.thinking !== undefined && 'display' in fields.thinking && fields.thinking.display === 'omitted',
    }
    return {
      prompt: anthropicPrompt(fields),
      reply: (answer) =>
        fields.stream === true ? stream(anthropicEvents(answer, show)) : json(200, anthropicMessage(answer, show)),
    }
  },

  checkHeaders(headers) {
    const { authorization = '', 'x-api-key': key = '' } = headers
    if (key === '' && !/^bearer \S/i.test(authorization)) {
      throw new Refused({ status: 401, message: "No API key was sent. Send 'x-api-key'; the sandbox takes any key." })
    }
    if (headers['anthropic-version'] === undefined) {
      throw new Refused({ status: 400, message: "The header 'anthropic-version' is required." })
    }
  },

  listModels: (models, createdAtMs) =>
    json(200, {
      data: models.map(({ id }) => ({
        type: 'model',
        id,
        display_name: id,
        created_at: new Date(createdAtMs).toISOString(),
      })),
      first_id: models[0]?.id ?? null,
      last_id: models.at(-1)?.id ?? null,
      has_more: false,
    }),

  problem: (problem) => json(problem.status, bodyOf(problem), problem.headers),
  problemEvent: (problem) => ({ part: 'done', name: 'error', data: bodyOf(problem) }),
  outOfCredit: { status: 400, message: 'Simulated fault: the credit balance is too low.' },
}

const bodyOf = ({ status, message }: Problem): JsonObject => ({
  type: 'error',
  error: { type: typesByStatus[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error'), message },
})

const typesByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}
