import type { AnswerEvent, Finish, ReasoningBlock, ToolCall, Usage, Warning } from './chat.ts'
import type { Json } from './json.ts'
import type { LimitStates } from './limit.ts'
import type { Content } from './operation.ts'
import type { VectorsEvent } from './embedding.ts'
import type { Caller } from './caller.ts'
import type { Task } from './plan.ts'
import type { Priority } from './priority.ts'
import type { CacheState, Face, Recalled, Receipt } from './receipt.ts'
import type { TraceParent } from './trace.ts'

/** Who asks, through which face, and until when: everything about a request that is not the question. */
export interface RequestContext {
  /** Ours, unique; the receipt's id. */
  requestId: string
  caller: Caller
  face: Face
  clientRequestId: string | null
  traceId: string | null
  /** Who asked us, where that is part of a trace; of `traceId`. */
  traceParent?: TraceParent | null | undefined
  /** The MCP tool that the request came by. */
  tool?: string | undefined
  /** Ids of the gateways that the request passed before this one. */
  hops: readonly string[]
  /** As the caller asks for it; unset: as he has it. */
  priority?: Priority | undefined
  /** The caller reads the answer as it comes; providers are then asked for a stream. */
  incremental: boolean
  /** Aborted when the caller leaves. */
  signal: AbortSignal
}

/** What is known when the first token comes: stream headers are made of it. */
export interface Served {
  requestId: string
  provider: string
  /** The model that answers, by its wire id. */
  model: string
  task: Task | null
  cache: CacheState
  /** Unset but for answers from memory. */
  recalled?: Recalled | undefined
  simulated: boolean
  /** How the caller's limits stand; unset where he has none. */
  limits?: LimitStates | undefined
  /** Our own count of the input, for wires that tell it before the provider does. */
  inputTokens?: number | undefined
}

/** One event of the journey as a face sees it: `start`, then the answer, then one `end`, after which nothing comes. */
export type JourneyEvent<Event extends Content> =
  | { type: 'start'; served: Served }
  | Event
  | { type: 'end'; finishes: readonly Finish[]; usage: Usage; warnings: readonly Warning[]; receipt: Receipt }

/** The journey of a chat. */
export type GatewayEvent = JourneyEvent<AnswerEvent>

/** An answer in one piece. */
export interface Answer {
  served: Served
  choices: readonly AnswerChoice[]
  usage: Usage
  warnings: readonly Warning[]
  receipt: Receipt
}

/** Vectors with who made them and what they cost. */
export interface EmbeddingAnswer extends Omit<Answer, 'choices'>, Pick<VectorsEvent, 'vectors'> {}

export interface AnswerChoice {
  index: number
  text: string
  refusal: string | null
  reasoning: readonly ReasoningBlock[]
  toolCalls: readonly ToolCall[]
  logprobs: { content: Json; refusal: Json } | null
  finish: Finish
}
