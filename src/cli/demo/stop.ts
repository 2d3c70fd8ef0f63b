import type { Stage } from './stage.ts'

/** One thing that the demo shows, a line of its table. */
export interface Sight {
  /** What was asked of the gateway. */
  asked: string
  /** What it did. */
  seen: string
  /** Why, where the gateway gives reasons. */
  why: string | null
  costUsd: string | null
  /** Null: it went as told. Else what should have happened. */
  broken: string | null
}

/** One stop of the tour. What it throws breaks this stop and no other. */
export interface Stop {
  name: string
  visit(stage: Stage, signal: AbortSignal): AsyncIterable<Sight>
}
