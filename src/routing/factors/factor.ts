import type { ProviderHealth } from '../../contract/health.ts'
import type { ModelCard } from '../../contract/model.ts'
import type { NanoUsd } from '../../contract/money.ts'
import type { Forecast, Task } from '../../contract/plan.ts'
import type { FactorWeights } from '../../contract/settings.ts'

/** What is known of one eligible candidate when it is judged. */
export interface Facts {
  card: ModelCard
  task: Task
  forecast: Forecast
  health: ProviderHealth
  /** The least that any eligible candidate is estimated to cost; null when no price is known. */
  cheapestNanoUsd: NanoUsd | null
  defaultQuality: number
}

/** One reason to prefer a candidate, by the facts alone. */
export interface Factor {
  /** Its weight's name in config/routing.yaml. */
  name: keyof FactorWeights
  /** From 0 (worst) to 1 (best); asked of every candidate of every request. */
  judge(facts: Facts): number
  /** The grounds of that judgement in words; asked of the few that somebody looks at. */
  explain(facts: Facts): string
}
