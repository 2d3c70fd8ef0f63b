import type { ExactCache } from '../cache/exact.ts'
import type { Caller, Credential, KeyRecord } from '../contract/caller.ts'
import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import type { Answer, GatewayEvent, RequestContext } from '../contract/journey.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Plan, TaskGuess } from '../contract/plan.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Dialect } from '../contract/provider.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { ResilienceSettings, StructuredSettings } from '../contract/settings.ts'
import type { Receipts } from '../contract/store.ts'
import { createFlights } from '../lib/flight.ts'
import type { RateTicket } from '../limits/rate.ts'
import type { Schemas } from '../schemas/schemas.ts'
import type { Events } from '../telemetry/events.ts'
import { createAdmit } from './admit.ts'
import { createAnswer } from './answer.ts'
import { createAttempt } from './attempt.ts'
import { createAuthenticate } from './authenticate.ts'
import { createCall } from './call.ts'
import { collect } from './collect.ts'
import { createComplete } from './complete.ts'
import { createCount } from './count.ts'
import type { Deployments } from './deployments.ts'
import { createRecall } from './recall.ts'
import { createRecord } from './record.ts'
import { createRemember } from './remember.ts'
import { createReserve } from './reserve.ts'
import { createRespond } from './respond.ts'
import { createSettle } from './settle.ts'
import { createStructured } from './structured.ts'
import { nameOf } from './trail.ts'

/** The core's public side: the only things a face can do. */
export interface Gateway {
  /**
   * Who shows this credential. Faces ask before they read a body.
   * @throws GatewayError missing_api_key, invalid_api_key
   */
  authenticate(credential: Credential): Promise<Caller>
  /**
   * Answers a request as a stream: `start` at the first token, then the answer, then `end` once the ledger has it.
   * Nothing happens before the first `next()`; leaving the loop cancels the call.
   * @throws GatewayError before `start` as a refusal, after it as a broken answer
   */
  complete(request: ChatRequest, context: RequestContext): AsyncGenerator<GatewayEvent, void>
  /**
   * Answers a request in one piece: a stream that was waited for.
   * @throws GatewayError as `complete`
   */
  collect(request: ChatRequest, context: RequestContext): Promise<Answer>
  /**
   * A dry run of classify and route: nothing is called, spent or recorded.
   * @throws GatewayError no_eligible_model, model_not_found, model_retired, …
   */
  explain(request: ChatRequest): Promise<Plan>
  /**
   * Input tokens of a request, as its model would count them: our own count. Takes of the caller's rate; free otherwise.
   * @throws GatewayError rate_limited, model_not_found; with `auto` as `explain`
   */
  count(request: ChatRequest, context: RequestContext): Promise<number>
}

interface GatewayParts {
  /** Finds the key of a secret; null where everybody is the one principal `local`. */
  findKey: ((secret: string) => Promise<KeyRecord | null>) | null
  takeRate: (callerId: string) => Promise<RateTicket>
  cache: ExactCache
  classify: (request: ChatRequest) => TaskGuess
  route: (request: ChatRequest, task: TaskGuess) => Plan
  resolve: (choice: ModelChoice) => readonly ModelCard[]
  deployments: Deployments
  dialects: ReadonlyMap<string, Dialect>
  prices: PriceBook
  /** Our own counts, in a model's tokens, and what a provider counted, so that they get closer. */
  tokens: {
    countInput: (request: ChatRequest, card: ModelCard) => number
    countOutput: (text: string, card: ModelCard) => number
    learnInput: (request: ChatRequest, card: ModelCard, inputTokens: number) => void
  }
  receipts: Pick<Receipts, 'append'>
  events: Events
  resilience: ResilienceSettings
  schemas: Schemas
  structured: StructuredSettings
  /** Whole-request deadline where the caller set none. */
  deadlineMs: number
  /** Names this gateway in the hop header. */
  instanceId: string
  clock: Clock
  random: Random
}

/** Puts the steps of the journey together. Whoever holds a Gateway can reach a provider in no other way. */
export const createGateway = (parts: GatewayParts): Gateway & { drain(): Promise<void> } => {
  const { cache, classify, route, deployments, dialects, prices, tokens, receipts, events, clock, random } = parts
  const settling = createSettle({ prices, ...tokens, learnSpeed: deployments.speeds.learn })
  const record = createRecord({
    receipts,
    clock,
    completed: (receipt, { request, attempts }) =>
      events.completed(receipt, () => ({
        messages: request.messages,
        answer: attempts.flatMap(({ written }) => written).join(''),
      })),
    unrecorded: events.unrecorded,
  })
  const call = createCall({
    deployments,
    attempt: createAttempt({ dialects, instanceId: parts.instanceId, clock }),
    reserve: createReserve({ prices, spentNanoUsd: settling.spentNanoUsd, clock }),
    settings: parts.resilience,
    clock,
    random,
  })
  const { compile } = parts.schemas
  const structured = createStructured({ call, route, compile, settings: parts.structured, ...settling, clock })
  const remember = createRemember({ cache })
  const flights = createFlights<GatewayEvent>()
  const complete = createComplete({
    admit: createAdmit({ take: parts.takeRate, clock }),
    recall: createRecall({ cache, clock }),
    answer: createAnswer({ classify, route, call: structured, settle: settling.settle, record, remember, clock }),
    respond: createRespond(record),
    flights,
    refused: ({ request, context }, error) =>
      events.refused(
        { requestId: context.requestId, callerId: context.caller.id, face: context.face, model: nameOf(request.model) },
        error,
      ),
    deadlineMs: parts.deadlineMs,
    clock,
  })

  return {
    authenticate: createAuthenticate(parts.findKey),
    complete,
    collect: (request, context) => collect(complete(request, context)),
    explain: async (request) => route(request, classify(request)),
    count: createCount({ ...parts, countInput: tokens.countInput }),
    drain: flights.drain,
  }
}
