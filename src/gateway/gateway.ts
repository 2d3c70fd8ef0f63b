import { chatAnswers } from '../cache/chat-answers.ts'
import type { ExactCache } from '../cache/exact.ts'
import { vectorAnswers } from '../cache/vector-answers.ts'
import type { Caller, Credential, KeyRecord } from '../contract/caller.ts'
import type { ChatRequest } from '../contract/chat.ts'
import type { EmbeddingRequest } from '../contract/embedding.ts'
import type { Answer, EmbeddingAnswer, GatewayEvent, RequestContext } from '../contract/journey.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Lineup, Plan, TaskGuess } from '../contract/plan.ts'
import type { Dialect } from '../contract/provider.ts'
import type { RateTicket } from '../limits/rate.ts'
import { createAdmit } from './admit.ts'
import { createAuthenticate } from './authenticate.ts'
import { collect, collectVectors } from './collect.ts'
import { createChatFit, createEmbeddingFit } from './fit.ts'
import { createJourney } from './journey.ts'
import type { JourneyParts } from './journey.ts'
import { chatWires, embeddingWires } from './wires.ts'

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
   * Turns texts into vectors, all or none.
   * @throws GatewayError as `complete` before `start`
   */
  embed(request: EmbeddingRequest, context: RequestContext): Promise<EmbeddingAnswer>
  /**
   * A dry run of classify and route: nothing is called, spent or recorded.
   * @throws GatewayError no_eligible_model, model_not_found, model_retired, …
   */
  explain(request: ChatRequest): Promise<Plan>
}

interface GatewayParts extends Omit<JourneyParts, 'admit'> {
  /** Finds the key of a secret; null where everybody is the one principal `local`. */
  findKey: ((secret: string) => Promise<KeyRecord | null>) | null
  takeRate: (callerId: string) => Promise<RateTicket>
  cache: ExactCache
  classify: (request: ChatRequest) => TaskGuess
  route: (request: ChatRequest, task: TaskGuess) => Plan
  routeEmbedding: (request: EmbeddingRequest) => Lineup
  dialects: ReadonlyMap<string, Dialect>
  /** Our own counts, in a model's tokens, and what a provider counted, so that they get closer. */
  tokens: {
    countInput: (request: ChatRequest, card: ModelCard) => number
    countOutput: (text: string, card: ModelCard) => number
    learnInput: (request: ChatRequest, card: ModelCard, inputTokens: number) => void
    countEmbedding: (request: EmbeddingRequest, card: ModelCard) => number
  }
}

/** Gives each operation its journey. Whoever holds a Gateway can reach a provider in no other way. */
export const createGateway = (parts: GatewayParts): Gateway & { drain(): Promise<void> } => {
  const { cache, classify, route, dialects, tokens, prices, clock } = parts
  const journeyParts: JourneyParts = { ...parts, admit: createAdmit({ take: parts.takeRate, clock }) }

  const chat = createJourney(journeyParts, {
    operation: 'chat',
    memory: cache.of(chatAnswers),
    route: (request: ChatRequest) => route(request, classify(request)),
    fit: (spentNanoUsd) => createChatFit({ prices, spentNanoUsd, clock }),
    findWire: chatWires(dialects),
    ...tokens,
    contentOf: ({ request, attempts }) => ({
      messages: request.messages,
      answer: attempts.flatMap(({ written }) => written).join(''),
    }),
  })
  const embedding = createJourney(journeyParts, {
    operation: 'embedding',
    memory: cache.of(vectorAnswers),
    route: parts.routeEmbedding,
    fit: (spentNanoUsd) => createEmbeddingFit({ spentNanoUsd }),
    findWire: embeddingWires(dialects),
    countInput: tokens.countEmbedding,
    countOutput: () => 0,
    // Vocabularies of embedding models differ little, and what they take is short.
    learnInput: () => undefined,
    contentOf: ({ request }) => ({ input: request.input }),
  })

  return {
    authenticate: createAuthenticate(parts.findKey),
    complete: chat.complete,
    collect: (request, context) => collect(chat.complete(request, context)),
    embed: (request, context) => collectVectors(embedding.complete(request, context)),
    explain: async (request) => route(request, classify(request)),
    drain: async () => {
      await Promise.all([chat.drain(), embedding.drain()])
    },
  }
}
