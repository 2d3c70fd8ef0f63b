import { GatewayError } from './errors.ts'

/** What is limited: how often is asked, and the tokens of what was asked and answered. */
export const limitUnits = ['requests', 'tokens'] as const
export type LimitUnit = (typeof limitUnits)[number]

/** At most so many in any span of that length. */
export interface Limit {
  unit: LimitUnit
  windowMs: number
  max: number
}

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/** What limits are called where people write them. */
export const limitNames = {
  requests_per_minute: { unit: 'requests', windowMs: minuteMs },
  requests_per_hour: { unit: 'requests', windowMs: hourMs },
  requests_per_day: { unit: 'requests', windowMs: dayMs },
  tokens_per_minute: { unit: 'tokens', windowMs: minuteMs },
  tokens_per_hour: { unit: 'tokens', windowMs: hourMs },
  tokens_per_day: { unit: 'tokens', windowMs: dayMs },
} as const satisfies Record<string, Omit<Limit, 'max'>>

export const limitFields = [
  'requests_per_minute',
  'requests_per_hour',
  'requests_per_day',
  'tokens_per_minute',
  'tokens_per_hour',
  'tokens_per_day',
] as const satisfies readonly (keyof typeof limitNames)[]

/**
 * Reads `requests_per_minute=60,tokens_per_day=1000000`.
 * @throws GatewayError invalid_request
 */
export const parseLimits = (text: string): Limit[] =>
  text.split(',').map((part) => {
    const [name = '', max = ''] = part.split('=').map((word) => word.trim())
    const field = limitFields.find((known) => known === name)
    if (!field || !/^[1-9]\d{0,14}$/.test(max))
      throw new GatewayError(
        'invalid_request',
        `Limits are written as requests_per_minute=60,tokens_per_day=1000000; known are ${limitFields.join(', ')}.`,
        { param: 'limits' },
      )
    return { ...limitNames[field], max: Number(max) }
  })

/** The same the other way round. */
export const sayLimits = (limits: readonly Limit[]): string =>
  limits
    .flatMap(({ unit, windowMs, max }) =>
      limitFields
        .filter((name) => limitNames[name].unit === unit && limitNames[name].windowMs === windowMs)
        .map((name) => `${name}=${max}`),
    )
    .join(',')

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
