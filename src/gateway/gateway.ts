import { createChatAnswers } from '../cache/chat-answers.ts'
import type { Cache } from '../cache/cache.ts'
import type { MemoryExplanation } from '../cache/explain.ts'
import { rawAnswers } from '../cache/raw-answers.ts'
import { vectorAnswers } from '../cache/vector-answers.ts'
import type { Caller, Credential, KeyRecord } from '../contract/caller.ts'
import type { ChatRequest, ModelChoice } from '../contract/chat.ts'
import type { EmbeddingRequest } from '../contract/embedding.ts'
import type { Answer, EmbeddingAnswer, GatewayEvent, JourneyEvent, RequestContext } from '../contract/journey.ts'
import type { ModelCard } from '../contract/model.ts'
import type { PassthroughRequest, RawEvent } from '../contract/passthrough.ts'
import type { Lineup, Plan, TaskGuess } from '../contract/plan.ts'
import type { Priority } from '../contract/priority.ts'
import type { Dialect, PassThrough } from '../contract/provider.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { NearSettings, StructuredSettings } from '../contract/settings.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { Shed } from '../limits/shed.ts'
import type { Schemas } from '../schemas/schemas.ts'
import { createAdmit } from './admit.ts'
import { createAuthenticate } from './authenticate.ts'
import { createCanaries } from './canary.ts'
import { collect, collectVectors } from './collect.ts'
import { chatTokens, passthroughTokens } from './claimed-tokens.ts'
import { createCount } from './count.ts'
import { createChatFit, createEmbeddingFit, createPassthroughFit } from './fit.ts'
import { createJourney } from './journey.ts'
import type { JourneyParts } from './journey.ts'
import { createPass } from './pass.ts'
import { createStructured } from './structured.ts'
import { chatWires, embeddingWires } from './wires.ts'

/** The core's public side: the only things a face can do. */
export interface Gateway {
  /**
   * Who shows this credential. Faces ask before they read a body.
   * @throws GatewayError missing_api_key, invalid_api_key; with OAuth missing_token, invalid_token, unknown_principal, …
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
   * Turns texts into vectors, all or none.
   * @throws GatewayError as `complete` before `start`
   */
  embed(request: EmbeddingRequest, context: RequestContext): Promise<EmbeddingAnswer>
  /**
   * Calls a provider's own endpoint and gives its reply as it comes: `start`, the head, the bytes, and `end` once the ledger
   * has it. Leaving the loop cancels the call.
   * @throws GatewayError as `complete`, and not_found
   */
  passThrough(request: PassthroughRequest, context: RequestContext): AsyncGenerator<JourneyEvent<RawEvent>, void>
  /**
   * A dry run of classify and route: nothing is called, spent or recorded.
   * @throws GatewayError no_eligible_model, model_not_found, model_retired, …
   */
  explain(request: ChatRequest): Promise<Plan>
  /** What each tier of memory would do with a request, and why: nothing is called, counted or kept. */
  explainMemory(request: ChatRequest, context: Pick<RequestContext, 'caller' | 'signal'>): Promise<MemoryExplanation>
  /**
   * Input tokens of a request, as its model would count them: our own count. Takes one of the caller's requests; free otherwise.
   * @throws GatewayError rate_limited, model_not_found; with `auto` as `explain`
   */
  count(request: ChatRequest, context: RequestContext): Promise<number>
}

interface GatewayParts extends Omit<JourneyParts, 'admit'> {
  /** Finds the key of a secret; null where everybody is the one principal `local`. */
  findKey: ((secret: string) => Promise<KeyRecord | null>) | null
  /** Who shows an access token; where it is set, nothing else counts. */
  readToken?: ((token: string) => Promise<Caller>) | null
  priorities: ReadonlyMap<string, Priority>
  /** Turns requests away while there is too much to do. */
  shed: Shed
  /** Claims of the limits of callers, models and providers. */
  take: Limiter['take']
  /** Throws where what is spent could not be written down. */
  assertWritable: () => void
  cache: Cache
  classify: (request: ChatRequest) => TaskGuess
  route: (request: ChatRequest, task: TaskGuess) => Plan
  /** Of one request, whether a model would be in its plan. */
  mayServe: (request: ChatRequest) => (served: { provider: string; model: string }) => boolean
  routeEmbedding: (request: EmbeddingRequest) => Lineup
  routePassthrough: (request: PassthroughRequest) => Lineup
  resolve: (choice: ModelChoice) => readonly ModelCard[]
  dialects: ReadonlyMap<string, Dialect>
  passThrough: PassThrough
  /** Our own counts, in a model's tokens, and what a provider counted, so that they get closer. */
  tokens: {
    countInput: (request: ChatRequest, card: ModelCard) => number
    countOutput: (text: string, card: ModelCard) => number
    learnInput: (request: ChatRequest, card: ModelCard, inputTokens: number) => void
    countEmbedding: (request: EmbeddingRequest, card: ModelCard) => number
    countPassthrough: (request: PassthroughRequest, card: ModelCard) => number
  }
  schemas: Schemas
  structured: StructuredSettings
  /** Checks of near answers. */
  canary: NearSettings['canary']
  /** What a caller has spent since then; null where some price is unknown. */
  readSpent: (callerId: string, fromMs: number) => Promise<NanoUsd | null>
}

/** Who asks why can wait. */
const patientMs = 5_000

/** Gives each operation its journey. Whoever holds a Gateway can reach a provider in no other way. */
export const createGateway = (parts: GatewayParts): Gateway & { drain(): Promise<void> } => {
  const { cache, classify, route, dialects, tokens, prices, clock } = parts
  const journeyParts: JourneyParts = {
    ...parts,
    admit: createAdmit(parts),
  }

  const chatMemory = cache.of(
    createChatAnswers({
      taskOf: (request) => classify(request).task,
      mayServe: parts.mayServe,
    }),
  )
  const chat = createJourney(journeyParts, {
    operation: 'chat',
    memory: chatMemory,
    nearGiven: (trail, entry) => canaries.given(trail, entry),
    route: (request: ChatRequest) => route(request, classify(request)),
    fit: (spentNanoUsd) => createChatFit({ prices, spentNanoUsd, clock }),
    findWire: chatWires(dialects),
    wrapCall: (call, settling) =>
      createStructured({ call, route, compile: parts.schemas.compile, settings: parts.structured, ...settling, clock }),
    ...tokens,
    tokensOf: chatTokens,
    contentOf: ({ request, attempts }) => ({
      messages: request.messages,
      answer: attempts.flatMap(({ written }) => written).join(''),
    }),
  })
  const canaries = createCanaries({
    settings: parts.canary,
    collect: (request, context) => collect(chat.complete(request, context)),
    compare: async ({ request, context }, given, made) => {
      const task = classify(request).task
      await cache.near?.compare({ task, given, made }, cache.countsOf(context.caller.id))
    },
    readSpent: parts.readSpent,
    clock,
    random: parts.random,
  })
  const embedding = createJourney(journeyParts, {
    operation: 'embedding',
    memory: cache.of(vectorAnswers),
    route: parts.routeEmbedding,
    fit: (spentNanoUsd) => createEmbeddingFit({ spentNanoUsd }),
    findWire: embeddingWires(dialects),
    countInput: tokens.countEmbedding,
    countOutput: () => 0,
    tokensOf: ({ forecast }) => forecast.inputTokens,
    // Vocabularies of embedding models differ little, and what they take is short.
    learnInput: () => undefined,
    contentOf: ({ request }) => ({ input: request.input }),
  })

  const passthrough = createJourney(journeyParts, {
    operation: 'passthrough',
    memory: cache.of(rawAnswers),
    route: parts.routePassthrough,
    fit: (spentNanoUsd) => createPassthroughFit({ spentNanoUsd }),
    findWire: () => parts.passThrough,
    countInput: tokens.countPassthrough,
    countOutput: tokens.countOutput,
    tokensOf: passthroughTokens,
    // A payload's own syntax would be learned as if it were the vocabulary.
    learnInput: () => undefined,
    carry: createPass,
    contentOf: ({ request, attempts }) => ({
      endpoint: request.endpoint,
      payload: request.body,
      answer: attempts.flatMap(({ written }) => written).join(''),
    }),
  })

  return {
    authenticate: createAuthenticate(parts.findKey, parts.readToken),
    complete: chat.complete,
    collect: (request, context) => collect(chat.complete(request, context)),
    embed: (request, context) => collectVectors(embedding.complete(request, context)),
    passThrough: passthrough.complete,
    explainMemory: (request, { caller, signal }) =>
      chatMemory.explain(request, caller, { withinMs: patientMs, signal }),
    explain: async (request) => route(request, classify(request)),
    count: createCount({ ...parts, countInput: tokens.countInput }),
    drain: async () => {
      await canaries.stop()
      await Promise.all([chat.drain(), embedding.drain(), passthrough.drain()])
    },
  }
}
