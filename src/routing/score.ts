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
export const scoreFacts = (facts: Facts, weights: FactorWeights): number => {
  let [total, gained] = [0, 0]
  for (const { name, judge } of factors) {
    total += weights[name]
    gained += weights[name] * judge(facts)
  }
  return total === 0 ? 0 : gained / total
}

/** What that score is made of. */
export const explainFacts = (facts: Facts, weights: FactorWeights): FactorScore[] =>
  factors.map(({ name, judge, explain }) => ({
    factor: name,
    value: judge(facts),
    weight: weights[name],
    reason: explain(facts),
  }))
