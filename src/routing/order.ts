import type { ProviderHealth } from '../contract/health.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate, Forecast } from '../contract/plan.ts'

type Compare = (left: Candidate, right: Candidate) => number
export type HealthOf = (provider: string) => ProviderHealth

/**
 * For `auto`: what rests comes last, then the higher score first. Equals go by cost and then by key, so that the order is
 * always the same.
 */
export const byScore =
  (healthOf: HealthOf): Compare =>
  (left, right) =>
    Number(isResting(left, healthOf)) - Number(isResting(right, healthOf)) ||
    right.score - left.score ||
    byCost(left, right) ||
    byKey(left, right)

/** For a named model: the rows asked for, then the healthier, then the cheaper. */
export const byChoice =
  (healthOf: HealthOf, asked: ReadonlySet<string>): Compare =>
  (left, right) =>
    Number(asked.has(right.card.key)) - Number(asked.has(left.card.key)) ||
    ailment(left, healthOf) - ailment(right, healthOf) ||
    byCost(left, right) ||
    byKey(left, right)

/** The least of the known estimates. */
export const cheapestOf = (forecasts: readonly Forecast[]): NanoUsd | null =>
  forecasts.reduce<NanoUsd | null>((least, { estimatedCostNanoUsd: cost }) => {
    if (cost === null) return least
    return least === null || cost < least ? cost : least
  }, null)

const isResting = ({ card }: Candidate, healthOf: HealthOf): boolean => healthOf(card.provider).circuit === 'open'

const ailments = { closed: 0, half_open: 1, open: 2 } as const

const ailment = ({ card }: Candidate, healthOf: HealthOf): number => ailments[healthOf(card.provider).circuit]

/** Unknown prices come last. */
const byCost: Compare = (left, right) => {
  const [one, other] = [left.forecast.estimatedCostNanoUsd, right.forecast.estimatedCostNanoUsd]
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  return one < other ? -1 : Number(one > other)
}

/** By code units, never by the machine's locale. */
const byKey: Compare = (left, right) => (left.card.key < right.card.key ? -1 : Number(left.card.key > right.card.key))
