import { GatewayError } from '../contract/errors.ts'
import { limitUnits } from '../contract/limit.ts'
import type { Limit, LimitState, LimitStates, LimitUnit } from '../contract/limit.ts'
import type { Clock } from '../contract/runtime.ts'
import type { LimitSettings } from '../contract/settings.ts'
import type { Counters, CounterVerdict } from '../contract/store.ts'

/** Whose limits: a caller's, or those of all callers together at one model or provider. `limits`: his own, where his key has some. */
export type Whose =
  | { kind: 'caller'; id: string; limits?: readonly Limit[] | undefined }
  | { kind: 'model' | 'provider'; id: string }

type Amounts = Readonly<Partial<Record<LimitUnit, number>>>

/** Leave to use so much. */
export interface Claim {
  /** How the limits stand with it. */
  states: LimitStates
  /** Puts what was really used in the place of what was claimed; once. Units that are not named are given back. */
  settle(used: Amounts): Promise<void>
}

export interface Limiter {
  limitsOf(whose: Whose): readonly Limit[]
  /**
   * Claims requests and tokens of every window at once, or of none. Of 0 it only looks; a unit that is not named is not
   * looked at.
   * @throws GatewayError rate_limited for a caller, shared_limit_reached otherwise, saying how long to wait; over_token_limit
   *   for what no waiting would help
   */
  take(whose: Whose, wanted: Amounts): Promise<Claim>
}

interface Hit extends Limit {
  key: string
  atMs: number
  weight: number
  verdict: CounterVerdict
}

/** Longest window whose hits are kept to the millisecond. */
const exactMs = 60_000
/** Moments that a longer window is kept in. */
const moments = 3_600

/**
 * When a hit counts as made: at the end of its grain, so that it never leaves its window too early. A minute is exact, an
 * hour is kept by the second and a day by 24 seconds: whoever is at his limit waits by so much longer, nobody gets more.
 */
const countedAtMs = (nowMs: number, windowMs: number): number => {
  if (windowMs <= exactMs) return nowMs
  const grainMs = Math.ceil(windowMs / moments)
  return Math.floor(nowMs / grainMs) * grainMs + grainMs - 1
}

export const createLimiter = (options: { counters: Counters; clock: Clock; settings: LimitSettings }): Limiter => {
  const { counters, clock, settings } = options

  const limitsOf = (whose: Whose): readonly Limit[] => {
    switch (whose.kind) {
      case 'caller':
        return whose.limits ?? settings.byCaller.get(whose.id) ?? settings.callers
      case 'model':
        return settings.models.get(whose.id) ?? []
      case 'provider':
        return settings.providers.get(whose.id) ?? []
    }
  }

  const settle = ({ key, atMs, weight }: Hit, used: number): Promise<unknown> =>
    used === weight ? Promise.resolve() : counters.settle({ key, atMs, change: used - weight })

  return {
    limitsOf,

    take: async (whose, wanted) => {
      const nowMs = clock.now()
      const asked = limitsOf(whose).flatMap((limit) => {
        const weight = wanted[limit.unit]
        return weight === undefined ? [] : [{ ...limit, weight }]
      })
      const tooHeavy = asked.find(({ weight, max }) => weight > max)
      if (tooHeavy) throw overLimit(whose, tooHeavy)
      const hits = await Promise.all(
        asked.map(async (limit): Promise<Hit> => {
          const { unit, windowMs, max, weight } = limit
          const at = { key: `limit:${whose.kind}:${whose.id}:${unit}:${windowMs}`, atMs: countedAtMs(nowMs, windowMs) }
          return { ...limit, ...at, verdict: await counters.hit({ ...at, nowMs, windowMs, max, weight }) }
        }),
      )
      // What only looks holds nothing that could be settled.
      const held = hits.filter(({ weight, verdict }) => weight > 0 && verdict.allowed)
      const refused = hits.filter(({ verdict }) => !verdict.allowed)
      if (refused.length > 0) {
        await Promise.all(held.map((hit) => settle(hit, 0)))
        throw refusal(whose, refused, statesOf(hits, true))
      }
      let isSettled = false
      return {
        states: statesOf(hits, false),
        settle: async (used) => {
          if (isSettled) return
          isSettled = true
          await Promise.all(held.map((hit) => settle(hit, used[hit.unit] ?? 0)))
        },
      }
    },
  }
}

/** By the window that has least left. `isGivenBack`: what was let through meanwhile counts no more. */
const statesOf = (hits: readonly Hit[], isGivenBack: boolean): LimitStates => {
  const states: Partial<Record<LimitUnit, LimitState>> = {}
  for (const unit of limitUnits) {
    const [tightest] = hits
      .filter((hit) => hit.unit === unit)
      .map(({ max: limit, weight, verdict }) => {
        const remaining = verdict.remaining + (isGivenBack && verdict.allowed ? weight : 0)
        return { limit, remaining, resetMs: verdict.resetMs }
      })
      .toSorted((one, other) => one.remaining - other.remaining)
    if (tightest) states[unit] = tightest
  }
  return states
}

const nameOf = (whose: Whose): string => (whose.kind === 'caller' ? 'This key' : `Everybody together at ${whose.id}`)

/** Of the window that is the last to have room again. */
const refusal = (whose: Whose, refused: readonly Hit[], limits: LimitStates): GatewayError => {
  const waitOf = ({ verdict }: Hit): number => (verdict.allowed ? 0 : verdict.retryAfterMs)
  const [last] = refused.toSorted((one, other) => waitOf(other) - waitOf(one))
  const retryAfterMs = last ? waitOf(last) : 0
  return new GatewayError(
    whose.kind === 'caller' ? 'rate_limited' : 'shared_limit_reached',
    `${nameOf(whose)} ${last ? sayUsed(last) : ''} ${seconds(retryAfterMs)}.`,
    {
      retryAfterMs,
      limits: whose.kind === 'caller' ? limits : undefined,
      reached: last && { of: whose.kind, unit: last.unit },
    },
  )
}

const sayUsed = ({ unit, max, windowMs, weight, verdict: { remaining } }: Hit): string =>
  unit === 'requests'
    ? `may make ${max} requests in ${seconds(windowMs)} and has made them; the next is free in`
    : `may use ${max} tokens in ${seconds(windowMs)}, of which ${remaining} are left; this request may take ${weight}, which are free in`

const overLimit = (whose: Whose, { unit, max, windowMs, weight }: Limit & { weight: number }): GatewayError =>
  new GatewayError(
    'over_token_limit',
    `The request may take ${weight} ${unit}, and ${nameOf(whose).toLowerCase()} may use ${max} in ${seconds(windowMs)}.`,
    { param: 'max_tokens', reached: { of: whose.kind, unit } },
  )

/** Rounded up: who waits as long as it says is not refused again. */
const seconds = (ms: number): string => `${Math.ceil(ms / 100) / 10} s`
