import type { ModelCard } from '../../contract/model.ts'
import type { Task } from '../../contract/plan.ts'
import type { Factor } from './factor.ts'

/** Observations that the default quality is worth: a prior of that weight is believed by half. */
const defaultWeight = 5

/** The model's expected quality for the task, as `expectQuality` has it. */
export const quality: Factor = {
  name: 'quality',
  judge: ({ card, task, defaultQuality }) => expectQuality(card, task, defaultQuality),
  explain: ({ card, task, defaultQuality }) => {
    const prior = card.quality[task]
    if (!prior) return `no prior for ${task}: ${defaultQuality.toFixed(2)} assumed`
    const value = expectQuality(card, task, defaultQuality).toFixed(2)
    return `${value} for ${task} (prior ${prior.mean.toFixed(2)}, weight ${prior.weight})`
  },
}

/**
 * (weight × mean + 5 × default) / (weight + 5): the mean of a Beta posterior, which draws priors of little evidence
 * toward what is assumed of an unknown model.
 */
export const expectQuality = (card: ModelCard, task: Task, defaultQuality: number): number => {
  const { mean, weight } = card.quality[task] ?? { mean: defaultQuality, weight: 0 }
  const value = (weight * mean + defaultWeight * defaultQuality) / (weight + defaultWeight)
  return Math.min(1, Math.max(0, value))
}
