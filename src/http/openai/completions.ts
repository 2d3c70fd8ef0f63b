import type { AnswerEvent, Finish, FinishReason } from '../../contract/chat.ts'
import { readCompletionsBody } from '../../contract/completions-request.ts'
import type { Answer, Served } from '../../contract/journey.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import { errorBody } from '../error.ts'
import { headerOf } from '../exchange.ts'
import { gatewayObject } from '../gateway-object.ts'
import type { Frames, InboundWire } from '../inbound.ts'
import { doneFrame, frame } from './chunk.ts'
import { createTokenTable } from './token-table.ts'
import type { TokenTable } from './token-table.ts'
import { usageOf } from './usage.ts'

/** `POST /v1/completions`, the old wire of text in, text out. Thoughts have no place in it; a refusal is text. */
export const createCompletionsWire = (known: KnownNames): InboundWire => ({
  read(body, { req }) {
    const { request, stream, includeUsage, echoed } = readCompletionsBody(body, known, headerOf(req, 'cache-control'))
    return {
      request,
      stream,
      rename: (param) => (param.startsWith('messages') ? 'prompt' : param.replace(/^top_logprobs/, 'logprobs')),
      document: (answer) => textCompletion(answer, echoed),
      frames: (served, createdS) => createTextFrames(served, { createdS, includeUsage, echoed }),
    }
  },
  errorFrame: (error, requestId) => frame(errorBody(error, requestId)),
})

const headOf = ({ requestId, model }: Served, created: number) => ({
  id: `cmpl-${requestId.replace(/^req_/, '')}`,
  object: 'text_completion',
  created,
  model,
})

const choiceOf = (index: number, text: string, finish: FinishReason | null, logprobs: TokenTable | null) => ({
  index,
  text,
  logprobs,
  // Without tools there is nothing to call.
  finish_reason: finish === 'tool_calls' ? 'stop' : finish,
})

const textCompletion = (answer: Answer, echoed: string) => ({
  ...headOf(answer.served, Math.floor(answer.receipt.receivedAtMs / 1000)),
  choices: answer.choices.map(({ index, text, refusal, logprobs, finish }) =>
    choiceOf(
      index,
      echoed + text + (refusal ?? ''),
      finish.reason,
      logprobs && createTokenTable().read(logprobs.content),
    ),
  ),
  usage: usageOf(answer.usage),
  gateway: gatewayObject(answer),
})

/** The same as frames. Those that finish a choice wait for `end`, as in a chat; the last of them carries `gateway`. */
const createTextFrames = (
  served: Served,
  { createdS, includeUsage, echoed }: { createdS: number; includeUsage: boolean; echoed: string },
): Frames => {
  const head = headOf(served, createdS)
  const tail = includeUsage ? { usage: null } : {}
  const opened = new Set<number>()
  const tables = new Map<number, ReturnType<typeof createTokenTable>>()

  const chunk = (choice: ReturnType<typeof choiceOf>) => ({ ...head, choices: [choice], ...tail })
  /** What a choice begins with, once. */
  const open = (index: number): string => {
    if (opened.has(index)) return ''
    opened.add(index)
    return echoed === '' ? '' : frame(chunk(choiceOf(index, echoed, null, null)))
  }
  const tableOf = (index: number) => {
    const table = tables.get(index) ?? createTokenTable()
    tables.set(index, table)
    return table
  }
  const say = (event: AnswerEvent): string => {
    switch (event.type) {
      case 'text':
      case 'refusal':
        return frame(chunk(choiceOf(event.choice, event.text, null, null)))
      case 'logprobs':
        return frame(chunk(choiceOf(event.choice, '', null, tableOf(event.choice).read(event.content))))
      default:
        return ''
    }
  }

  return {
    open: () => open(0),
    write: (event) => open(event.choice) + say(event),
    end(end) {
      const last = end.finishes.length - 1
      const finishes = end.finishes.map(({ choice, reason }: Finish, position) => {
        const finish = chunk(choiceOf(choice, '', reason, null))
        const whole = position === last ? { ...finish, gateway: gatewayObject({ served, ...end }) } : finish
        return open(choice) + frame(whole)
      })
      const usage = includeUsage ? frame({ ...head, choices: [], usage: usageOf(end.usage) }) : ''
      return finishes.join('') + usage + doneFrame
    },
  }
}
