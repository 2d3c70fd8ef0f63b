import type { HealthView } from '../contract/health.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Candidate, Forecast } from '../contract/plan.ts'
import type { Deployments } from './names.ts'

type Compare = (left: Candidate, right: Candidate) => number

/** For `auto`: what does not rest first, then the higher score; equals by key, so that the order is the same each time. */
export const byScore =
  (health: HealthView): Compare =>
  (left, right) =>
    Number(isResting(left, health)) - Number(isResting(right, health)) || right.score - left.score || byKey(left, right)

/** For a named model: the rows asked for, then the healthier, then the cheaper. */
export const byChoice = (health: HealthView, { asked }: Deployments): Compare => {
  const askedKeys = new Set(asked.map(({ key }) => key))
  return (left, right) =>
    Number(askedKeys.has(right.card.key)) - Number(askedKeys.has(left.card.key)) ||
    ailment(left, health) - ailment(right, health) ||
    byCost(left, right) ||
    byKey(left, right)
}

/** The least of the known estimates. */
export const cheapestOf = (forecasts: readonly Forecast[]): NanoUsd | null =>
  forecasts.reduce<NanoUsd | null>((least, { estimatedCostNanoUsd: cost }) => {
    if (cost === null) return least
    return least === null || cost < least ? cost : least
  }, null)

const isResting = ({ card }: Candidate, health: HealthView): boolean =>
  health.provider(card.provider).circuit === 'open'

const ailment = ({ card }: Candidate, health: HealthView): number =>
  ({ closed: 0, half_open: 1, open: 2 })[health.provider(card.provider).circuit]

/** Unknown prices come last. */
const byCost: Compare = (left, right) => {
  const [one, other] = [left.forecast.estimatedCostNanoUsd, right.forecast.estimatedCostNanoUsd]
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  return one < other ? -1 : Number(one > other)
}

const byKey: Compare = (left, right) => (left.card.key < right.card.key ? -1 : Number(left.card.key > right.card.key))
