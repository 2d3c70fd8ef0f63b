import type { Answer, AnswerChoice } from '../../contract/journey.ts'
import { gatewayObject } from '../gateway-object.ts'
import { reasoningFields } from './reasoning.ts'
import { usageOf } from './usage.ts'

/** `chatcmpl-…`, as OpenAI's clients expect an answer's id; the rest is the request id's. */
export const completionId = (requestId: string): string => `chatcmpl-${requestId.replace(/^req_/, '')}`

/** An answer as OpenAI's `chat.completion`, with the fields that its specification requires even when they are null. */
export const chatCompletion = (answer: Answer) => ({
  id: completionId(answer.served.requestId),
  object: 'chat.completion',
  created: Math.floor(answer.receipt.receivedAtMs / 1000),
  model: answer.served.model,
  choices: answer.choices.map(choiceOf),
  usage: usageOf(answer.usage),
  gateway: gatewayObject(answer),
})

const choiceOf = (choice: AnswerChoice) => ({
  index: choice.index,
  message: {
    role: 'assistant',
    content: choice.text === '' && (choice.toolCalls.length > 0 || choice.refusal !== null) ? null : choice.text,
    refusal: choice.refusal,
    ...reasoningFields(choice.reasoning),
    ...(choice.toolCalls.length > 0 && {
      tool_calls: choice.toolCalls.map(({ id, name, argumentsJson, extra }) => ({
        ...extra,
        id,
        type: 'function',
        function: { name, arguments: argumentsJson },
      })),
    }),
  },
  logprobs: choice.logprobs,
  finish_reason: choice.finish.reason,
})
