import type { JsonObject } from '../contract/json.ts'
import { openaiEmbeddings } from './embed.ts'
import { openaiBody } from './openai-body.ts'
import { openaiPrompt } from './openai-prompt.ts'
import { openaiChunks, openaiCompletion } from './openai-reply.ts'
import { readBody, withoutNulls } from './read-body.ts'
import { json, Refused, stream, type Problem, type Wire } from './wire.ts'

/** OpenAI's chat completions, embeddings and model list. */
export const openai: Wire = {
  requestIdHeader: 'x-request-id',

  read(body) {
    const fields = readBody(openaiBody, withoutNulls(body))
    const prompt = openaiPrompt(fields)
    return {
      prompt,
      reply: (answer) =>
        fields.stream === true
          ? stream(openaiChunks(answer, fields.model, fields.stream_options?.include_usage === true))
          : json(200, openaiCompletion(answer, fields.model)),
    }
  },

  embed: (body, _path, countTokens) => openaiEmbeddings(body, countTokens),

  checkHeaders(headers) {
    if (/^bearer \S/i.test(headers['authorization'] ?? '')) return
    throw new Refused({
      status: 401,
      code: 'invalid_api_key',
      message: "No API key was sent. Send 'Authorization: Bearer <key>'; the sandbox takes any key.",
    })
  },

  listModels: (models, createdAtMs) =>
    json(200, {
      object: 'list',
      data: models.map(({ id, row }) => ({
        id,
        object: 'model',
        created: Math.floor(createdAtMs / 1000),
        owned_by: row ?? 'sandbox',
      })),
    }),

  problem: (problem) => json(problem.status, bodyOf(problem), problem.headers),
  problemEvent: (problem) => ({ part: 'done', data: bodyOf(problem) }),
  outOfCredit: {
    status: 429,
    code: 'insufficient_quota',
    message: 'Simulated fault: the account has no credit left.',
  },
}

const bodyOf = ({ status, code, message, param }: Problem): JsonObject => ({
  error: {
    message,
    type: code === 'insufficient_quota' ? code : typeOf(status),
    param: param ?? null,
    code: code ?? codeOf(status),
  },
})

const typeOf = (status: number): string => {
  if (status === 429) return 'requests'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

const codeOf = (status: number): string | null => {
  if (status === 401) return 'invalid_api_key'
  return status === 429 ? 'rate_limit_exceeded' : null
}
