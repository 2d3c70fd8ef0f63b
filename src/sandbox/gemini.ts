import type { JsonObject } from '../contract/json.ts'
import { geminiEmbeddings } from './embed.ts'
import { countTokensBody, geminiBody } from './gemini-body.ts'
import { geminiPrompt } from './gemini-prompt.ts'
import { geminiChunks, geminiResponse } from './gemini-reply.ts'
import { readBody } from './read-body.ts'
import { geminiMethodOf } from './routes.ts'
import { json, Refused, stream, type Problem, type Wire } from './wire.ts'

/** Google's `generateContent`, `streamGenerateContent` (as server-sent events), `countTokens`, its embeddings and model list. */
export const gemini: Wire = {
  requestIdHeader: 'x-request-id',

  read(body, path) {
    const { model, method } = geminiMethodOf(path)
    if (method === 'countTokens') {
      const prompt = geminiPrompt(model, readBody(countTokensBody, body))
      return { prompt, reply: ({ usage }) => json(200, { totalTokens: usage.inputTokens }) }
    }
    const fields = readBody(geminiBody, body)
    const show = { model, includeThoughts: fields.generationConfig?.thinkingConfig?.includeThoughts === true }
    return {
      prompt: geminiPrompt(model, fields),
      reply: (answer) =>
        method === 'generateContent' ? json(200, geminiResponse(answer, show)) : stream(geminiChunks(answer, show)),
    }
  },

  embed(body, path) {
    const { model, method } = geminiMethodOf(path)
    return geminiEmbeddings(body, model, method)
  },

  checkHeaders(headers) {
    const { authorization = '', 'x-goog-api-key': key = '' } = headers
    if (key !== '' || /^bearer \S/i.test(authorization)) return
    throw new Refused({
      status: 403,
      message: "No API key was sent. Send 'x-goog-api-key'; the sandbox takes any key.",
    })
  },

  listModels: (models) =>
    json(200, {
      models: models.map(({ id }) => ({
        name: `models/${id}`,
        version: '001',
        displayName: id,
        supportedGenerationMethods: ['generateContent', 'countTokens'],
      })),
    }),

  problem: (problem) => json(problem.status, bodyOf(problem), problem.headers),
  problemEvent: (problem) => ({ part: 'done', data: bodyOf(problem) }),
  outOfCredit: { status: 429, message: 'Simulated fault: your prepayment credits are depleted.' },
}

const bodyOf = ({ status, message }: Problem): JsonObject => ({
  error: { code: status, message, status: wordsByStatus[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT') },
})

/** The words of google.rpc.Code. */
const wordsByStatus: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  529: 'UNAVAILABLE',
}
