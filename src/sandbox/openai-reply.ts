import type { JsonObject } from '../contract/json.ts'
import type { Answer, Choice } from './answer.ts'
import { piecesOf } from './cut.ts'
import type { SseEvent } from './score.ts'

/** An answer as `chat.completion`. */
export const openaiCompletion = (answer: Answer, model: string): JsonObject => ({
  ...frameOf(answer, model, 'chat.completion'),
  choices: answer.choices.map((choice, index) => ({
    index,
    message: {
      role: 'assistant',
      content: choice.toolCalls.length > 0 ? null : choice.text,
      refusal: null,
      annotations: [],
      ...(choice.reasoning === '' ? {} : { reasoning_content: choice.reasoning }),
      ...(choice.toolCalls.length === 0
        ? {}
        : {
            tool_calls: choice.toolCalls.map((call) => ({
              id: `call_${call.id}`,
              type: 'function',
              function: { name: call.name, arguments: call.argumentsJson },
            })),
          }),
    },
    logprobs: null,
    finish_reason: choice.finish,
  })),
  usage: usageOf(answer),
})

/** An answer as `chat.completion.chunk`s and `[DONE]`; several choices take turns, as they do at the vendor. */
export const openaiChunks = (answer: Answer, model: string, includeUsage: boolean): SseEvent[] => {
  const frame: JsonObject = {
    ...frameOf(answer, model, 'chat.completion.chunk'),
    ...(includeUsage ? { usage: null } : {}),
  }
  const chunk = (part: SseEvent['part'], index: number, delta: JsonObject, finish: string | null = null): SseEvent => ({
    part,
    data: { ...frame, choices: [{ index, delta, logprobs: null, finish_reason: finish }] },
  })
  const usageChunk: SseEvent = { part: 'usage', data: { ...frame, choices: [], usage: usageOf(answer) } }
  const deltas = answer.choices.map((choice) => deltasOf(choice))
  const longest = Math.max(...deltas.map(({ length }) => length))
  return [
    ...answer.choices.map((_, index) => chunk('open', index, { role: 'assistant', content: '', refusal: null })),
    ...Array.from({ length: longest }, (_, turn) =>
      deltas.flatMap((own, index) => {
        const delta = own[turn]
        return delta === undefined ? [] : [chunk('content', index, delta)]
      }),
    ).flat(),
    ...answer.choices.map(({ finish }, index) => chunk('finish', index, {}, finish)),
    ...(includeUsage ? [usageChunk] : []),
    { part: 'done', data: '[DONE]' },
  ]
}

const deltasOf = (choice: Choice): readonly JsonObject[] => [
  ...piecesOf(choice.reasoning).map((text) => ({ reasoning_content: text })),
  ...piecesOf(choice.text).map((text) => ({ content: text })),
  ...choice.toolCalls.flatMap((call, index) => [
    { tool_calls: [{ index, id: `call_${call.id}`, type: 'function', function: { name: call.name, arguments: '' } }] },
    ...piecesOf(call.argumentsJson).map((text) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
  ]),
]

const frameOf = (answer: Answer, model: string, object: string): JsonObject => ({
  id: `chatcmpl-${answer.id}`,
  object,
  created: Math.floor(answer.createdAtMs / 1000),
  model,
  service_tier: 'default',
  system_fingerprint: 'fp_sandbox',
})

const usageOf = ({ usage }: Answer): JsonObject => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.inputTokens + usage.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cached.read, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: usage.reasoningTokens,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
})
