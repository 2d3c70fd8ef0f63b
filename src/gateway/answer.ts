import type { JourneyEvent } from '../contract/journey.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Lineup } from '../contract/plan.ts'
import type { Clock } from '../contract/runtime.ts'
import { asGatewayError } from './attempt.ts'
import type { Call } from './call.ts'
import { endOf, outcomeOf } from './end.ts'
import type { Miss } from './recall.ts'
import type { Record } from './record.ts'
import type { Remember } from './remember.ts'
import type { Settle } from './settle.ts'
import { startOf } from './start.ts'
import type { Trail } from './trail.ts'

export interface AnswerSteps<Request extends Asked, Event extends Content> {
  /** Classifies too, where the operation knows tasks. */
  route: (request: Request) => Lineup
  call: Call<Request, Event>
  settle: Settle<Request>['settle']
  record: Record<Request>
  remember: Remember<Event>
  clock: Clock
}

/**
 * Answers a request that memory could not; emits what comes, the `end` only once the ledger has it. Resolves with whether the
 * answer is remembered.
 */
export type Answer<Request extends Asked, Event extends Content> = (
  trail: Trail<Request>,
  miss: Miss,
  emit: (event: JourneyEvent<Event>) => void,
  signal: AbortSignal,
) => Promise<boolean>

/** The second half of the journey, run once for everybody who asks the same: classify, route, call, settle, record, remember. */
export const createAnswer = <Request extends Asked, Event extends Content>({
  route,
  call,
  settle,
  record,
  remember,
  clock,
}: AnswerSteps<Request, Event>): Answer<Request, Event> =>
  async function answer(trail, miss, emit, signal) {
    const kept = remember(miss, trail)
    try {
      trail.plan = route(trail.request)
      trail.task = trail.plan.task
      kept.foresee()
      trail.routedAtMs = clock.now()
      for await (const event of call(trail.plan, trail, signal)) {
        if (event.type === 'first') {
          trail.firstTokenAtMs = clock.now()
          emit(startOf(event, trail))
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
    const isKept = await kept.keep(receipt)
    emit(endOf(trail, receipt))
    return isKept
  }
