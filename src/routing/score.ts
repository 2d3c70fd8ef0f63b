import type { FactorScore, Requirements } from '../contract/plan.ts'
import type { FactorWeights, RoutingSettings } from '../contract/settings.ts'
import type { Facts } from './factors/factor.ts'
import { factors } from './factors/index.ts'

/**
 * The weights of a request: the mean of the profiles that its requirements ask for, or `balanced` when it asks for none.
 */
export const weigh = (
  { lowCost, highQuality, lowLatency }: Requirements,
  profiles: RoutingSettings['profiles'],
): FactorWeights => {
  const wanted = [
    ...(lowCost === true ? [profiles.low_cost] : []),
    ...(highQuality === true ? [profiles.high_quality] : []),
    ...(lowLatency === true ? [profiles.low_latency] : []),
  ]
  const used = wanted.length === 0 ? [profiles.balanced] : wanted
  const mean = (name: keyof FactorWeights): number =>
    used.reduce((sum, weights) => sum + weights[name], 0) / used.length
  return { cost: mean('cost'), quality: mean('quality'), latency: mean('latency'), health: mean('health') }
}

/** Σ weight × value / Σ weight over all factors: 0…1, and 0 where every weight is. */
export const scoreFacts = (facts: Facts, weights: FactorWeights): { score: number; factors: FactorScore[] } => {
  const scores = factors.map(({ name, judge }) => ({ factor: name, weight: weights[name], ...judge(facts) }))
  const total = scores.reduce((sum, { weight }) => sum + weight, 0)
  const gained = scores.reduce((sum, { weight, value }) => sum + weight * value, 0)
  return { score: total === 0 ? 0 : gained / total, factors: scores }
}
