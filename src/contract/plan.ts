import type { Warning } from './chat.ts'
import type { ModelCard } from './model.ts'
import type { NanoUsd } from './money.ts'

export const tasks = [
  'code',
  'creative',
  'reasoning',
  'math',
  'summarization',
  'extraction',
  'translation',
  'classification',
  'rewrite',
  'qa',
  'chat',
] as const
export type Task = (typeof tasks)[number]

/** What kind of work a request is. `confidence` 0…1; `signals` say why, for people. */
export interface TaskGuess {
  task: Task
  confidence: number
  signals: readonly string[]
}

/** What matters to the caller: shifts the weights of the score, and hard wishes that filter. */
export interface Requirements {
  lowCost?: boolean | undefined
  highQuality?: boolean | undefined
  lowLatency?: boolean | undefined
  /** Hard: lowest quality prior for the task, 0…1. */
  minQuality?: number | undefined
  /** Hard: only these providers. */
  providers?: readonly string[] | undefined
  /** Hard: not these providers. */
  excludeProviders?: readonly string[] | undefined
  /** Hard: only these models (names, ids or aliases). */
  models?: readonly string[] | undefined
  /** Says the task instead of having it guessed. */
  task?: Task | undefined
  /** Hard: whoever would leave out or change a part of the request is not asked. */
  strict?: boolean | undefined
}

/** One factor's verdict about a candidate: 0 (worst) … 1 (best), with the reason in words. */
export interface FactorScore {
  factor: string
  value: number
  weight: number
  reason: string
}

/** What a call at this model is expected to be. */
export interface Forecast {
  inputTokens: number
  /** Expected output, for the score. */
  outputTokens: number
  /** Cap on the output that will be sent upstream: the caller's, the model's, or what a cost limit affords. */
  maxOutputTokens: number
  /** Null: price unknown. */
  estimatedCostNanoUsd: NanoUsd | null
  worstCaseCostNanoUsd: NanoUsd | null
  firstTokenMs: number
  totalMs: number
}

export interface Candidate {
  card: ModelCard
  score: number
  /** What the score is made of, worked out when asked for: a plan may have a hundred candidates, and few are looked at. */
  factors: () => readonly FactorScore[]
  forecast: Forecast
  /** What the caller should be told if this candidate serves: that it is deprecated, that the output cap was lowered. */
  warnings?: readonly Warning[] | undefined
}

/** A model that was not taken, and why. */
export interface Refusal {
  /** Card's key. */
  model: string
  reason: string
  code:
    | 'capability'
    | 'context_window'
    | 'lifecycle'
    | 'not_allowed'
    | 'cost_limit'
    | 'latency_limit'
    | 'price_unknown'
    | 'quality_floor'
    | 'not_configured'
    | 'wire'
}

/** Candidates in the order in which they will be tried. Never empty: routing throws the typed refusal instead. */
export interface Lineup {
  /** Null where the operation knows no tasks. */
  task: TaskGuess | null
  candidates: readonly Candidate[]
  refusals: readonly Refusal[]
}

/** The lineup of a chat. */
export interface Plan extends Lineup {
  task: TaskGuess
  /** `named`: the caller chose the model; `auto`: the score did. */
  mode: 'named' | 'auto'
}
