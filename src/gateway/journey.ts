import type { AnswerMemory } from '../cache/cache.ts'
import type { GatewayError } from '../contract/errors.ts'
import type { JourneyEvent, RequestContext } from '../contract/journey.ts'
import type { ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Asked, Content, Operation } from '../contract/operation.ts'
import type { Lineup } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { ResilienceSettings } from '../contract/settings.ts'
import type { CacheEntry, Leases, Receipts } from '../contract/store.ts'
import { createFlights } from '../lib/flight.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { Events } from '../telemetry/events.ts'
import type { Admit } from './admit.ts'
import { createAnswer } from './answer.ts'
import type { AnswerSteps } from './answer.ts'
import { createAttempt } from './attempt.ts'
import type { FindWire } from './attempt.ts'
import { createCall } from './call.ts'
import type { Call } from './call.ts'
import type { TokensOf } from './claimed-tokens.ts'
import { createComplete } from './complete.ts'
import type { Carry } from './complete.ts'
import type { Deployments } from './deployments.ts'
import { createRecall } from './recall.ts'
import { createRecord } from './record.ts'
import { createRefresh } from './refresh.ts'
import { createRemember } from './remember.ts'
import { createReserve } from './reserve.ts'
import type { Fit } from './reserve.ts'
import { createRespond } from './respond.ts'
import { createSettle } from './settle.ts'
import type { Settle } from './settle.ts'
import { createShare } from './share.ts'
import { nameOf } from './trail.ts'
import type { Trail } from './trail.ts'
import { createTakeTurn } from './turn.ts'

/** What all journeys share. */
export interface JourneyParts {
  admit: Admit
  take: Limiter['take']
  deployments: Deployments
  prices: PriceBook
  receipts: Pick<Receipts, 'append'>
  events: Events
  resilience: ResilienceSettings
  /** Who makes which answer, among all instances. */
  leases: Leases
  /** Whole-request deadline where the caller set none. */
  deadlineMs: number
  /** What a provider is told of the trace, at the request's try of this number. */
  traceparentOf: (context: RequestContext, attempt: number) => string | null
  /** Names this gateway in the hop header. */
  instanceId: string
  clock: Clock
  random: Random
}

/** What one operation has of its own. */
export interface OwnParts<Request extends Asked, Event extends Content> {
  operation: Operation
  memory: AnswerMemory<Request, Event>
  /** @throws GatewayError no_eligible_model, model_not_found, model_retired, … */
  route: (request: Request) => Lineup
  fit: (spentNanoUsd: (trail: Trail<Request>) => NanoUsd) => Fit<Request>
  findWire: FindWire<Request, Event>
  /** Our own counts in a model's tokens, for what a provider did not count. */
  countInput: (request: Request, card: ModelCard) => number
  countOutput: (text: string, card: ModelCard) => number
  /** What a try is claimed to use of limits on tokens. */
  tokensOf: TokensOf<Request>
  /** Told what a provider counted. */
  learnInput: (request: Request, card: ModelCard, inputTokens: number) => void
  /** What is made of the call: further calls by the same means, on the same trail. */
  wrapCall?: (call: Call<Request, Event>, settling: Settle<Request>) => Call<Request, Event>
  /** Told of each near answer that is given. */
  nearGiven?: (trail: Trail<Request>, entry: CacheEntry) => void
  /** How a miss is carried out; shared with all who ask the same unless said. */
  carry?: (steps: AnswerSteps<Request, Event>) => Carry<Request, Event>
  /** What was asked and said, for owners who log it. */
  contentOf: (trail: Trail<Request>) => object
}

interface Journey<Request extends Asked, Event extends Content> {
  complete(request: Request, context: RequestContext): AsyncGenerator<JourneyEvent<Event>, void>
  /** Resolves when no call runs. */
  drain(): Promise<void>
}

/** Puts the steps of a journey together: the same ones in the same order, whatever is asked for. */
export const createJourney = <Request extends Asked, Event extends Content>(
  parts: JourneyParts,
  own: OwnParts<Request, Event>,
): Journey<Request, Event> => {
  const { deployments, prices, receipts, events, clock } = parts
  const { operation, memory, route } = own
  const settling = createSettle({ ...own, prices, learnSpeed: deployments.speeds.learn })
  const record = createRecord<Request>({
    receipts,
    clock,
    completed: (receipt, trail) => events.completed(receipt, trail.context, () => own.contentOf(trail)),
    unrecorded: events.unrecorded,
  })
  const plainCall = createCall<Request, Event>({
    deployments,
    attempt: createAttempt({ ...parts, findWire: own.findWire }),
    reserve: createReserve({
      fit: own.fit(settling.spentNanoUsd),
      tokensOf: own.tokensOf,
      take: parts.take,
      settle: settling.settle,
    }),
    settings: parts.resilience,
    clock,
    random: parts.random,
  })
  const call = own.wrapCall?.(plainCall, settling) ?? plainCall
  const flights = createFlights<JourneyEvent<Event>>()
  const respond = createRespond<Request, Event>(record)
  const steps = { route, call, settle: settling.settle, record, remember: createRemember(memory), clock }
  const takeTurn = createTakeTurn<Request, Event>({ ...parts, memory, waited: events.waitedForInstance })
  const share = (): Carry<Request, Event> =>
    createShare({ answer: createAnswer(steps), respond, takeTurn, flights, clock })
  const refreshing = createRefresh<Request>((request, context): AsyncIterable<unknown> => complete(request, context), {
    leases: parts.leases,
    isRenewed: memory.isRenewed,
  })
  const complete: Journey<Request, Event>['complete'] = createComplete({
    operation,
    admit: parts.admit,
    recall: createRecall({ memory, refresh: refreshing.start, nearGiven: own.nearGiven, clock }),
    carry: own.carry?.(steps) ?? share(),
    respond,
    refused: ({ request, context, receivedAtMs }: Trail<Request>, error: GatewayError) =>
      events.refused(
        { ...context, callerId: context.caller.id, operation, model: nameOf(request.model), receivedAtMs },
        error,
      ),
    deadlineMs: parts.deadlineMs,
    clock,
  })
  return {
    complete,
    drain: async () => {
      await refreshing.stop()
      await flights.drain()
    },
  }
}
