import type { ChatRequest } from '../contract/chat.ts'
import type { GatewayEvent } from '../contract/journey.ts'
import type { Plan, TaskGuess } from '../contract/plan.ts'
import type { Clock } from '../contract/runtime.ts'
import { asGatewayError } from './attempt.ts'
import type { Call } from './call.ts'
import { endOf, outcomeOf } from './end.ts'
import type { Memory } from './recall.ts'
import type { Record } from './record.ts'
import type { Remember } from './remember.ts'
import type { Settle } from './settle.ts'
import type { Trail } from './trail.ts'

interface AnswerSteps {
  classify: (request: ChatRequest) => TaskGuess
  route: (request: ChatRequest, task: TaskGuess) => Plan
  call: Call
  settle: Settle['settle']
  record: Record
  remember: Remember
  clock: Clock
}

/** Answers a request that memory could not; emits what comes, the `end` only once the ledger has it. */
export type Answer = (
  trail: Trail,
  memory: Exclude<Memory, { state: 'hit' }>,
  emit: (event: GatewayEvent) => void,
  signal: AbortSignal,
) => Promise<void>

/** The second half of the journey, run once for everybody who asks the same: classify, route, call, settle, record, remember. */
export const createAnswer = ({ classify, route, call, settle, record, remember, clock }: AnswerSteps): Answer =>
  async function answer(trail, memory, emit, signal) {
    const kept = remember(memory, trail)
    try {
      trail.task = classify(trail.request)
      trail.plan = route(trail.request, trail.task)
      trail.routedAtMs = clock.now()
      for await (const event of call(trail.plan, trail, signal)) {
        if (event.type === 'first') {
          const { answeredModel: model, candidate, simulated } = event
          const { cache, context, task } = trail
          trail.firstTokenAtMs = clock.now()
          emit({
            type: 'start',
            served: {
              requestId: context.requestId,
              provider: candidate.card.provider,
              model,
              task: task?.task ?? null,
              cache,
              simulated,
              inputTokens: candidate.forecast.inputTokens,
            },
          })
        } else {
          kept.add(event)
          emit(event)
        }
      }
    } catch (thrown) {
      const error = asGatewayError(thrown, signal)
      settle(trail)
      if (trail.attempts.length > 0) await record(trail, { outcome: outcomeOf(error, trail), errorCode: error.code })
      throw error
    }
    settle(trail)
    const receipt = await record(trail, { outcome: 'complete', errorCode: null })
    await kept.keep(receipt)
    emit(endOf(trail, receipt))
  }
