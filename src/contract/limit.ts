/** What is limited: how often is asked, and the tokens of what was asked and answered. */
export const limitUnits = ['requests', 'tokens'] as const
export type LimitUnit = (typeof limitUnits)[number]

/** At most so many in any span of that length. */
export interface Limit {
  unit: LimitUnit
  windowMs: number
  max: number
}

/** How a limit stands: of several windows of a unit the one that has least left. `resetMs`: until more is free. */
export interface LimitState {
  limit: number
  remaining: number
  resetMs: number
}
export type LimitStates = Readonly<Partial<Record<LimitUnit, LimitState>>>

/** The same as JSON. */
export const showLimits = (states: LimitStates): Partial<Record<LimitUnit, object>> =>
  Object.fromEntries(
    Object.entries(states).map(([unit, { limit, remaining, resetMs }]) => [
      unit,
      { limit, remaining, reset_s: Math.ceil(resetMs) / 1_000 },
    ]),
  )
