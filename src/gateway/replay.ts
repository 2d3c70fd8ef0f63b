import type { JourneyEvent } from '../contract/journey.ts'
import type { Content } from '../contract/operation.ts'
import type { CacheTier } from '../contract/receipt.ts'
import type { CachedAnswer } from '../contract/store.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Trail } from './trail.ts'

/** A remembered answer as the stream that it once was, at no cost. Its end is left to `respond`. */
export async function* replay<Event extends Content>(
  { answer, tier }: { answer: CachedAnswer<Event>; tier: CacheTier | 'shared' },
  trail: Trail,
  clock: Clock,
): AsyncGenerator<JourneyEvent<Event>, void> {
  const { provider, model, answeredModel, task, usage, costNanoUsd, simulated } = answer
  trail.cache = tier
  trail.task = task
  trail.served = { provider, model, answeredModel }
  trail.firstTokenAtMs = clock.now()
  trail.finishes.push(...answer.finishes)
  trail.warnings.push(...answer.warnings)
  trail.spared = { usage, savedNanoUsd: costNanoUsd ?? 0n }
  trail.simulated = simulated
  const served = { requestId: trail.context.requestId, provider, model: answeredModel, inputTokens: usage.inputTokens }
  const { recalled, limits } = trail
  yield { type: 'start', served: { ...served, task: task?.task ?? null, cache: tier, recalled, limits, simulated } }
  yield* answer.events
}
